"""People: books at the left, their contacts at the right; one contact; recipient lists."""

from __future__ import annotations

from typing import Any

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
from hongyan.console.refusing import at, told
from hongyan.console.search import MOST_HITS, Hit, provider
from hongyan.console.taking import take_away
from hongyan.contacts import books, fields, groups, sizes, tags
from hongyan.contacts import lists as list_verbs
from hongyan.contacts import people as verbs
from hongyan.contacts.models import AddressBook, Contact, ContactQuerySet, Field, Group, RecipientList
from hongyan.contacts.people import Person
from hongyan.contacts.searching import look_up
from hongyan.crm.models import Customer
from hongyan.dispatch.models import Message
from hongyan.inputs import id_of, query_of
from hongyan.mailbox import inbox
from hongyan.mailbox.models import Reply
from hongyan.messaging.models import Submission

COUNTED_UP_TO = 1000
"""Of a search; more are said to be more."""
MOST_PLACES = 12
"""Groups and books shown above who is found."""
MOST_SINGLE = 500
"""People whose ids fit an address."""


@needs(Right.SEE_PEOPLE)
def people(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    book, group = book_and_group(user, request.GET)
    visible = list(AddressBook.objects.visible_to(user))
    counts, large = books.counts(visible), sizes.large_books()
    tops = groups.tree([one.pk for one in visible])
    looked = look_for(user, request.GET)
    page, found = page_of(user, request.GET, looked), together(looked)
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
    is_more = not request.GET.get("all") and total > COUNTED_UP_TO and is_filtered(request.GET)
    return render(
        request,
        "console/people/people.html",
        {
            "shelf": [
                (one, counts.get(one.pk, 0), one.pk in large, [node for node in tops if node.book_id == one.pk]) for one in visible
            ],
            "page": page, "book": book, "group": group, "may_change": book is None or books.may_change(user, book),
            "total": total, "is_about": is_about, "is_more": is_more, "counted": COUNTED_UP_TO, "found": found,
            "is_uncounted": is_about or is_more, "places": looked.places[:MOST_PLACES], "places_total": len(looked.places),
            "may_add": AddressBook.objects.changeable_by(user).exists(),
            "groups": Group.objects.filter(book=book) if book else [], **columns.filters(request.GET),
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
    tags = forms.CharField(
        label=gettext_lazy("Tags"), max_length=400, required=False, help_text=gettext_lazy("Separated by commas.")
    )
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
    if "reply" in request.GET and user.may(Right.SEE_NUMBERS):
        # From the mailbox; by the reply, since an address is written into logs.
        initial["number"] = inbox.access_reply(user, id_of(request.GET["reply"])).number
    if found is not None:
        initial = {name: getattr(found, name) for name in ("book", "name", "title", "company", "email", "notes")}
        initial["number"] = verbs.shown_to(user, found.number)
    form = ContactForm(request.POST or None, initial=initial)
    form.fields["book"].queryset = changeable  # type: ignore[attr-defined]
    if found is not None:
        del form.fields["book"]
    further = _further(request, found)
    if found is not None:
        form.initial["tags"] = ", ".join(found.tags.values_list("name", flat=True))
    if request.method == "POST" and may_change and form.is_valid():
        facts = dict(form.cleaned_data)
        into = facts.pop("book", None)
        facts["tags"] = tuple(facts["tags"].replace("，", ",").replace("、", ",").split(","))
        with at(form):
            if found is None:
                made = verbs.create(user, into, Person(**facts, fields=further))
            else:
                made = verbs.change(user, found, Person(**facts, fields=further))
            messages.success(request, _("Saved."))
            return redirect("console:contact", made.pk)
    return render(
        request,
        "console/people/contact.html",
        {
            "form": form, "contact": found, "may_change": may_change, **columns.inputs(further),
            "history": _history(user, found) if found else [],
            **(numbers.health_of(found) if found else {}),
            "customers": Customer.objects.visible_to(user).filter(people__number=found.number).distinct()[:20] if found else [],
        },
    )  # fmt: skip


def _further(request: HttpRequest, found: Contact | None) -> dict[str, str]:
    """The contact's further columns, as `{variables}` of texts use them; what has no value goes, and so does a row without a name."""
    if request.method != "POST":
        return {name: fields.in_words(value) for name, value in found.fields.items()} if found else {}
    given = {
        one.name: "、".join(request.POST.getlist(f"field-{one.pk}"))
        for one in Field.objects.all()
        if f"field-{one.pk}" in request.POST
    }
    pairs = zip(request.POST.getlist("field_name"), request.POST.getlist("field_value"), strict=False)
    given |= {name.strip()[:40]: value for name, value in pairs if name.strip()}
    kept = {name: value.strip()[:500] for name, value in given.items() if value.strip()}
    return dict(list(kept.items())[:60])


def _history(user: User, found: Contact) -> list[dict[str, Any]]:
    """Messages and replies of this number that the user may see, newest first."""
    submissions = Submission.objects.visible_to(user)
    sent = list(Message.objects.to(found.number).filter(hidden_at=None).order_by("-id")[:60])
    seen = submissions.in_bulk({one.submission_id for one in sent})
    items = [
        {"at": one.submitted_at or one.planned_at, "state": one.state,
         "text": seen[one.submission_id].told_to(user, one.text or seen[one.submission_id].text), "url": reverse("console:submission", args=[one.submission_id])}
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


@needs(Right.SEE_PEOPLE)
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
    if not user.may(Right.SEE_PEOPLE):
        return []
    looked = look_up(user, Contact.objects.visible_to(user), query)
    found = looked.branches[0].contacts.select_related("book")[:6]
    people = reverse("console:people")
    places = [
        Hit(one.name, one.above, f"{people}?{f'group={one.group_id}' if one.group_id else f'book={one.book_id}'}", "users-group", _("People"))
        for one in looked.places[:MOST_HITS - 1]
    ]  # fmt: skip
    return places[: MOST_HITS - min(len(found), MOST_HITS // 2)] + [
        Hit(
            one.name,
            f"{verbs.shown_to(user, one.number)} · {one.book.name}",
            reverse("console:contact", args=[one.pk]),
            "user",
            _("People"),
        )
        for one in found
    ]
