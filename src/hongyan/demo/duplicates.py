"""Cards collected at a fair: some of the people stand in the company's books already, and some numbers were mistyped."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from hongyan.accounts.models import Department, User
from hongyan.contacts.models import AddressBook, Contact
from hongyan.contacts.names import search_text, sort_key
from hongyan.duplicates import finding, merging
from hongyan.duplicates.models import Pair
from hongyan.runtime import clock

FIRMS = "东海电器|恒丰家电城|四季青商贸|宏图百货|佳和装饰|瑞景酒店".split("|")
CLEAR, RENAMED, MISTYPED, TWO_NUMBERS = 6, 2, 4, 3


def write(
    random: Random, root: Department, staff: Sequence[Contact], customers: Sequence[Contact], users: dict[str, User]
) -> None:
    """The marketing department's book of cards, the pairs that it makes, one merge done."""
    book = AddressBook.objects.create(
        name="展会名片", kind=AddressBook.Kind.DEPARTMENT, department=users["shichang"].department
    )
    known = random.sample([one for one in customers if one.number.startswith("+861")], CLEAR + RENAMED + MISTYPED)
    cards = [_card(book, one.name, one.number) for one in known[:CLEAR]]
    cards += [_card(book, f"{one.name[0]}{one.title}", one.number) for one in known[CLEAR : CLEAR + RENAMED]]
    cards += [_card(book, one.name, _mistyped(random, one.number)) for one in known[CLEAR + RENAMED :]]
    for firm in FIRMS[:TWO_NUMBERS]:
        name = random.choice(known).name
        cards += [
            _card(book, name, f"+86{random.choice(('139', '186', '189'))}0013{random.randint(0, 9999):04d}", firm)
            for _ in "12"
        ]
    Contact.objects.bulk_create(cards)
    finding.look(clock.now())
    clear = Pair.objects.filter(is_clear=True).first()
    if clear is not None:
        merging.merge(users["admin"], clear)


def _card(book: AddressBook, name: str, number: str, company: str = "") -> Contact:
    return Contact(
        book=book,
        name=name,
        number=number,
        company=company,
        pinyin=sort_key(name),
        search=search_text(name, number, company),
    )


def _mistyped(random: Random, number: str) -> str:
    """Two neighbours of the last digits exchanged, or one of them wrong."""
    place = random.randint(8, len(number) - 2)
    a, b = number[place], number[place + 1]
    return number[:place] + (b + a if a != b else f"{(int(a) + 1) % 10}{b}") + number[place + 2 :]
