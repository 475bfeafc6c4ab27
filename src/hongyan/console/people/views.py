"""People: books at the left, their contacts at the right; one contact; recipient lists."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console import bulk
from hongyan.console.access import me, needs
from hongyan.console.people import columns, numbers
from hongyan.console.people.finding import (
    CONTACTS,
    book_and_group,
    found_contacts,
    how_many,
    is_filtered,
    look_for,
    page_of,
    together,
)
from hongyan.console.people.imports import OF_GROUP
from hongyan.console.people.opening import for_who_reaches_people
from hongyan.console.refusing import at, told
from hongyan.console.search import MOST_HITS, Hit, provider
from hongyan.console.taking import take_away
from hongyan.contacts import books, groups, importing, reach, sizes, tags
from hongyan.contacts import lists as list_verbs
from hongyan.contacts import people as verbs
from hongyan.contacts.allowing import Doing
from hongyan.contacts.models import AddressBook, Contact, ContactQuerySet, Group, RecipientList
from hongyan.contacts.searching import look_up
from hongyan.inputs import id_of, query_of
from hongyan.uploads.models import Upload

COUNTED_UP_TO = 1000
"""Of a search; more are said to be more."""
MOST_PLACES = 12
"""Groups and books shown above who is found."""
MOST_SINGLE = 500
"""People whose ids fit an address."""


@for_who_reaches_people
def people(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    book, group = book_and_group(user, request.GET)
    visible = list(AddressBook.objects.visible_to(user))
    counts, large, reached = books.counts(visible), sizes.large_books(), reach.of(user)
    tops = groups.tree([book.pk]) if book is not None and book in visible else []
    granted = groups.granted_tree(user)
    looked = look_for(user, request.GET)
    page, found = page_of(user, request.GET, looked), together(looked)
    reach.look(user, page.rows, reached)
    numbers.judged(page.rows)
    if request.GET.get("all"):
        total, is_about = found.order_by().count(), False
    elif is_filtered(request.GET):
        total, is_about = how_many(looked, COUNTED_UP_TO + 1), False
    elif group is not None:
        total, is_about = next((one.count, one.is_about) for one in groups.branches([group.pk]))
    else:
        among = [book] if book is not None else visible
        total, is_about = sum(counts.get(one.pk, 0) for one in among), any(one.pk in large for one in among)
        if book is None:
            total += sum(one.count for _group, one in granted)
    is_more = not request.GET.get("all") and total > COUNTED_UP_TO and is_filtered(request.GET)
    return render(
        request,
        "console/people/people.html",
        {
            "shelf": [
                (one, counts.get(one.pk, 0), one.pk in large, tops if one == book else [], reached.on_book(one.pk))
                for one in visible
            ],
            "granted": [(one, [node], reached.on_group(one)) for one, node in granted],
            "page": page, "book": book, "group": group, "may_change": _may_change(user, book, group), "may_write": _may_write(reached, book, group),
            "total": total, "is_about": is_about, "is_more": is_more, "counted": COUNTED_UP_TO, "found": found,
            "is_uncounted": is_about or is_more, "places": looked.places[:MOST_PLACES], "places_total": len(looked.places),
            "may_add": AddressBook.objects.changeable_by(user).exists() or (group and groups.may_change_group(user, group)),
            "may_import": importing.may_upload(user, Upload.Purpose.CONTACTS), "import_into": _import_into(user, book, group),
            "groups": Group.objects.filter(book=book).changeable_by(user) if book else [], **columns.filters(request.GET),
            "targets": AddressBook.objects.changeable_by(user).exclude(pk=book.pk if book else 0),
        },
    )  # fmt: skip


@for_who_reaches_people
def book_groups(request: HttpRequest, book_id: int) -> HttpResponseBase:
    """What stands below a book's name in the shelf, fetched when it is opened."""
    user = me(request)
    book = books.access_book(user, book_id)
    shown = {"nodes": groups.tree([book.pk]), "extent": reach.of(user).on_book(book.pk)}
    return render(request, "console/people/shelf_book.html", shown)


def _may_write(reached: reach.Reached, book: AddressBook | None, group: Group | None) -> bool:
    if group is not None:
        return reached.on_group(group).allows(Doing.SEND)
    return book is not None and reached.on_book(book.pk).allows(Doing.SEND)


def _import_into(user: User, book: AddressBook | None, group: Group | None) -> str:
    """What the form of an import begins with: the book, or the group of who was given only that."""
    if book is None or books.may_change(user, book):
        return str(book.pk) if book else ""
    return f"{OF_GROUP}{group.pk}" if group else ""


def _may_change(user: User, book: AddressBook | None, group: Group | None) -> bool:
    """Of everybody together each verb says itself what it does to whom."""
    if group is not None:
        return groups.may_change_group(user, group)
    return book is None or books.may_change(user, book)


