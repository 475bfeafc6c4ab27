"""People: books at the left, their contacts at the right; one contact; recipient lists."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.console import bulk
from hongyan.console.access import me, needs
from hongyan.console.downloads import spreadsheet
from hongyan.console.search import Hit, provider
from hongyan.contacts import books, groups
from hongyan.contacts import lists as list_verbs
from hongyan.contacts import people as verbs
from hongyan.contacts.errors import ContactsError
from hongyan.contacts.models import AddressBook, Contact, ContactQuerySet, Group, RecipientList
from hongyan.contacts.people import Person
from hongyan.dispatch.models import Message
from hongyan.messaging.models import Reply, Submission

PAGE = 30
MOST_SINGLE = 500
"""People whose ids fit an address."""


def _chosen(user: User, query: QueryDict) -> tuple[AddressBook | None, Group | None]:
    group_id, book_id = query.get("group", ""), query.get("book", "")
    group = groups.access_group(user, int(group_id)) if group_id.isdecimal() else None
    if group is not None:
        return group.book, group
    return (books.access_book(user, int(book_id)), None) if book_id.isdecimal() else (None, None)


def _contacts(user: User, query: QueryDict) -> ContactQuerySet:
    """Contacts that the user may see, in the book or group and with the words that the address names."""
    book, group = _chosen(user, query)
    found = Contact.objects.visible_to(user)
    if group is not None:
        found = found.filter(groups__in=Group.objects.within(group)).distinct()
    elif book is not None:
        found = found.filter(book=book)
    if asked := query.get("q", "").strip():
        found = verbs.matching(found, asked)
    return found.select_related("book")


@needs(Right.SEE_PEOPLE)
def people(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    book, group = _chosen(user, request.GET)
    visible = list(AddressBook.objects.visible_to(user))
    counts = books.counts(visible)
    tops = groups.tree([one.pk for one in visible])
    page = Paginator(_contacts(user, request.GET).order_by("pinyin", "id"), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "console/people/people.html",
        {
            "shelf": [(one, counts.get(one.pk, 0), [node for node in tops if node.book_id == one.pk]) for one in visible],
            "page": page, "book": book, "group": group, "may_change": book is None or books.may_change(user, book),
            "may_add": AddressBook.objects.changeable_by(user).exists(),
            "groups": Group.objects.filter(book=book) if book else [],
            "targets": AddressBook.objects.changeable_by(user).exclude(pk=book.pk if book else 0),
        },
    )  # fmt: skip


class ContactForm(forms.Form):
    book = forms.ModelChoiceField(AddressBook.objects.none(), label=gettext_lazy("Address book"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    number = forms.CharField(label=gettext_lazy("Mobile number"), max_length=40)
    title = forms.CharField(label=gettext_lazy("Form of address"), max_length=40, required=False)
    company = forms.CharField(label=gettext_lazy("Company"), max_length=120, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    notes = forms.CharField(
        label=gettext_lazy("Notes"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )


@needs(Right.SEE_PEOPLE)
def contact(request: HttpRequest, contact_id: int | None = None) -> HttpResponseBase:
    """One contact with what passed between us; a form for who may change it."""
    user = me(request)
    found = verbs.access_contact(user, contact_id) if contact_id else None
    changeable = AddressBook.objects.changeable_by(user)
    may_change = found is None or books.may_change(user, found.book)
    initial: dict[str, Any] = {"book": request.GET.get("book")}
    if found is not None:
        initial = {name: getattr(found, name) for name in ("book", "name", "title", "company", "email", "notes")}
        initial["number"] = verbs.shown_to(user, found.number)
    form = ContactForm(request.POST or None, initial=initial)
    form.fields["book"].queryset = changeable  # type: ignore[attr-defined]
    if found is not None:
        del form.fields["book"]
    further = _further(request, found)
    if request.method == "POST" and may_change and form.is_valid():
        facts = dict(form.cleaned_data)
        into = facts.pop("book", None)
        try:
            if found is None:
                made = verbs.create(user, into, Person(**facts, fields=further))
            else:
                made = verbs.change(user, found, Person(**facts, fields=further))
        except ContactsError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved."))
            return redirect("console:contact", made.pk)
    return render(
        request,
        "console/people/contact.html",
        {
            "form": form, "contact": found, "may_change": may_change, "further": further,
            "history": _history(user, found) if found else [],
        },
    )  # fmt: skip


def _further(request: HttpRequest, found: Contact | None) -> dict[str, str]:
    """The contact's own columns, as `{variables}` of texts use them; a row without a name or value goes."""
    if request.method != "POST":
        return dict(found.fields) if found else {}
    pairs = zip(request.POST.getlist("field_name"), request.POST.getlist("field_value"), strict=False)
    kept = {name.strip()[:40]: value.strip()[:500] for name, value in pairs if name.strip() and value.strip()}
    return dict(list(kept.items())[:60])


