"""Pages of who is found: the same people in the same order by whichever way they are come by."""

from __future__ import annotations

import pytest

from hongyan.contacts import leafing, sizes
from hongyan.contacts.leafing import Branch, Place
from hongyan.contacts.models import AddressBook, Contact
from hongyan.contacts.searching import look_up
from tests.builders import Company, a_contact

pytestmark = pytest.mark.django_db

NAMES = (
    "王芳", "王伟", "汪洋", "陈王", "李旺", "欧阳娜娜", "欧文", "张静", "赵军", "周杰", "单田芳", "解晓东", "Tom Wang", "卢平", "平安", "wanda",
)  # fmt: skip


@pytest.fixture
def people(company: Company) -> list[Contact]:
    other = AddressBook.objects.create(name="会员", kind="enterprise")
    return [
        a_contact(book, name, f"+86138{nth:04d}{place}138")
        for nth, name in enumerate(NAMES)
        for place, book in enumerate((company.book, other))
    ]


def leafed(branch: Branch, size: int, *, is_back: bool = False) -> list[Place]:
    found, edge = list[Place](), None
    while page := branch.page(size, edge, is_back=is_back):
        found += page
        edge = page[-1]
    return found


@pytest.mark.parametrize("few", [0, 3000], ids=["walked", "gathered"])
@pytest.mark.parametrize("walked", [1, 5, 1000])
@pytest.mark.parametrize(
    "asked",
    [
        "王",
        "w",
        "wa",
        "wang",
        "zj",
        "zh",
        "欧",
        "欧阳",
        "单",
        "解",
        "138",
        "1",
        "平",
        "ping",
        "王 138",
        "tom",
        "nobody",
    ],
)
def test_each_way_gives_everybody_once_in_one_order(
    company: Company, people: list[Contact], monkeypatch: pytest.MonkeyPatch, asked: str, few: int, walked: int
) -> None:
    everybody = Contact.objects.visible_to(company.administrator)
    (gathered,) = look_up(company.administrator, everybody, asked).branches
    expected = gathered.few
    assert expected is not None
    assert {one.pk for one in expected} == set(gathered.contacts.values_list("pk", flat=True))
    monkeypatch.setattr(leafing, "FEW", few)
    monkeypatch.setattr(leafing, "WALKED", walked)
    monkeypatch.setattr(sizes, "large_books", lambda: {company.book.pk: 1000})
    (branch,) = look_up(company.administrator, everybody, asked).branches
    for size in (1, 3, 40):
        assert leafed(branch, size) == expected
        assert leafed(branch, size, is_back=True) == expected[::-1]
    assert (branch.ids(1000) is None) == (few < len(expected))


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("王", {"王芳", "王伟"}), ("wang", {"王芳", "王伟", "汪洋"}), ("欧", {"欧文", "欧阳娜娜"}), ("单", {"单田芳"}), ("解", {"解晓东"}),
        ("zj", {"张静", "赵军", "周杰"}), ("zh", {"张静", "赵军", "周杰"}), ("平", {"平安"}), ("138", set()), ("王 138", set()),
    ],
)  # fmt: skip
def test_whose_name_begins_with_the_word_comes_first(
    company: Company, people: list[Contact], asked: str, first: set[str]
) -> None:
    (branch,) = look_up(company.administrator, Contact.objects.visible_to(company.administrator), asked).branches
    named = {one.pk: one.name for one in people}
    found = branch.page(40)
    assert {named[one.pk] for one in found if not one.is_behind} == first
    assert any(one.is_behind for one in found) or asked in ("欧", "单", "解", "zj", "zh")
