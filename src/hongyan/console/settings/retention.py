"""For how long texts and numbers of each category are kept; what a term would remove is said before it is set."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.messaging.models import Category
from hongyan.reports import retention
from hongyan.runtime import clock


class TermsForm(forms.Form):
    """A field for each category: months, or empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for category in Category:
            self.fields[category.value] = forms.IntegerField(
                label=category.label, required=False, min_value=retention.LEAST_MONTHS,
                max_value=retention.MOST_MONTHS,
            )  # fmt: skip


@needs(Right.MANAGE_CHANNELS)
def terms(request: HttpRequest) -> HttpResponseBase:
    """First what would go, then, with the same terms, that it is to go."""
    form = TermsForm(request.POST if request.method == "POST" else None, initial=retention.terms())
    context: dict[str, Any] = {"form": form, "least": retention.LEAST_MONTHS}
    if request.method == "POST" and form.is_valid():
        # What was changed after the look is looked at first.
        looked_at = ",".join(str(form.cleaned_data[category.value] or "") for category in Category)
        if request.POST.get("act") == "save" and request.POST.get("looked_at") == looked_at:
            try:
                retention.change(me(request), form.cleaned_data, address=request.META.get("REMOTE_ADDR"))
            except Refused as error:
                messages.error(request, str(error))
            else:
                messages.success(request, _("Saved."))
                return redirect("console:retention")
        context |= {
            "going": retention.would_go(form.cleaned_data, clock.now()),
            "is_looked_at": True,
            "looked_at": looked_at,
        }
    return render(request, "console/settings/retention.html", context)
