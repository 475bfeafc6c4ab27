"""Every search of the product: signs are no wildcards, what holds nothing that is searched for finds nobody, and length is bounded."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from hongyan.accounts.models import AuditEntry
from hongyan.consent.models import Listed
from hongyan.contacts.models import AddressBook, Contact
from hongyan.contacts.people import matching
from hongyan.dispatch.models import PortedNumber
from hongyan.mailbox.models import Reply
from hongyan.messaging import submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Phrase
from hongyan.messaging.recipients import Selection
from tests.builders import Company, a_contact
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db
SIGNS = ("%", "_", "\\", "%%", "😀", "\N{ZERO WIDTH SPACE}", "…", "%_%", "*", "﹪")
NUMBER = "+8613800138000"


@pytest.fixture
def full(company: Company) -> Company:
    """A company with something in each list."""
    user = company.administrator
    book = AddressBook.objects.create(name="own", kind="personal", owner=user)
    a_contact(book, "王芳", NUMBER)
    submissions.submit(user, Request(text="年会通知", title="年会", selection=Selection(numbers=(NUMBER,))))
    Reply.objects.create(
        incoming_id=1, number=NUMBER, service_number="10690001", text="收到", received_at=timezone.now(), owner=user,
        department=user.department,
    )  # fmt: skip
    Phrase.objects.create(owner=user, title="问候", text="您好")
    Listed.objects.create(kind="block", number=NUMBER, reason="投诉")
    PortedNumber.objects.create(number=NUMBER, carrier="unicom", noted_at=timezone.now())
    assert AuditEntry.objects.exists()
    return company


def listed(page: Any, name: str) -> int:
    context = page.context
    for key in ("page", "rows", "phrases", "people", "nodes"):
        if key in context and not isinstance(context[key], str | None):
            found = context[key]
            # Lists of many are paged by key, and know their rows alone.
            return int(found.paginator.count) if hasattr(found, "paginator") else len(getattr(found, "rows", found))
    raise AssertionError(name)


LISTS = (
    "/people/?q=", "/mailbox/?q=", "/mailbox/sent/?q=", "/submissions/?q=", "/settings/audit/?q=", "/lists/?list=block&q=",
    "/settings/users/?q=", "/routes/ported/?q=", "/phrases/?q=", "/write/picker/?who=", "/channels/receipts/?q=",
)  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_a_search_of_signs_finds_nothing(full: Company, path: str) -> None:
    client = signed_in(full.administrator)
    for asked in SIGNS:
        name = path.rpartition("?")[2].rpartition("&")[2].rstrip("=")
        assert listed(client.get(path.partition("?")[0], {"tab": "blocked", name: asked}), path) == 0, asked


@pytest.mark.parametrize("path", LISTS)
def test_a_search_longer_than_anything_finds_nothing_and_asks_little(full: Company, path: str) -> None:
    client = signed_in(full.administrator)
    name = path.rpartition("?")[2].rpartition("&")[2].rstrip("=")
    for asked in ("x" * 7000, "王 芳 李 强 张 三 " * 500 + " ".join(map(str, range(500)))):
        assert listed(client.get(path.partition("?")[0], {"tab": "blocked", name: asked}), path) == 0


def test_the_palette_finds_no_record_by_signs(full: Company) -> None:
    client = signed_in(full.administrator)
    for asked in SIGNS:
        hits = client.get("/search/", {"q": asked}).json()["hits"]
        assert not [hit for hit in hits if "/people/" in hit["url"] or "/submissions/" in hit["url"]], asked


def test_people_are_found_by_few_words_and_nobody_by_many(full: Company) -> None:
    everybody = Contact.objects.all()
    assert [one.name for one in matching(full.administrator, everybody, "王芳 8000 王芳 " * 3)] == ["王芳"]
    assert [one.name for one in matching(full.administrator, everybody, "8000")] == ["王芳"]
    assert not matching(full.administrator, everybody, " ".join(map(str, range(2000)))).exists()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from contacts_contact")
        assert cursor.fetchone()[0] >= 1
