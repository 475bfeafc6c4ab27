"""The pages of people who may stand twice: found, compared, merged, taken back."""

from __future__ import annotations

import pytest
from django.urls import reverse

from hongyan.audiences import following
from hongyan.audiences.models import Audience, Member
from hongyan.contacts.models import AddressBook, Contact
from hongyan.duplicates import finding
from hongyan.duplicates.models import Merge, Pair
from hongyan.runtime import clock
from tests.api.program import Api, assert_problem
from tests.builders import Company, a_contact
from tests.console.test_rights import signed_in

pytestmark = pytest.mark.django_db
INDEX = reverse("console:duplicates")


@pytest.fixture
def cards(company: Company) -> AddressBook:
    """A book of the sales department, with somebody of the company's book."""
    book = AddressBook.objects.create(name="Cards", kind=AddressBook.Kind.DEPARTMENT, department=company.sales)
    a_contact(company.book, "王芳", "+8613800138000", company="云帆", title="女士")
    a_contact(book, "王小芳", "+8613800138000", company="东山")
    a_contact(company.book, "李伟", "+8613900139000")
    a_contact(book, "李伟", "+8613900139000", email="lw@example.com")
    finding.look(clock.now())
    return book


def test_two_are_compared_merged_and_made_two_again(company: Company, cards: AddressBook) -> None:
    browser = signed_in(company.administrator)
    assert "王小芳" in browser.get(INDEX).content.decode()
    pair = Pair.objects.get(is_clear=False)
    page = browser.get(reverse("console:pair", args=[pair.pk])).content.decode()
    assert "云帆" in page
    assert "东山" in page
    browser.post(
        reverse("console:pair", args=[pair.pk]),
        {"act": "merge", "keep": "first", "name": "second", "company": "first", "title": "first"},
    )
    left = Contact.objects.get(number="+8613800138000")
    assert (left.name, left.former_names, left.company, left.book_id) == ("王小芳", "王芳", "云帆", company.book.pk)
    done = reverse("console:merge_done", args=[Merge.objects.get().pk])
    assert "王芳" in browser.get(done).content.decode()
    Contact.objects.filter(pk=left.pk).update(company="新公司")
    browser.post(done)
    assert Merge.objects.get().undone_at is None, "what was changed since is asked about"
    browser.post(done, {"keeps_newer": "1"})
    assert set(Contact.objects.filter(number="+8613800138000").values_list("name", "company")) == {
        ("王芳", "新公司"), ("王小芳", "东山"),
    }  # fmt: skip
    assert "王小芳" not in browser.get(INDEX).content.decode().partition("</form>")[0]


def test_clear_pairs_are_merged_at_once_and_others_are_left(company: Company, cards: AddressBook) -> None:
    signed_in(company.administrator).post(INDEX, {"act": "all"})
    assert Contact.objects.get(number="+8613900139000").email == "lw@example.com"
    assert Contact.objects.filter(number="+8613800138000").count() == 2
    signed_in(company.administrator).post(INDEX, {"act": "chosen", "id": [Pair.objects.get().pk]})
    assert Contact.objects.filter(number="+8613800138000").count() == 2


def test_not_the_same_is_not_asked_again(company: Company, cards: AddressBook) -> None:
    pair = Pair.objects.get(is_clear=False)
    signed_in(company.administrator).post(reverse("console:pair", args=[pair.pk]), {"act": "apart"})
    finding.look(clock.now())
    assert not Pair.objects.filter(state="open", is_clear=False).exists()


def test_who_may_not_change_both_finds_nothing(company: Company, cards: AddressBook) -> None:
    pair = Pair.objects.get(is_clear=False)
    for user in (company.viewer, company.sender, company.stranger, company.sales_head):
        browser = signed_in(user)
        assert "王小芳" not in browser.get(INDEX).content.decode()
        assert browser.get(reverse("console:pair", args=[pair.pk])).status_code == 404
        browser.post(INDEX, {"act": "all"})
    assert Contact.objects.count() == 4


def test_looking_again_is_asked_for_once(company: Company, cards: AddressBook) -> None:
    for _ in range(2):
        signed_in(company.administrator).post(INDEX, {"act": "look"})
    assert finding.is_looking()
    finding.look(clock.now())
    assert not finding.is_looking()


def test_a_static_audience_keeps_the_person(company: Company) -> None:
    audience = Audience.objects.create(
        name="A", owner=company.administrator, department=company.root, kind=Audience.Kind.STATIC
    )
    Member.objects.create(audience=audience, contact_id=7)
    kept = following.follow(7, 3)
    assert list(Member.objects.values_list("contact_id", flat=True)) == [3]
    following.give_back(7, 3, kept)
    assert list(Member.objects.values_list("contact_id", flat=True)) == [7]


def test_a_program_merges_and_takes_back(company: Company, cards: AddressBook) -> None:
    api = Api(company.administrator)
    found = {one["is_clear"]: one for one in api.get("duplicates").json()["items"]}
    assert found[False]["kind"] == "same_number"
    assert_problem(Api(company.sender).post(f"duplicates/{found[False]['id']}/merge", {}), 404, "not_found")
    made = api.post(f"duplicates/{found[False]['id']}/merge", {"taken": {"name": "second"}}).json()
    assert Contact.objects.get(pk=made["survivor_id"]).name == "王小芳"
    Contact.objects.filter(pk=made["survivor_id"]).update(notes="new")
    assert_problem(api.post(f"merges/{made['id']}/undo", {}), 409, "changed_since")
    assert api.post(f"merges/{made['id']}/undo", {"keeps_newer": True}).json()["undone_at"]
    assert api.post(f"duplicates/{found[True]['id']}/apart").json()["state"] == "apart"
    assert [one["id"] for one in api.get("merges").json()["items"]] == [made["id"]]
    assert api.get("duplicates").json()["items"] == []
