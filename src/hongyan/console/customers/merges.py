"""Two customers side by side, and the decision about them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.components.side_by_side import Line
from hongyan.console.refusing import told
from hongyan.crm import merging
from hongyan.crm.models import Customer, MergeProposal


@needs(Right.MANAGE_CUSTOMERS)
def index(request: HttpRequest) -> HttpResponseBase:
    """What waits for a decision, and what was decided last."""
    proposals = MergeProposal.objects.visible_to(me(request)).select_related(
        "first__salesperson", "second__salesperson", "proposed_by", "decided_by"
    )
    open_ones = proposals.filter(state=MergeProposal.State.OPEN)
    decided = proposals.exclude(state=MergeProposal.State.OPEN).order_by("-decided_at")
    return render(
        request, "console/customers/merges.html", {"open": open_ones[:200], "total": open_ones.count(), "decided": decided[:20]}
    )  # fmt: skip


@needs(Right.MANAGE_CUSTOMERS)
def merge(request: HttpRequest, proposal_id: int) -> HttpResponseBase:
    user = me(request)
    proposal = merging.access_proposal(user, proposal_id)
    if request.method == "POST":
        with told(request):
            if request.POST.get("act") == "apart":
                merging.keep_apart(user, proposal)
                messages.success(request, _("They stay two customers."))
                return redirect("console:merges")
            taken = {name: value for name, value in request.POST.items() if value in ("first", "second")}
            made = merging.merge(user, proposal, taken)
            messages.success(request, _("Merged. What was not taken is kept in the history."))
            return redirect("console:customer", made.pk)
    first, second = proposal.first, proposal.second
    labels = {field.name: field.verbose_name for field in Customer._meta.concrete_fields}
    rows: list[tuple[str, Any, str, str]] = [
        (name, labels[name], merging.plain(first, name), merging.plain(second, name)) for name in merging.FACTS
    ]
    rows += [
        (f"field:{name}", name, first.fields.get(name, ""), second.fields.get(name, ""))
        for name in dict.fromkeys([*first.fields, *second.fields])
    ]
    return render(
        request,
        "console/customers/merge.html",
        {
            "proposal": proposal, "lines": [Line(name, str(label), a, b, a != b and not a) for name, label, a, b in rows if a or b],
            "sides": [(one, list(one.people.select_related("post")), one.orders.count()) for one in (first, second)],
        },
    )  # fmt: skip
