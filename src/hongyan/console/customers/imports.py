"""Import of customers, orders and products: a file, its columns, a try, the reading in the background, the errors."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.console.downloads import first_errors, row_errors, spreadsheet
from hongyan.console.refusing import told
from hongyan.console.strips import answers_of, strip
from hongyan.console.undoings import undoing_of
from hongyan.crm import importing, undoing
from hongyan.crm.columns import LABELS, NEEDED
from hongyan.crm.models import Customer, CustomerType, Order, Product
from hongyan.spreadsheets.writing import write_xlsx
from hongyan.uploads import receiving, running
from hongyan.uploads.models import Upload

TITLES = {
    "customers": gettext_lazy("Import customers"), "orders": gettext_lazy("Import orders"), "products": gettext_lazy("Import products"),
}  # fmt: skip
MODES = (
    ("both", gettext_lazy("add new ones and change known ones")), ("create", gettext_lazy("only add new ones")),
    ("update", gettext_lazy("only change known ones")),
)  # fmt: skip


@needs(Right.CHANGE_CUSTOMERS)
def upload(request: HttpRequest, kind: str) -> HttpResponseBase:
    user = me(request)
    if kind not in importing.KINDS:
        raise Http404
    importing.check_may(user, kind)
    given = request.FILES.get("file")
    if request.method == "POST" and given is None:
        messages.error(request, _("Choose a file first."))
    elif given is not None:
        with told(request):
            one = importing.receive(user, kind, given.name or "file", given.chunks())
            return redirect("console:customer_import", one.pk)
    recent = Upload.objects.visible_to(user).filter(purpose=importing.KINDS[kind][0])[:10]
    return render(
        request,
        "console/customers/import.html",
        {
            "kind": kind,
            "title": TITLES[kind],
            "recent": recent,
            "needed": [LABELS[kind][name] for name in NEEDED[kind]],
        },
    )


def _access(user: User, upload_id: int) -> Upload:
    one = receiving.access_upload(user, upload_id)
    if one.purpose not in [purpose for purpose, _right in importing.KINDS.values()]:
        raise Http404
    return one


@needs(Right.CHANGE_CUSTOMERS)
def mapping(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """Which column is what, and what the file would do; then progress; then the result."""
    user = me(request)
    one = _access(user, upload_id)
    kind = importing.kind_of(one)
    follow(request, f"uploads-{user.pk}")
    if request.method == "POST" and request.POST.get("act") in ("stop", "undo"):
        with told(request):
            (running.stop if request.POST["act"] == "stop" else undoing.begin)(user, one)
        return redirect("console:customer_import", upload_id)
    if request.method == "POST" and (answers := answers_of(request.POST)):
        with told(request):
            one = importing.answer(user, one, **answers)
    elif request.method == "POST":
        chosen = {name: column for name in LABELS[kind] if (column := request.POST.get(f"map-{name}", ""))}
        defaults = (
            {name: request.POST.get(f"default-{name}", "")[:200] for name in ("type", "source", "consent")}
            if kind == "customers"
            else {}
        )
        with told(request):
            importing.start(
                user, one, chosen, mode=request.POST.get("mode", "both"), is_whole=bool(request.POST.get("is_whole")),
                is_try=request.POST.get("act") == "try", defaults=defaults,
            )  # fmt: skip
        return redirect("console:customer_import", upload_id)
    shown = strip(one) if one.columns else None
    return render(
        request,
        "console/customers/mapping.html",
        {
            "upload": one, "kind": kind, "strip": replace(shown, asks_for_number=False) if shown else None, "title": TITLES[kind],
            "fields": [(name, label, one.mapping.get(name, ""), name in NEEDED[kind]) for name, label in LABELS[kind].items()],
            "modes": MODES, "tried": one.target.get("tried"), "mode": one.target.get("mode", "both"), "is_whole": one.target.get("is_whole"),
            "defaults": one.target.get("defaults", {}), "types": CustomerType.objects.all(), "sources": Customer.Source.choices,
            "errors": first_errors(one, user, 20),
            "undo": undoing_of(one, undoing.foretell, lambda ids: _records(user, kind, ids), undoing.WORDS),
        },
    )  # fmt: skip


def _records(user: User, kind: str, ids: list[int]) -> dict[int, tuple[str, str]]:
    """Their names and pages, of those that the user sees."""
    if kind == "products":
        found = Product.objects.filter(pk__in=ids)
        return {one.pk: (str(one), reverse("console:product", args=[one.pk])) for one in found}
    if kind == "orders":
        ordered = Order.objects.visible_to(user).filter(pk__in=ids)
        return {one.pk: (one.number, reverse("console:order", args=[one.pk])) for one in ordered}
    seen = Customer.objects.visible_to(user).filter(pk__in=ids)
    return {one.pk: (one.name, reverse("console:customer", args=[one.pk])) for one in seen}


@needs(Right.CHANGE_CUSTOMERS)
def errors(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """All rows that could not be used, with line, column, value and reason, as xlsx."""
    return row_errors(_access(me(request), upload_id), me(request))


@needs(Right.CHANGE_CUSTOMERS)
def template(request: HttpRequest, kind: str) -> HttpResponseBase:
    """A file to fill in."""
    if kind not in importing.KINDS:
        raise Http404
    headings = [str(label) for label in LABELS[kind].values()]
    return spreadsheet(f"{kind}.xlsx", lambda path: write_xlsx(path, headings, []))
