"""People of an audience as a list that can be taken away, and audiences as the palette finds them."""

from __future__ import annotations

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.audiences import evaluating, keeping
from hongyan.audiences.models import Audience
from hongyan.console.search import Hit, provider
from hongyan.contacts import people
from hongyan.exports.tables import Kind, Sheet, Table, register
from hongyan.runtime import clock


def people_table(user: User, _query: QueryDict, audience_id: int | None) -> Table:
    if audience_id is None:
        raise Http404
    found = keeping.access_audience(user, audience_id)
    chosen = evaluating.contacts(user, found, clock.now())

    def sheet() -> Sheet:
        return people.sheet(user, chosen)

    return Table(found.name, f"audience-{found.pk}-{timezone.localdate()}.xlsx", chosen, sheet, subject=found)


AUDIENCE_PEOPLE = register(
    Kind(
        "audience", gettext_lazy("People of an audience"), "audience.exported", (Right.SEE_PEOPLE, Right.EXPORT),
        people_table, "console:audience_people",
    )
)  # fmt: skip


@provider
def _search(user: User, query: str) -> list[Hit]:
    found = Audience.objects.visible_to(user).filter(name__icontains=query)[:6]
    return [
        Hit(one.name, one.note, reverse("console:audience", args=[one.pk]), "filter", _("Audiences")) for one in found
    ]
