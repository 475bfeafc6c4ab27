"""The lists and the ledger as a filter asks for them, on screen and in a file."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.consent.models import ConsentEvent, Listed, OptOut, Source
from hongyan.dispatch.numbers import mask
from hongyan.exports.tables import Kind, Sheet, Table, register
from hongyan.inputs import asked_of

OUT = "out"


def found(tab: str, query: QueryDict) -> QuerySet[Any]:
    """Entries of a list, the newest first, whose number, reason or words hold what is asked."""
    asked = asked_of(query.get("q"))
    rows: QuerySet[Any] = (
        OptOut.objects.order_by("-pk") if tab == OUT else Listed.objects.filter(kind=tab).order_by("-pk")
    )
    return rows.select_related("added_by").filter(_held(asked, "evidence" if tab == OUT else "reason"))


def _held(asked: str, words: str) -> Q:
    if not asked:
        return Q()
    digits = "".join(sign for sign in asked if sign.isdecimal())
    said = Q(**{f"{words}__icontains": asked})
    return Q(number__contains=digits) | said if digits else said


def lines(query: QueryDict) -> QuerySet[ConsentEvent]:
    """Lines of the ledger, the newest first."""
    rows = ConsentEvent.objects.select_related("file").order_by("-pk")
    if topic := query.get("topic", ""):
        rows = rows.filter(topic="" if topic == "*" else topic[:12])
    return rows.filter(_held(asked_of(query.get("q")), "evidence"))


def _shown(user: User, number: str) -> str:
    return number if user.may(Right.SEE_NUMBERS) else mask(number)


def _time(at: Any) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def lists_table(user: User, query: QueryDict, _subject_id: int | None) -> Table:
    tab = query.get("list", OUT)
    kept = found(tab, query)
    sources = dict(Source.choices)

    def sheet() -> Sheet:
        rows = (
            [_shown(user, one.number), one.evidence if tab == OUT else one.reason, str(sources.get(one.source, one.source)),
             one.topic if tab == OUT else "", one.signature if tab == OUT else "", _time(one.at), _time(one.expires_at)]
            for one in kept.iterator(chunk_size=2000)
        )  # fmt: skip
        return [
            _("Mobile number"), _("Reason"), _("Source"), _("Topic"), _("Signature"), _("When"), _("Until"),
        ], rows  # fmt: skip

    return Table(_("Lists"), f"list-{tab}-{timezone.localdate()}.xlsx", kept, sheet)


def consents_table(user: User, query: QueryDict, _subject_id: int | None) -> Table:
    kept = lines(query)
    sources = dict(Source.choices)

    def sheet() -> Sheet:
        rows = (
            [str(one.pk), _shown(user, one.number), str(one.get_act_display()), one.topic, _time(one.at),
             str(sources.get(one.source, one.source)), one.evidence, one.wording, one.frequency,
             f"{one.until:%Y-%m-%d}" if one.until else "", one.operator, one.hash]
            for one in kept.iterator(chunk_size=2000)
        )  # fmt: skip
        return [
            _("Line"), _("Mobile number"), _("What"), _("Topic"), _("When"), _("Source"), _("Evidence"), _("What was asked"),
            _("Frequency"), _("Until"), _("Entered by"), "hash",
        ], rows  # fmt: skip

    return Table(_("Consents"), f"consents-{timezone.localdate()}.xlsx", kept, sheet)


LISTS = register(
    Kind(
        "lists",
        gettext_lazy("Lists"),
        "list.exported",
        (Right.MANAGE_PEOPLE, Right.EXPORT),
        lists_table,
        "console:lists",
    )
)
CONSENTS = register(
    Kind(
        "consents", gettext_lazy("Consents"), "consent.exported", (Right.MANAGE_PEOPLE, Right.EXPORT), consents_table,
        "console:consents",
    )
)  # fmt: skip
