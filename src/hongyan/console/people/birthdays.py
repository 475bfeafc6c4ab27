"""Who has a birthday soon, and how the company reckons lunar ones."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.refusing import told
from hongyan.contacts import birthday_policy
from hongyan.contacts.birthdays import Birthday, Policy
from hongyan.contacts.models import Contact
from hongyan.inputs import whole_of
from hongyan.runtime import clock

SPANS = (1, 7, 30, 90)
MOST = 300
NO, YES = "", "1"


class PolicyForm(forms.Form):
    both_months = forms.ChoiceField(
        label=gettext_lazy("Born in an ordinary month that the year has twice"), required=False, widget=forms.RadioSelect,
        choices=[(NO, gettext_lazy("In the first one only")), (YES, gettext_lazy("In both, also in the leap month"))],
    )  # fmt: skip
    after_29th = forms.ChoiceField(
        label=gettext_lazy("Born on the 30th, and the lunar month has 29 days"), required=False, widget=forms.RadioSelect,
        choices=[(NO, gettext_lazy("On the 29th")), (YES, gettext_lazy("On the 1st of the next month"))],
    )  # fmt: skip
    first_of_march = forms.ChoiceField(
        label=gettext_lazy("Born on 29 February, and the year has none"), required=False, widget=forms.RadioSelect,
        choices=[(NO, gettext_lazy("On 28 February")), (YES, gettext_lazy("On 1 March"))],
    )  # fmt: skip


@needs(Right.SEE_PEOPLE)
def birthdays(request: HttpRequest) -> HttpResponseBase:
    """The next ones of whom the user sees; a form of the company's choices for who may change them."""
    user = me(request)
    if request.method == "POST":
        chosen = {name: request.POST.get(name) == YES for name in PolicyForm.base_fields}
        with told(request):
            birthday_policy.change(user, Policy(**chosen))
            messages.success(request, _("Saved."))
        return redirect("console:birthdays")
    today = timezone.localdate(clock.now())
    days = whole_of(request.GET.get("days"), least=1, most=366, otherwise=30)
    rows = birthday_policy.coming(Contact.objects.visible_to(user).select_related("book"), today, days, MOST)
    policy = birthday_policy.current()
    initial = {name: YES if getattr(policy, name) else NO for name in PolicyForm.base_fields}
    return render(
        request,
        "console/people/birthdays.html",
        {
            "rows": [(on, (on - today).days, one, Birthday.of(one.birthday, one.birth_year).full) for on, one in rows],
            "days": days, "spans": SPANS, "last": today + timedelta(days=days - 1), "is_cut": len(rows) >= MOST, "most": MOST,
            "write": f"{reverse('console:write')}?contacts={','.join(str(one.pk) for _on, one in rows)}" if rows else "",
            "form": PolicyForm(initial=initial) if birthday_policy.may_change(user) else None,
        },
    )  # fmt: skip
