"""Rights on people in the console: who may do what with a book, why, and what whoever was given it finds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from hongyan.accounts.models import User
from hongyan.accounts.rights import Role
from hongyan.contacts import grants, loading
from hongyan.contacts.allowing import Allows
from hongyan.contacts.models import AddressBook, Contact, Grant, Group
from hongyan.runtime import clock
from hongyan.uploads.models import Upload
from tests.builders import Company, a_contact, a_group, a_user
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def field(company: Company) -> User:
    return a_user("field", company.north, Role.SALESPERSON)


@pytest.fixture
def staff(company: Company) -> Group:
    a_contact(company.book, "Alone", "+8613900000001")
    return a_group(company.book, "Staff", a_contact(company.book, "Member", "+8613900000002"))


def test_who_was_given_nothing_finds_no_page_of_people(company: Company, field: User, staff: Group) -> None:
    client = signed_in(field)
    for path in (
        reverse("console:people"),
        reverse("console:book_rights", args=[company.book.pk]),
        reverse("console:group_rights", args=[staff.pk]),
    ):
        assert client.get(path).status_code == 403
    assert f'href="{reverse("console:people")}"' not in text(client.get(reverse("console:overview")))


def test_a_granted_group_is_found_with_who_gave_it_and_nothing_beside_it(
    company: Company, field: User, staff: Group
) -> None:
    until = clock.now() + timedelta(days=3)
    grants.give(company.administrator, staff, Allows.SEE, to_user=field, expires_at=until)
    client = signed_in(field)
    page = text(client.get(reverse("console:people")))
    assert "Staff" in page
    assert "Member" in page
    assert company.administrator.name in page
    assert "Alone" not in page
    assert f'href="{reverse("console:people")}"' in text(client.get(reverse("console:overview")))
    alone, member = Contact.objects.get(name="Alone"), Contact.objects.get(name="Member")
    assert client.get(reverse("console:contact", args=[member.pk])).status_code == 200
    assert client.get(reverse("console:contact", args=[alone.pk])).status_code == 404
    people = reverse("console:people")
    assert client.get(people, {"book": company.book.pk}).status_code == 404
    assert "Member" in text(client.get(people, {"group": staff.pk}))
    assert client.get(reverse("console:book_rights", args=[company.book.pk])).status_code == 404
    own = text(client.get(reverse("console:group_rights", args=[staff.pk])))
    assert company.administrator.name in own
    assert 'name="whom"' not in own
    with clock.stopped_at(until):
        assert client.get(people).status_code == 403


def test_the_compose_page_offers_whom_one_may_send_to(company: Company, field: User, staff: Group) -> None:
    client, tree = signed_in(field), reverse("console:write_tree")
    grant = grants.give(company.administrator, staff, Allows.SEE, to_user=field)
    inside = reverse("console:write_group", args=[staff.pk])
    assert "Staff" not in text(client.get(tree))
    assert client.get(inside).status_code == 404
    grants.change(company.administrator, grant.pk, Allows.SEND_UNSEEN, None)
    assert "Staff" in text(client.get(tree))
    assert "Member" in text(client.get(inside))
    assert client.get(reverse("console:write_book", args=[company.book.pk])).status_code == 404


def test_whoever_rules_the_book_gives_changes_and_withdraws(company: Company, staff: Group) -> None:
    client = signed_in(company.administrator)
    path = reverse("console:book_rights", args=[company.book.pk])
    client.post(path, {"act": "give", "whom": f"department-{company.finance.pk}", "allows": "see_masked"})
    grant = Grant.objects.get()
    assert (grant.book, grant.department, grant.allows, grant.given_by) == (
        company.book, company.finance, "see_masked", company.administrator
    )  # fmt: skip
    inherited = text(client.get(reverse("console:group_rights", args=[staff.pk])))
    assert company.finance.name in inherited
    assert path in inherited
    facts = {"act": "change", "id": grant.pk, "allows": "send"}
    client.post(path, facts | {"expires_at": "2199-01-31T18:00"})
    grant.refresh_from_db()
    assert grant.allows == "send"
    assert grant.expires_at is not None
    client.post(path, facts | {"expires_at": "never"})
    grant.refresh_from_db()
    assert grant.expires_at is not None
    client.post(path, {"act": "withdraw", "id": grant.pk})
    assert not Grant.objects.exists()


def test_who_only_sees_the_book_gives_nothing(company: Company, staff: Group) -> None:
    grant = grants.give(company.administrator, staff, Allows.SEE, to_user=company.stranger)
    for user in (company.sender, company.viewer, company.sales_head):
        client = signed_in(user)
        for path in (
            reverse("console:book_rights", args=[company.book.pk]), reverse("console:group_rights", args=[staff.pk])
        ):  # fmt: skip
            assert client.get(path).status_code == 200
            assert company.stranger.name not in text(client.get(path))
            for facts in (
                {"act": "give", "whom": f"user-{user.pk}", "allows": "edit"},
                {"act": "withdraw", "id": grant.pk},
            ):
                assert client.post(path, facts).status_code == 404
    assert list(Grant.objects.all()) == [grant]


def test_a_grant_is_not_reached_through_another_book(company: Company, staff: Group) -> None:
    own = AddressBook.objects.create(name="Own", kind=AddressBook.Kind.PERSONAL, owner=company.sender)
    grant = grants.give(company.administrator, staff, Allows.SEE, to_user=company.stranger)
    client: Client = signed_in(company.sender)
    path = reverse("console:book_rights", args=[own.pk])
    for act in ("withdraw", "change"):
        assert client.post(path, {"act": act, "id": grant.pk, "allows": "see"}).status_code == 404
    assert Grant.objects.filter(pk=grant.pk).exists()


def _facts(name: str, number: str) -> dict[str, str]:
    return {"name": name, "phone_id": "", "phone_number": number, "phone_kind": "mobile", "phone_state": "in_use"}


def test_who_may_change_one_group_adds_a_person_to_it(company: Company, staff: Group) -> None:
    grants.give(company.administrator, staff, Allows.EDIT, to_user=company.viewer)
    client = signed_in(company.viewer)
    new = reverse("console:new_contact")
    assert f"{new}?group={staff.pk}" in text(client.get(reverse("console:people"), {"group": staff.pk}))
    client.post(f"{new}?group={staff.pk}", _facts("New", "13900000003"))
    assert Contact.objects.get(name="New").groups.get() == staff
    other = a_group(company.book, "Other")
    assert client.post(f"{new}?group={other.pk}", _facts("Newer", "13900000004")).status_code == 404


def test_a_group_that_was_given_to_change_is_imported_into_and_its_book_is_not_offered(
    company: Company, field: User, staff: Group
) -> None:
    client, people = signed_in(field), reverse("console:people")
    grant = grants.give(company.administrator, staff, Allows.SEE, to_user=field)
    assert reverse("console:import") not in text(client.get(people, {"group": staff.pk}))
    grants.change(company.administrator, grant.pk, Allows.EDIT, None)
    into = f"group-{staff.pk}"
    assert f"{reverse('console:import')}?book={into}" in text(client.get(people, {"group": staff.pk}))
    file = SimpleUploadedFile("a.csv", "姓名,手机\n王芳,13800138000\n".encode())
    where = client.post(reverse("console:import"), {"file": file, "book": into}).headers["Location"]
    page = text(client.get(where))
    assert f'<option value="{into}" selected>Staff' in page
    assert f'<option value="{company.book.pk}"' not in page
    answers = {"map-name": "姓名", "map-number": "手机", "mode": "both", "key": "number"}
    for refused in (str(company.book.pk), f"group-{a_group(company.book, 'Other').pk}"):
        client.post(where, answers | {"book": refused})
        assert Upload.objects.get().state == "uploaded"
    client.post(where, answers | {"book": into})
    loading.load(Upload.objects.get().pk)
    assert staff.contacts.filter(name="王芳").exists()
    errors = client.get(reverse("console:upload_errors", args=[Upload.objects.get().pk]))
    assert errors.status_code == 200
    errors.close()
