"""Backups on the health page: when they are made, make one now, take one away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.refusing import summed_up, told
from hongyan.reports import backups
from hongyan.reports.models import Backup
from hongyan.runtime.settings import settings as operator

SHOWN = 10


class PlanForm(forms.Form):
    is_on = forms.BooleanField(label=gettext_lazy("Make a backup every day"), required=False)
    at = forms.TimeField(label=gettext_lazy("At"), widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    kept = forms.IntegerField(
        label=gettext_lazy("Keep the last"), min_value=1, max_value=backups.MOST_KEPT,
        help_text=gettext_lazy("The oldest file is deleted when there is one more."),
    )  # fmt: skip


def shown() -> dict[str, Any]:
    """What the card shows."""
    plan = backups.plan()
    rows = list(Backup.objects.select_related("asked_by")[:SHOWN])
    last = backups.last()
    running = next((one for one in rows if one.began_at and not one.ended_at), None)
    return {
        "plan": plan,
        "plan_form": PlanForm(initial={"is_on": plan.is_on, "at": plan.at, "kept": plan.kept}),
        "backups": rows,
        "last_backup": last,
        "is_old": last is None or last.asked_at < timezone.now() - timedelta(days=2),
        "running": running,
        "written": backups.written(running) if running else 0,
        "expected": last.octets if last else 0,
        "folder": operator().data_path / "backups",
        "data_folder": operator().data_path,
    }


@needs(Right.MANAGE_CHANNELS)
@require_POST
def change(request: HttpRequest) -> HttpResponseBase:
    """The plan, or one now."""
    address = request.META.get("REMOTE_ADDR")
    with told(request):
        if request.POST.get("act") == "make":
            backups.ask(me(request), address=address)
            messages.success(request, _("The backup is being made; its progress is shown here."))
        else:
            form = PlanForm(request.POST)
            if form.is_valid():
                backups.change_plan(me(request), address=address, **form.cleaned_data)
                messages.success(request, _("Saved."))
            else:
                messages.error(request, summed_up(form))
    return redirect("console:health")


@needs(Right.MANAGE_CHANNELS)
def download(request: HttpRequest, backup_id: int) -> HttpResponseBase:
    """The file; who took it is in the audit log."""
    path = backups.take(me(request), backup_id, address=request.META.get("REMOTE_ADDR"))
    answer = FileResponse(path.open("rb"), as_attachment=True, filename=path.name)
    answer["Cache-Control"] = "no-store"
    return answer
