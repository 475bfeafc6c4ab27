"""Customers as an address asks for them, on screen and in a file; a page of a million in the order of names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.contacts.people import shown_to
from hongyan.crm import finding
from hongyan.crm.models import Customer, CustomerQuerySet
from hongyan.exports.tables import Kind, Sheet, Table, register
from hongyan.inputs import asked_of, day_of, id_of, whole_of

PAGE = 40
DAYS = (30, 180, 365)


def wanted_of(query: QueryDict) -> finding.Wanted:
    """What the filter bar says; nonsense finds nothing."""

    def of(name: str) -> int | None:
        return id_of(query.get(name)) if query.get(name) else None

    days = whole_of(query.get("days"))
    return finding.Wanted(
        words=asked_of(query.get("q")), type_id=of("type"), region=asked_of(query.get("region")), source=query.get("source", ""),
        class_id=of("class"), salesperson_id=of("salesperson"), department_id=of("department"), bought=of("bought"),
        not_bought=of("not_bought"), days=days if days in DAYS else 90, since=day_of(query.get("since")),
    )  # fmt: skip


def found_customers(user: User, query: QueryDict) -> CustomerQuerySet:
    return finding.found(user, wanted_of(query), timezone.localdate())


@dataclass(frozen=True, slots=True)
class Page:
    """Some customers in the order of their names; `before` and `after` are the ends that others lie beyond."""

    rows: list[Customer]
    before: int | None
    after: int | None


def page_of(user: User, query: QueryDict) -> Page:
    """What the address asks for, behind the customer `after` or before the customer `before`."""
    is_back = bool(id_of(query.get("before") or "0"))
    at = id_of(query.get("before" if is_back else "after") or "0")
    pinyin = Customer.objects.filter(pk=at).values_list("pinyin", flat=True).first() if at else None
    # Whoever stood at the page's end is gone: from the beginning.
    is_back, at = is_back and pinyin is not None, at if pinyin is not None else 0
    found = found_customers(user, query)
    if pinyin is not None:
        side = "lt" if is_back else "gt"
        found = found.filter(**{f"pinyin__{side}e": pinyin}).filter(
            Q(**{f"pinyin__{side}": pinyin}) | Q(**{f"pk__{side}": at})
        )
    found = found.order_by("-pinyin", "-pk") if is_back else found.order_by("pinyin", "pk")
    rows = list(found.select_related("type", "salesperson").prefetch_related("people", "classes__rule")[: PAGE + 1])
    is_more, rows = len(rows) > PAGE, rows[:PAGE]
    if is_back:
        rows.reverse()
    has_before, has_after = (is_more, True) if is_back else (bool(at), is_more)
    return Page(rows, rows[0].pk if rows and has_before else None, rows[-1].pk if rows and has_after else None)


def customers_table(user: User, query: QueryDict, _subject_id: int | None) -> Table:
    found = found_customers(user, query)

    def rows() -> Iterator[list[str]]:
        for one in (
            found.select_related("type", "salesperson")
            .prefetch_related("people__post", "classes__rule")
            .iterator(chunk_size=2000)
        ):
            own = [
                one.code, one.name, one.type.name, one.region, one.address, one.landline, one.get_source_display(), one.consent,
                one.salesperson.name, one.registered_on.isoformat(), _(", ").join(member.rule.name for member in one.classes.all()),
            ]  # fmt: skip
            # One row for each person, as the import reads them.
            for person in one.people.all():
                yield [
                    *own, person.name, person.post.name if person.post else "", person.get_gender_display(),
                    shown_to(user, person.number) if person.number else "", person.landline, one.notes,
                ]  # fmt: skip
            if not one.people.all():
                yield [*own, "", "", "", "", "", one.notes]

    def sheet() -> Sheet:
        return [
            _("Customer number"), _("Customer"), _("Type"), _("Region"), _("Address"), _("Landline"), _("Source"), _("Proof of consent"),
            _("Salesperson"), _("Registered on"), _("Classes"), _("Name"), _("Post"), _("Gender"), _("Mobile number"),
            _("Direct line"), _("Notes"),
        ], rows()  # fmt: skip

    return Table(_("Customers"), f"customers-{timezone.localdate()}.xlsx", found, sheet)


CUSTOMERS = register(
    Kind(
        "customers", gettext_lazy("Customers"), "customers.exported", (Right.SEE_CUSTOMERS, Right.EXPORT), customers_table,
        "console:customers",
    )
)  # fmt: skip