def _history(user: User, found: Contact) -> list[dict[str, Any]]:
    """Messages and replies of this number that the user may see, newest first."""
    submissions = Submission.objects.visible_to(user)
    sent = list(Message.objects.filter(number=found.number, hidden_at=None).order_by("-id")[:60])
    seen = submissions.in_bulk({one.submission_id for one in sent})
    items = [
        {"at": one.submitted_at or one.planned_at, "text": one.text or seen[one.submission_id].text, "state": one.state,
         "url": reverse("console:submission", args=[one.submission_id])}
        for one in sent if one.submission_id in seen
    ]  # fmt: skip
    replies = Reply.objects.visible_to(user).filter(number=found.number, hidden_at=None)[:60]
    items += [
        {"at": one.received_at, "text": one.text, "url": reverse("console:reply", args=[one.pk])} for one in replies
    ]
    return sorted(items, key=lambda item: item["at"], reverse=True)


@needs(Right.SEE_PEOPLE)
@require_POST
def act(request: HttpRequest) -> HttpResponseBase:
    """Write to, delete, copy, move, put into or take out of a group what is ticked, or all that was found."""
    user, what = me(request), request.POST.get("act")
    visible = Contact.objects.visible_to(user)
    chosen = bulk.chosen(request, visible, lambda query: _contacts(user, query))
    own = Contact.objects.changeable_by(user).filter(pk__in=chosen.values("pk"))
    done = 0
    try:
        if what == "write":
            return _write_to(request, user, chosen)
        if what == "delete":
            done = verbs.delete(user, own)
        elif what == "group":
            done = verbs.add_to_group(user, own, groups.access_changeable_group(user, _id(request, "group")))
        elif what == "leave":
            done = verbs.remove_from_group(user, own, groups.access_changeable_group(user, _id(request, "group")))
        elif what == "copy":
            done = verbs.copy_to_book(user, chosen, books.access_changeable_book(user, _id(request, "to_book")))
        elif what == "move":
            done = verbs.move_to_book(user, own, books.access_changeable_book(user, _id(request, "to_book")))
    except ContactsError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Done for %(count)d contacts.") % {"count": done})
    return redirect(bulk.back_to(request, "/people/", reverse("console:people")))


def _id(request: HttpRequest, name: str) -> int:
    given = request.POST.get(name, "")
    return int(given) if given.isdecimal() else 0


def _write_to(request: HttpRequest, user: User, chosen: ContactQuerySet) -> HttpResponseBase:
    """On to the compose page: with a whole book or group by its name, else with the people one by one."""
    query = QueryDict(urlsplit(request.POST.get("next", "")).query)
    book, group = _chosen(user, query)
    write = reverse("console:write")
    if request.POST.get("all") and not query.get("q") and book is not None:
        return redirect(f"{write}?group={group.pk}" if group else f"{write}?book={book.pk}")
    ids = list(chosen.values_list("pk", flat=True)[: MOST_SINGLE + 1])
    if len(ids) > MOST_SINGLE:
        raise ContactsError(
            "too_many_singly",
            _("More than %(most)d people singly: put them into a group first, then write to the group.")
            % {"most": MOST_SINGLE},
        )
    return redirect(f"{write}?contacts={','.join(map(str, ids))}")


@needs(Right.SEE_PEOPLE)
@require_POST
def act_group(request: HttpRequest) -> HttpResponseBase:
    """Make, rename and remove groups."""
    user, what, target = me(request), request.POST.get("act"), reverse("console:people")
    name = request.POST.get("name", "").strip()[:80]
    try:
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
    except ContactsError as error:
        messages.error(request, str(error))
    return redirect(bulk.back_to(request, "/people/", target))


@needs(Right.SEE_PEOPLE, Right.EXPORT)
def export(request: HttpRequest) -> HttpResponseBase:
    """The listed contacts as xlsx."""
    user = me(request)
    book, group = _chosen(user, request.GET)
    return spreadsheet(
        f"contacts-{timezone.localdate()}.xlsx",
        lambda path: verbs.export(
            user, _contacts(user, request.GET), path, title=str(group or book or _("All contacts"))
        ),
    )


class BookForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Belongs to"))


@needs(Right.SEE_PEOPLE)
def book(request: HttpRequest) -> HttpResponseBase:
    """A new address book."""
    user = me(request)
    form = BookForm(request.POST or None)
    form.fields["kind"].choices = [(kind.value, kind.label) for kind in books.kinds_for(user)]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        kind = AddressBook.Kind(form.cleaned_data["kind"])
        try:
            made = books.create_book(
                user, form.cleaned_data["name"], kind, user.department if kind == AddressBook.Kind.DEPARTMENT else None
            )
        except ContactsError as error:
            form.add_error(None, str(error))
        else:
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
            list_verbs.delete(user, found)
        return redirect("console:recipient_lists")
    return render(request, "console/people/lists.html", {"lists": RecipientList.objects.visible_to(user)[:100]})


@provider
def _search(user: User, query: str) -> list[Hit]:
    if not user.may(Right.SEE_PEOPLE):
        return []
    found = verbs.matching(Contact.objects.visible_to(user), query).select_related("book")[:6]
    return [
        Hit(
            one.name,
            f"{verbs.shown_to(user, one.number)} · {one.book.name}",
            reverse("console:contact", args=[one.pk]),
            "user",
        )
        for one in found
    ]
