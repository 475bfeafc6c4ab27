"""Import: a file, its columns, the reading in the background, the errors."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.console.downloads import spreadsheet
from hongyan.contacts import importing
from hongyan.contacts.columns import FIELDS
from hongyan.contacts.errors import ContactsError, reason_words
from hongyan.contacts.loading import shown_value
from hongyan.contacts.models import AddressBook, Group, RecipientList, Upload
from hongyan.contacts.people import STANDARD
from hongyan.spreadsheets.writing import write_xlsx


@needs(Right.SEE_PEOPLE)
def upload(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    if request.method == "POST":
        given = request.FILES.get("file")
        if given is None:
            messages.error(request, _("Choose a file first."))
            return redirect("console:import")
        try:
            one = importing.receive(user, given.name or "file", given.chunks(), purpose=Upload.Purpose.CONTACTS)
            importing.look_or_defer(one)
        except ContactsError as error:
            messages.error(request, str(error))
            return redirect("console:import")
        return redirect(f"{reverse('console:import_mapping', args=[one.pk])}?book={request.POST.get('book', '')}")
    recent = Upload.objects.visible_to(user).filter(purpose=Upload.Purpose.CONTACTS)[:10]
    books = AddressBook.objects.changeable_by(user)
    return render(
        request, "console/people/import.html", {"recent": recent, "books": books, "book": request.GET.get("book", "")}
    )


@needs(Right.SEE_PEOPLE)
def mapping(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """Which column is what; then progress; then the result."""
    user = me(request)
    one = importing.access_upload(user, upload_id)
    follow(request, f"uploads-{user.pk}")
    if request.method == "POST":
        chosen = {field: request.POST.get(f"map-{field}", "") for field in FIELDS}
        chosen = {field: column for field, column in chosen.items() if column}
        book = AddressBook.objects.changeable_by(user).filter(pk=_id(request.POST.get("book", ""))).first()
        group = Group.objects.filter(pk=_id(request.POST.get("group", "")), book=book).first() if book else None
        try:
            importing.start(user, one, chosen, book=book, group=group)
        except ContactsError as error:
            messages.error(request, str(error))
        return redirect("console:import_mapping", upload_id)
    labels = dict(STANDARD)
    fields = [(field, labels.get(field, field), one.mapping.get(field, "")) for field in FIELDS]
    return render(
        request,
        "console/people/mapping.html",
        {
            "upload": one, "fields": fields, "books": AddressBook.objects.changeable_by(user), "book": request.GET.get("book", ""),
            "list": RecipientList.objects.filter(upload=one).first(), "sample_errors": [
                (error, reason_words(error.reason)) for error in one.errors.all()[:8]
            ],
        },
    )  # fmt: skip


def _id(value: str) -> int:
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else 0


@needs(Right.SEND)
def errors(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """All rows that could not be used, with line, column, value and reason, as xlsx."""
    user = me(request)
    one = importing.access_upload(user, upload_id)
    in_clear = user.may(Right.SEE_NUMBERS)
    rows = (
        [str(error.line), error.column, shown_value(error.value, in_clear=in_clear), reason_words(error.reason)]
        for error in one.errors.iterator(chunk_size=2000)
    )
    return spreadsheet(
        f"errors-{one.pk}.xlsx", lambda path: write_xlsx(path, [_("Line"), _("Column"), _("Value"), _("Reason")], rows)
    )


@needs(Right.SEE_PEOPLE)
def template(request: HttpRequest) -> HttpResponseBase:
    """A file to fill in."""
    headings = ["姓名", "手机", "称呼", "公司", "邮箱", "备注"]
    return spreadsheet(
        "contacts.xlsx", lambda path: write_xlsx(path, headings, [["王芳", "13800138000", "女士", "", "", ""]])
    )
