"""Import: a file, its columns, the reading in the background, the errors."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hongyan.accounts.rights import Right
from hongyan.console.access import me, needs
from hongyan.console.context import follow
from hongyan.console.downloads import first_errors, row_errors, spreadsheet
from hongyan.console.refusing import told
from hongyan.console.strips import answers_of, strip
from hongyan.contacts import importing
from hongyan.contacts.columns import FIELDS
from hongyan.contacts.loading import book_of
from hongyan.contacts.models import AddressBook, Group, RecipientList
from hongyan.contacts.people import STANDARD
from hongyan.inputs import id_of
from hongyan.spreadsheets.writing import write_xlsx
from hongyan.uploads import receiving
from hongyan.uploads.models import Upload


@needs(Right.SEE_PEOPLE)
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


@needs(Right.SEE_PEOPLE)
def mapping(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """Which column is what; then progress; then the result."""
    user = me(request)
    one = receiving.access_upload(user, upload_id)
    follow(request, f"uploads-{user.pk}")
    if request.method == "POST" and (answers := answers_of(request.POST)):
        with told(request):
            one = importing.answer(user, one, **answers)
    elif request.method == "POST":
        chosen = {field: request.POST.get(f"map-{field}", "") for field in FIELDS}
        chosen = {field: column for field, column in chosen.items() if column}
        book = AddressBook.objects.changeable_by(user).filter(pk=id_of(request.POST.get("book"))).first()
        group = Group.objects.filter(pk=id_of(request.POST.get("group")), book=book).first() if book else None
        with told(request):
            importing.start(user, one, chosen, book=book, group=group)
        return redirect("console:import_mapping", upload_id)
    labels = dict(STANDARD) | {"group": gettext_lazy("Group")}
    fields = [(field, labels.get(field, field), one.mapping.get(field, "")) for field in FIELDS]
    return render(
        request,
        "console/people/mapping.html",
        {
            "upload": one, "strip": strip(one) if one.columns else None, "into_book": book_of(one),
            "fields": fields, "books": AddressBook.objects.changeable_by(user), "book": request.GET.get("book", ""),
            "list": RecipientList.objects.filter(upload=one).first(), "errors": first_errors(one, user),
        },
    )  # fmt: skip


@needs(Right.SEND)
def errors(request: HttpRequest, upload_id: int) -> HttpResponseBase:
    """All rows that could not be used, with line, column, value and reason, as xlsx."""
    return row_errors(receiving.access_upload(me(request), upload_id), me(request))


@needs(Right.SEE_PEOPLE)
def template(request: HttpRequest) -> HttpResponseBase:
    """A file to fill in."""
    headings = ["姓名", "手机", "称呼", "公司", "邮箱", "备注"]
    return spreadsheet(
        "contacts.xlsx", lambda path: write_xlsx(path, headings, [["王芳", "13800138000", "女士", "", "", ""]])
    )
