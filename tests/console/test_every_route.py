"""Every road into the house names its right, and keeps it: looked at route by route, so that a new one cannot forget."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from hongyan.accounts import departments
from hongyan.accounts.models import AuditEntry, SavedFilter, User
from hongyan.accounts.rights import RIGHTS, Role
from hongyan.api.urls import api
from hongyan.contacts.models import AddressBook
from hongyan.crm.models import MergeProposal
from hongyan.datasets import tables
from hongyan.dispatch.models import Message
from hongyan.mailbox.models import Reply
from hongyan.messaging import drafts, submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Phrase, Submission
from hongyan.messaging.recipients import Selection
from hongyan.messaging.tasks import plan
from hongyan.uploads.models import Upload
from tests.builders import Company, a_contact
from tests.console.test_rights import signed_in
from tests.crm.making import a_customer, a_product, an_order

NUMBER = "+8613800138000"


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """(path with its placeholders, route) of everything but the API, whose endpoints all ask for a key."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(entry.pattern)
        if path.startswith("api/"):
            continue
        if isinstance(entry, URLPattern):
            yield path, entry
        else:
            yield from routes(entry.url_patterns, path)


ROUTES = dict(routes())
NEEDING = {
    path: route.callback.needed_rights for path, route in ROUTES.items() if hasattr(route.callback, "needed_rights")
}


def filled(path: str, **ids: int) -> str:
    """The path with `ids` in its placeholders; 1 for the others."""
    for part in path.split("/"):
        if part.startswith("<"):
            name = part.strip("<>").split(":")[1]
            path = path.replace(part, str(ids.get(name, {"verb": "cancel", "protocol": "cmpp30"}.get(name, 1))))
    return f"/{path}"


def test_every_route_names_its_right() -> None:
    silent = [
        path
        for path, route in ROUTES.items()
        if not any(hasattr(route.callback, mark) for mark in ("needed_rights", "is_for_everybody", "is_open_to_all"))
    ]
    assert silent == []


def test_every_endpoint_of_the_api_asks_for_a_key() -> None:
    client = Client()
    checked = 0
    for path, methods in api.get_openapi_schema(path_prefix="/api/")["paths"].items():
        for method in methods:
            answer = client.generic(method.upper(), path.replace("{submission_id}", "1").replace("{message_id}", "1"))
            assert answer.status_code == 401, path
            checked += 1
    assert checked >= 9


@pytest.mark.django_db
def test_a_route_is_closed_to_who_lacks_its_right(company: Company) -> None:
    for user in (company.administrator, company.sales_head, company.sender, company.viewer):
        client = signed_in(user)
        for path, needed in NEEDING.items():
            if not set(needed) <= RIGHTS[Role(user.role)]:
                for method in (client.get, client.post):
                    assert method(filled(path)).status_code == 403, (path, user.role)


@pytest.mark.django_db
def test_no_route_answers_who_has_not_signed_in(company: Company) -> None:
    for path, route in ROUTES.items():
        if hasattr(route.callback, "is_open_to_all"):
            continue
        for method in (Client().get, Client().post):
            answer = method(filled(path))
            assert answer.status_code == 302
            assert answer["Location"].startswith("/sign-in/"), path


@pytest.fixture
def belongings(company: Company) -> dict[str, int]:
    """One record of each kind that belongs to the sender of another department, by the routes' names for ids."""
    owner = company.sender
    own = AddressBook.objects.create(name="own", kind="personal", owner=owner)
    submission = submissions.submit(owner, Request(text="内部通知", selection=Selection(numbers=(NUMBER,))))
    plan(submission.pk)
    message = Message.objects.get(submission_id=submission.pk)
    reply = Reply.objects.create(
        incoming_id=1, number=NUMBER, service_number="10690001", text="内部回复", received_at=timezone.now(), owner=owner,
        department=owner.department, submission=submission,
    )  # fmt: skip
    customer = a_customer(owner, "内部客户", NUMBER)
    a_customer(company.stranger, "another", NUMBER)
    return {
        "submission_id": submission.pk,
        "message_id": message.pk,
        "reply_id": reply.pk,
        "draft_id": drafts.save(owner, None, text="内部草稿").pk,
        "contact_id": a_contact(own, "王芳", NUMBER).pk,
        "upload_id": Upload.objects.create(owner=owner, purpose="recipients", file_name="内部.csv").pk,
        "phrase_id": Phrase.objects.create(owner=owner, title="内部", text="内部").pk,
        "filter_id": SavedFilter.objects.create(user=owner, page="submissions", name="内部", query="q=1").pk,
        "user_id": owner.pk,
        "department_id": owner.department_id,
        "table_id": tables.create(owner, "内部").pk,
        "customer_id": customer.pk,
        "order_id": an_order(owner, customer, a_product()).pk,
        "proposal_id": MergeProposal.objects.get().pk,
    }


@pytest.mark.django_db
def test_a_guessed_id_is_a_missing_one_on_every_road(company: Company, belongings: dict[str, int]) -> None:
    finance_head = User.objects.create(
        username="fin", name="Fin", department=company.finance, role=Role.DEPARTMENT_ADMINISTRATOR
    )
    tried = 0
    for path in (path for path in ROUTES if any(f":{name}>" in path for name in belongings)):
        for user in (company.stranger, finance_head):
            needed = NEEDING.get(path, ())
            expected = 404 if all(user.may(right) for right in needed) else 403
            client = signed_in(user)
            for method in (client.get, client.post):
                answer = method(filled(path, **belongings))
                # A road that only takes one of the methods says so before it looks.
                assert answer.status_code in (expected, 405), (path, user.username)
                assert "内部" not in answer.content.decode()
            tried += 1
    assert tried > 30
    assert Submission.objects.get(pk=belongings["submission_id"]).state != "cancelled"
    assert Phrase.objects.exists()
    assert SavedFilter.objects.exists()
    assert not AuditEntry.objects.filter(action="submission.cancelled").exists()


@pytest.mark.django_db
def test_no_id_that_nobody_gave_breaks_a_page(company: Company) -> None:
    """Ids beyond what a column holds, and words where a number belongs, are missing records, not errors."""
    client = signed_in(company.administrator)
    for path in (path for path in ROUTES if "<int:" in path and "phone" not in path):
        answer = client.get(filled(path, **dict.fromkeys(
            ("submission_id", "message_id", "reply_id", "draft_id", "contact_id", "upload_id", "phrase_id", "filter_id",
             "user_id", "department_id", "channel_id", "route_id", "customer_id", "order_id", "product_id", "type_id", "rule_id",
             "proposal_id"), 2**63),
        ))  # fmt: skip
        assert answer.status_code in (404, 405), path
    for path in ("/people/?book=x&group=y", f"/people/?book={2**70}", "/write/?draft=x&group=z&list=9999999999999999999",
                 "/mailbox/?since=x&until=2026-13-40", "/mailbox/sent/?after=x", "/settings/users/?department=x",
                 "/settings/audit/?person=x&since=1", "/?days=x", f"/write/?contacts={2**70}"):  # fmt: skip
        assert client.get(path).status_code in (200, 404), path


@pytest.mark.django_db
def test_moving_a_department_moves_what_its_head_sees(company: Company) -> None:
    submission = submissions.submit(company.sender, Request(text="通知", selection=Selection(numbers=(NUMBER,))))
    head = signed_in(company.sales_head)
    assert head.get(f"/submissions/{submission.pk}/").status_code == 200
    departments.move(company.administrator, company.north, company.finance)
    assert head.get(f"/submissions/{submission.pk}/").status_code == 404
