"""Customers: the list, one with all that happened, the form, what is done with many."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from hongyan.accounts.models import Department, User
from hongyan.accounts.rights import Right
from hongyan.console import bulk
from hongyan.console.access import me, needs
from hongyan.console.customers import timeline
from hongyan.console.customers.finding import CUSTOMERS, DAYS, found_customers, page_of
from hongyan.console.customers.forms import CustomerForm, further_of, further_rows, required_names
from hongyan.console.refusing import at, told
from hongyan.console.search import Hit, provider
from hongyan.console.taking import take_away
from hongyan.contacts.people import shown_to
from hongyan.crm import classifying, customers, failing, finding, proposing, sending
from hongyan.crm.models import Category, Customer, CustomerType, MergeProposal, NumberTask, Order, Person, Post, Rule
from hongyan.dispatch.models import Message
from hongyan.inputs import id_of
from hongyan.reachability import pausing

COUNTED_UP_TO = 1000
"""More are said to be more."""


@needs(Right.SEE_CUSTOMERS)
def index(request: HttpRequest) -> HttpResponseBase:
    user = me(request)
    page, found = page_of(user, request.GET), found_customers(user, request.GET)
    most = None if request.GET.get("all") else COUNTED_UP_TO + 1
    total = found.order_by()[:most].count()
    is_more = most is not None and total > COUNTED_UP_TO
    template = "console/customers/index.html"
    return render(
        request,
        f"{template}#rows" if request.htmx else template,  # type: ignore[attr-defined]
        {
            "page": page, "found": found, "total": total, "is_more": is_more, "counted": COUNTED_UP_TO, "types": CustomerType.objects.all(),
            "classes": Rule.objects.filter(is_on=True), "sources": Customer.Source.choices, "categories": _categories(),
            "days": [(one, _("in %(days)d days") % {"days": one}) for one in DAYS], "posts": Post.objects.all(),
            "salespersons": customers.salespersons(user), "is_filtered": any(value for name, value in request.GET.items() if name != "all"),
            "departments": [(one.pk, one.indented_name) for one in Department.objects.visible_to(user).order_by("path")],
            "tasks": NumberTask.objects.visible_to(user).filter(done_at=None).count(),
            "merges": MergeProposal.objects.visible_to(user).filter(state=MergeProposal.State.OPEN).count(),
        },
    )  # fmt: skip


def _categories() -> list[tuple[int, str]]:
    return [(one.pk, one.indented_name) for one in Category.objects.all()]


@needs(Right.SEE_CUSTOMERS)
def customer(request: HttpRequest, customer_id: int) -> HttpResponseBase:
    user = me(request)
    one = customers.access_customer(user, customer_id)
    if one.pk != customer_id:
        return redirect("console:customer", one.pk)
    return render(
        request,
        "console/customers/customer.html",
        {
            "customer": one, "people": one.people.select_related("post").prefetch_related("former"),
            "orders": one.orders.all()[:10], "order_count": one.orders.count(), "events": timeline.of_customer(user, one),
            "classes": classifying.of_customer(one), "tasks": NumberTask.objects.filter(person__customer=one, done_at=None),
            "is_in_doubt": proposing.open_for(one), "merges": MergeProposal.objects.visible_to(user).filter(
                state=MergeProposal.State.OPEN, first=one) | MergeProposal.objects.visible_to(user).filter(
                state=MergeProposal.State.OPEN, second=one),
            "merged": one.merged.all(), "salespersons": customers.salespersons(user) if user.may(Right.MANAGE_CUSTOMERS) else [],
            "facts": further_rows(one.type, one.fields),
        },
    )  # fmt: skip


@needs(Right.CHANGE_CUSTOMERS)
def edit(request: HttpRequest, customer_id: int | None = None) -> HttpResponseBase:
    """The form of a customer, new or known."""
    user = me(request)
    one = customers.access_changeable_customer(user, customer_id) if customer_id else None
    form = CustomerForm(user, one, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with at(form, {"person": "name", "number": "name"}):
            before = {person.pk: person.number for person in one.people.all()} if one else {}
            made = (
                customers.change(user, one, form.facts(), version=form.cleaned_data["version"])
                if one
                else customers.create(user, form.facts())
            )
            messages.success(request, _("Saved."))
            _tell(request, made, before)
            return redirect("console:customer", made.pk)
    chosen = form.type_chosen
    values = further_of(request.POST) if request.method == "POST" else dict(one.fields) if one else {}
    return render(
        request,
        "console/customers/edit.html",
        {
            "form": form, "customer": one, "posts": Post.objects.all(), "genders": Person.Gender.choices,
            "facts": further_rows(chosen, values), "needed": required_names(chosen),
        },
    )  # fmt: skip


def _tell(request: HttpRequest, made: Customer, before: dict[int, str]) -> None:
    """What follows from new numbers: a proposal to a manager, messages that wait for an old one."""
    if proposing.open_for(made):
        messages.warning(
            request,
            _(
                "Another customer has one of these mobile numbers. Whoever manages both has been asked whether they are one."
            ),
        )
    now = {person.pk: person.number for person in made.people.all()}
    old = [number for pk, number in before.items() if number and now.get(pk) != number]
    waiting = Message.objects.to(*old).filter(state="queued").count() if old else 0
    if waiting:
        messages.warning(
            request,
            ngettext(
                "%(n)d message still waits for the former number. Cancel it among the submissions if it should not go there.",
                "%(n)d messages still wait for former numbers. Cancel them among the submissions if they should not go there.",
                waiting,
            ) % {"n": waiting},
        )  # fmt: skip


@needs(Right.CHANGE_CUSTOMERS)
def type_fields(request: HttpRequest) -> HttpResponseBase:
    """What a type asks for, while it is chosen in the form: a fragment."""
    chosen = CustomerType.objects.filter(pk=id_of(request.GET.get("type"))).first()
    values = further_of(request.GET)
    return render(
        request, "console/customers/edit.html#further", {"facts": further_rows(chosen, values), "needed": required_names(chosen)}
    )  # fmt: skip


@needs(Right.SEE_CUSTOMERS)
@require_POST
def act(request: HttpRequest) -> HttpResponseBase:
    """Write to, or hand over, what is ticked or all that was found."""
    user, back = me(request), bulk.back_to(request, "/customers/", reverse("console:customers"))
    try:
        chosen = bulk.chosen(request, Customer.objects.visible_to(user), lambda query: found_customers(user, query))
    except bulk.ListChanged as error:
        messages.error(request, str(error))
        return redirect(back)
    with told(request):
        if request.POST.get("act") == "write":
            whom = request.POST.get("whom", "")
            post = Post.objects.filter(pk=id_of(whom)).first() if whom not in ("", "everybody") else None
            made = sending.list_of(user, chosen, post=post, everybody=whom == "everybody")
            return redirect(f"{reverse('console:write')}?list={made.pk}")
        if request.POST.get("act") == "hand_over":
            to = User.objects.visible_to(user).filter(pk=id_of(request.POST.get("to"))).first()
            if to is None:
                messages.error(request, _("Choose who takes these customers over."))
                return redirect(back)
            given = customers.hand_over(user, chosen.values_list("pk", flat=True), to)
            messages.success(
                request,
                ngettext("%(n)d customer handed over to %(who)s.", "%(n)d customers handed over to %(who)s.", given)
                % {"n": given, "who": to.name},
            )
    return redirect(back)


@needs(Right.SEE_CUSTOMERS, Right.EXPORT)
def export(request: HttpRequest) -> HttpResponseBase:
    """The listed customers as a file."""
    return take_away(request, CUSTOMERS)


@needs(Right.SEE_CUSTOMERS)
def number_tasks(request: HttpRequest) -> HttpResponseBase:
    """Numbers that failed for good, to be found out anew by the salesperson, or said to be right."""
    user = me(request)
    if request.method == "POST":
        with told(request):
            failing.number_is_right(user, id_of(request.POST.get("task")), pausing.TERMS_DAYS[0])
            messages.success(request, _("Noted: messages to this number go out again."))
        return redirect("console:number_tasks")
    tasks = NumberTask.objects.visible_to(user).filter(done_at=None)
    return render(
        request,
        "console/customers/number_tasks.html",
        {"tasks": tasks.select_related("person__customer__salesperson", "person__post")[:200], "total": tasks.count()},
    )


@provider
def _search(user: User, query: str) -> list[Hit]:
    if not user.may(Right.SEE_CUSTOMERS):
        return []
    found = finding.matching(user, Customer.objects.visible_to(user), query).prefetch_related("people")[:6]
    return [
        Hit(one.name, _detail(user, one), reverse("console:customer", args=[one.pk]), "building", _("Customers"))
        for one in found
    ]


def _detail(user: User, one: Customer) -> str:
    people = list(one.people.all())[:1]
    said = [
        one.region,
        *(f"{person.name} {shown_to(user, person.number) if person.number else ''}".strip() for person in people),
    ]
    return " · ".join(filter(None, said))


@provider
def _search_orders(user: User, query: str) -> list[Hit]:
    """By the whole order number only: nobody knows a part of one."""
    found = Order.objects.visible_to(user).filter(number=query.strip()[:40]).select_related("customer")[:3]
    return [
        Hit(one.number, one.customer.name, reverse("console:order", args=[one.pk]), "file-spreadsheet", _("Orders"))
        for one in found
    ]
