"""Import: a file, its columns, the reading in the background, the errors."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from hongyan.accounts.models import User
from hongyan.console.access import for_everybody, me
from hongyan.console.context import follow
from hongyan.console.downloads import first_errors, row_errors, spreadsheet
from hongyan.console.people.opening import for_who_reaches_people
from hongyan.console.refusing import told
from hongyan.console.strips import answers_of, strip
from hongyan.console.undoings import MODES, order_from, undoing_of
from hongyan.contacts import importing, undoing
from hongyan.contacts.columns import FIELDS
from hongyan.contacts.fields import defined, shown
from hongyan.contacts.loading import book_of
from hongyan.contacts.models import AddressBook, Contact, Group, RecipientList
from hongyan.contacts.people import STANDARD, shown_to
from hongyan.inputs import id_of
from hongyan.spreadsheets.writing import write_xlsx
from hongyan.uploads import receiving, running
from hongyan.uploads.models import Upload
from hongyan.uploads.orders import Sample, trial_of

OF_GROUP = "group-"
"""Before the id of a group where the form names a book or a group."""


@for_who_reaches_people
def upload(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    if request.method == "POST":
        given = request.FILES.get("file")
        if given is None:
            messages.error(request, _("Choose a file first."))
            return redirect("console:import")
        with told(request):
            one = importing.receive(user, given.name or "file", given.chunks(), purpose=Upload.Purpose.CONTACTS)
            importing.look_or_defer(one)
            return redirect(f"{reverse('console:import_mapping', args=[one.pk])}?book={request.POST.get('book', '')}")
        return redirect("console:import")
    recent = Upload.objects.visible_to(user).filter(purpose=Upload.Purpose.CONTACTS)[:10]
    books = AddressBook.objects.changeable_by(user)
    return render(
        request,
        "console/people/import.html",
        {"recent": recent, "books": books, "book": request.GET.get("book", "")},
    )


@for_who_reaches_people
def mapping(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """Which column is what; a trial; then progress; then the result, which may be undone."""
    user = me(request)
    one = receiving.access_upload(user, upload_id)
    follow(request, f"uploads-{user.pk}")
    if request.method == "POST":
        with told(request):
            if request.POST.get("act") == "stop":
                running.stop(user, one)
            elif request.POST.get("act") == "undo":
                undoing.begin(user, one)
            elif answers := answers_of(request.POST):
                one = importing.answer(user, one, **answers)
                return render(request, "console/people/mapping.html", _facts(request, user, one))
            else:
                _start(request, user, one)
        return redirect(f"{reverse('console:import_mapping', args=[upload_id])}?book={request.GET.get('book', '')}")
    return render(request, "console/people/mapping.html", _facts(request, user, one))


def _start(request: HttpRequest, user: User, one: Upload) -> None:
    chosen = {name: column for name in FIELDS if (column := request.POST.get(f"map-{name}", ""))}
    into = request.POST.get("book", "")
    book = AddressBook.objects.changeable_by(user).filter(pk=id_of(into)).first()
    group = None
    if into.startswith(OF_GROUP):
        group = Group.objects.changeable_by(user).filter(pk=id_of(into.removeprefix(OF_GROUP))).first()
    order = order_from(request.POST, importing.keys_of(one))
    importing.start(user, one, chosen, book=book, group=group, order=order)


def _facts(request: HttpRequest, user: User, one: Upload) -> dict[str, Any]:
    labels = _labels()
    into = book_of(one)
    trial = trial_of(one) if one.state == Upload.State.UPLOADED else None
    return {
        "upload": one, "strip": strip(one, needs_number=False) if one.columns else None, "into_book": into,
        "fields": [(name, labels[name], one.mapping.get(name, "")) for name in FIELDS],
        "books": AddressBook.objects.changeable_by(user), "groups": _groups(user),
        "book": _chosen(one) or request.GET.get("book", ""),
        "list": RecipientList.objects.filter(upload=one).first(), "errors": first_errors(one, user),
        "modes": MODES, "keys": [(key, labels.get(key, key.removeprefix("field:"))) for key in importing.keys_of(one)],
        "order": one.target.get("order", {}), "trial": trial, "changes": _changes(user, trial.samples) if trial else [],
        "undo": undoing_of(one, undoing.foretell, lambda ids: _people(user, ids), undoing.WORDS),
    }  # fmt: skip


def _groups(user: User) -> list[tuple[str, Group]]:
    """Those that were given of books that were not, as the form names them."""
    whole = AddressBook.objects.changeable_by(user)
    found = (
        Group.objects.changeable_by(user).exclude(book__in=whole).select_related("book").order_by("book__name", "path")
    )
    return [(f"{OF_GROUP}{one.pk}", one) for one in found]


def _chosen(one: Upload) -> str:
    """Into what it was tried, as the form names it."""
    if group := one.target.get("group"):
        return f"{OF_GROUP}{group}"
    return str(one.target.get("book", ""))


def _labels() -> dict[str, str]:
    return {name: str(words) for name, words in STANDARD} | {
        "group": _("Group"),
        "tags": _("Tags"),
        "second": _("Further numbers"),
    }


def _changes(user: User, samples: list[Sample]) -> list[tuple[int, bool, str, list[tuple[str, str, str]]]]:
    """The first changes of a trial as `components/import_trial.html` shows them."""
    labels, own = _labels(), defined()
    people = _people(user, [one.record for one in samples if one.record])

    def words(name: str, value: Any) -> str:
        if name == "number" and value:
            return shown_to(user, value)
        return shown(own.get(name.removeprefix("field:")), value) if name.startswith("field:") else str(value)

    found = []
    for one in samples:
        values = [
            (labels.get(name, name.removeprefix("field:")), words(name, one.old.get(name, "")), words(name, new))
            for name, new in one.new.items()
        ]
        found.append((one.line, one.record is None, people.get(one.record or 0, ("", ""))[0], values))
    return found


def _people(user: User, ids: list[int]) -> dict[int, tuple[str, str]]:
    """Who they are and their pages, of those that the user sees."""
    return {
        one.pk: (one.name or shown_to(user, one.number), reverse("console:contact", args=[one.pk]))
        for one in Contact.objects.visible_to(user).filter(pk__in=ids)
    }


@for_everybody
def errors(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """All rows that could not be used, with line, column, value and reason, as xlsx."""
    return row_errors(receiving.access_upload(me(request), upload_id), me(request))


@for_who_reaches_people
def template(request: HttpRequest) -> HttpResponseBase:
    """A file to fill in."""
    headings = ["姓名", "手机", "称呼", "公司", "邮箱", "备注"]
    return spreadsheet(
        "contacts.xlsx", lambda path: write_xlsx(path, headings, [["王芳", "13800138000", "女士", "", "", ""]])
    )