@for_who_reaches_people
@require_POST
def act(request: HttpRequest) -> HttpResponseBase:
    """Write to, delete, copy, move, put into or take out of a group what is ticked, or all that was found."""
    user, what = me(request), request.POST.get("act")
    visible = Contact.objects.visible_to(user)
    try:
        chosen = bulk.chosen(request, visible, lambda query: found_contacts(user, query))
    except bulk.ListChanged as error:
        messages.error(request, str(error))
        return redirect(bulk.back_to(request, "/people/", reverse("console:people")))
    own = Contact.objects.changeable_by(user).filter(pk__in=chosen.values("pk"))
    done = 0
    with told(request):
        if what == "write":
            return _write_to(request, user, chosen)
        if what == "delete":
            done = verbs.delete(user, own)
        elif what == "group":
            done = verbs.add_to_group(user, own, groups.access_changeable_group(user, _id(request, "group")))
        elif what == "leave":
            done = verbs.remove_from_group(user, own, groups.access_changeable_group(user, _id(request, "group")))
        elif what == "tag":
            done = tags.put(user, own, request.POST.get("tags", "").replace("，", ",").split(","))
        elif what == "untag":
            done = tags.take_off(user, own, request.POST.get("tags", "").replace("，", ",").split(","))
        elif what == "copy":
            done = verbs.copy_to_book(user, chosen, books.access_changeable_book(user, _id(request, "to_book")))
        elif what == "move":
            done = verbs.move_to_book(user, own, books.access_changeable_book(user, _id(request, "to_book")))
        messages.success(request, _("%(count)d contacts updated.") % {"count": done})
    return redirect(bulk.back_to(request, "/people/", reverse("console:people")))


def _id(request: HttpRequest, name: str) -> int:
    return id_of(request.POST.get(name))


def _write_to(request: HttpRequest, user: User, chosen: ContactQuerySet) -> HttpResponseBase:
    """On to the compose page: with a whole book or group by its name, else with the people one by one."""
    query = QueryDict(query_of(request.POST.get("next")))
    book, group = book_and_group(user, query)
    write = reverse("console:write")
    if request.POST.get("all") and not query.get("q") and book is not None:
        return redirect(f"{write}?group={group.pk}" if group else f"{write}?book={book.pk}")
    ids = list(chosen.values_list("pk", flat=True)[: MOST_SINGLE + 1])
    if len(ids) > MOST_SINGLE:
        raise Refused(
            "too_many_singly",
            _("More than %(most)d people chosen individually: put them into a group first, then send to the group.")
            % {"most": MOST_SINGLE},
        )
    return redirect(f"{write}?contacts={','.join(map(str, ids))}")


@for_who_reaches_people
@require_POST
def act_group(request: HttpRequest) -> HttpResponseBase:
    """Make, rename and remove groups."""
    user, what, target = me(request), request.POST.get("act"), reverse("console:people")
    name = request.POST.get("name", "").strip()[:80]
    with told(request):
        if what == "new":
            book = books.access_changeable_book(user, _id(request, "book"))
            parent = _id(request, "parent")
            above = groups.access_changeable_group(user, parent) if parent else None
            made = groups.create_group(user, book, name, above)
            return redirect(f"{target}?group={made.pk}")
        group = groups.access_changeable_group(user, _id(request, "group"))
        if what == "rename":
            groups.rename_group(user, group, name)
            return redirect(f"{target}?group={group.pk}")
        if what == "delete":
            groups.delete_group(user, group)
            return redirect(f"{target}?book={group.book_id}")
    return redirect(bulk.back_to(request, "/people/", target))


@needs(Right.SEE_PEOPLE, Right.EXPORT)
def export(request: HttpRequest) -> HttpResponseBase:
    """The listed contacts as a file."""
    return take_away(request, CONTACTS)


class BookForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Address book name"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Belongs to"))


@needs(Right.SEE_PEOPLE)
def book(request: HttpRequest) -> HttpResponseBase:
    """A new address book."""
    user = me(request)
    form = BookForm(request.POST or None)
    form.fields["kind"].choices = [(kind.value, kind.label) for kind in books.kinds_for(user)]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        kind = AddressBook.Kind(form.cleaned_data["kind"])
        with at(form):
            made = books.create_book(
                user, form.cleaned_data["name"], kind, user.department if kind == AddressBook.Kind.DEPARTMENT else None
            )
            return redirect(f"{reverse('console:people')}?book={made.pk}")
    return render(request, "console/people/book.html", {"form": form})


@needs(Right.SEND)
def lists(request: HttpRequest) -> HttpResponseBase:
    """Reusable lists of recipients."""
    user = me(request)
    if request.method == "POST":
        found = list_verbs.access_list(user, _id(request, "id"))
        if request.POST.get("act") == "keep":
            list_verbs.keep(user, found, days=365)
        else:
            with told(request):
                list_verbs.delete(user, found)
        return redirect("console:recipient_lists")
    return render(request, "console/people/lists.html", {"lists": RecipientList.objects.visible_to(user)[:100]})


@provider
def _search(user: User, query: str) -> list[Hit]:
    if not reach.has_people(user):
        return []
    looked = look_up(user, Contact.objects.visible_to(user), query)
    first = [one.pk for one in looked.branches[0].page(6)]
    by_id = Contact.objects.select_related("book").in_bulk(first)
    found = [by_id[pk] for pk in first if pk in by_id]
    reach.look(user, found)
    people = reverse("console:people")
    places = [
        Hit(one.name, one.above, f"{people}?{f'group={one.group_id}' if one.group_id else f'book={one.book_id}'}", "users-group", _("People"))
        for one in looked.places[:MOST_HITS - 1]
    ]  # fmt: skip
    return places[: MOST_HITS - min(len(found), MOST_HITS // 2)] + [
        Hit(
            one.name,
            f"{verbs.shown_to(user, one.number, one.sight)} · {one.book.name}",  # type: ignore[attr-defined]
            reverse("console:contact", args=[one.pk]),
            "user",
            _("People"),
        )
        for one in found
    ]
