"""When messages of a category may go out, for how long they are worth sending, and which days are holidays."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.rights import Right
from hongyan.console.access import key_of, me, needs
from hongyan.console.refusing import told
from hongyan.messaging import quiet_hours
from hongyan.messaging.asking import LONGEST_VALIDITY_MIN
from hongyan.messaging.models import Holiday, SendingHours
from hongyan.messaging.quiet_hours import EXEMPT
from hongyan.runtime import clock
from hongyan.runtime.settings import settings as operator

TIME = forms.TimeInput({"type": "time"}, format="%H:%M")


class HoursForm(forms.ModelForm[SendingHours]):
    validity_minutes = forms.IntegerField(
        label=gettext_lazy("Validity (minutes)"), required=False, min_value=1, max_value=LONGEST_VALIDITY_MIN,
        help_text=gettext_lazy("Messages that wait longer are not sent. Leave empty for no limit."),
    )  # fmt: skip

    class Meta:
        model = SendingHours
        fields = ("is_limited", "opens_at", "closes_at", "on_weekends", "on_holidays", "validity_minutes")
        widgets = {"opens_at": TIME, "closes_at": TIME}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_exempt = self.instance.category in EXEMPT
        if self.is_exempt:
            for name in ("is_limited", "opens_at", "closes_at", "on_weekends", "on_holidays"):
                del self.fields[name]


class DayForm(forms.Form):
    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput({"type": "date"}))
    is_rest = forms.TypedChoiceField(
        label=gettext_lazy("This day is"), coerce=lambda value: value == "1",
        choices=[("1", gettext_lazy("A holiday")), ("0", gettext_lazy("A workday"))],
    )  # fmt: skip
    name = forms.CharField(label=gettext_lazy("Name of the day"), required=False, max_length=40)


@needs(Right.MANAGE_CHANNELS)
def hours(request: HttpRequest) -> HttpResponseBase:
    # Those without hours beside each other: their cards are short.
    rows = sorted(quiet_hours.hours_of_categories(), key=lambda row: row.category not in EXEMPT)
    act = request.POST.get("act")
    hour_forms = [
        HoursForm(request.POST if act == "hours" else None, instance=row, prefix=row.category) for row in rows
    ]
    day_form = DayForm(request.POST if act == "day" else None)
    if request.method == "POST":
        with told(request):
            if _change(request, act, hour_forms, day_form):
                messages.success(request, _("Saved."))
                return redirect("console:sending_hours")
    now = clock.now()
    known = quiet_hours.calendar()
    with connection.cursor() as cursor:
        cursor.execute(
            """select category, min(not_before), sum(size - watermark) from dispatch_batch
               where state = 'ready' and tries = 0 and not_before > %s and not wants_route group by 1""",
            [now],
        )
        held = {row[0]: (row[1], int(row[2])) for row in cursor.fetchall()}
    today = timezone.localdate(now)
    by_law = sorted(day for day in quiet_hours.BY_LAW if day >= today)[:14]
    return render(
        request, "console/settings/hours.html",
        {
            "forms": [(form, form.instance, known.held_until(form.instance.category, now), held.get(form.instance.category))
                      for form in hour_forms],
            "day_form": day_form, "days": Holiday.objects.filter(day__gte=today), "by_law": by_law,
            "zone": operator().time_zone, "now": now,
        },
    )  # fmt: skip


def _change(request: HttpRequest, act: str | None, hour_forms: list[HoursForm], day_form: DayForm) -> bool:
    """Whether something was changed; False where a form has errors."""
    user, address = me(request), request.META.get("REMOTE_ADDR")
    if act == "hours":
        # Each is looked at, so that each shows its errors.
        if [form for form in hour_forms if not form.is_valid()]:
            return False
        changed = [form.save(commit=False) for form in hour_forms if form.has_changed()]
        quiet_hours.change(user, changed, address=address)
        return True
    if act == "day":
        if not day_form.is_valid():
            return False
        facts = day_form.cleaned_data
        quiet_hours.enter_day(user, facts["day"], is_rest=facts["is_rest"], name=facts["name"], address=address)
        return True
    found = get_object_or_404(Holiday, pk=key_of(request))
    quiet_hours.remove_day(user, found, address=address)
    return True
