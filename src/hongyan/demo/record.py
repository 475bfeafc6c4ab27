"""What else is known of the demonstration's people: further numbers, birthdays by sun and moon, former names, relations."""

from __future__ import annotations

from itertools import count, pairwise
from random import Random

from hongyan.contacts.birthdays import Birthday, Calendar
from hongyan.contacts.models import Contact, NumberKind, NumberState, Phone, Relation
from hongyan.contacts.names import search_text
from hongyan.contacts.phones import search_further
from hongyan.demo.people import GIVEN, RANGES

FIRST_SERIAL = 9000
"""Of further numbers, behind those that people are written to at."""
FAMILIES = 60


def prepare(staff: list[Contact], customers: list[Contact]) -> None:
    """Drawn by a randomness of its own, so that everything else stays as it was."""
    random, serial = Random(20260107), count(FIRST_SERIAL)
    phones: list[Phone] = []
    # Customers have a column for it, from the company's own files.
    for one in random.sample(staff, len(staff) // 2):
        birthday = _birthday(random)
        one.birthday, one.birth_year = birthday.key, birthday.year
    for one in random.sample(staff, 60):
        kind = random.choice((NumberKind.WORK, NumberKind.HOME, NumberKind.OTHER))
        state = random.choice((NumberState.IN_USE, NumberState.IN_USE, NumberState.FORMER, NumberState.DEAD))
        phones.append(
            Phone(contact=one, number=f"+86{random.choice(RANGES)}0010{next(serial):04d}", kind=kind, state=state)
        )
    for one in random.sample(staff, 8):
        one.former_names = one.name[0] + random.choice([name for name in GIVEN if name != one.name[1:]])
    Phone.objects.bulk_create(phones)
    numbers = {one.pk: [phone.number for phone in phones if phone.contact_id == one.pk] for one in staff}
    for one in staff:
        one.search_further = search_further(one.former_names, numbers.get(one.pk, []))
        one.search = search_text(one.name, one.number, one.company) + one.search_further
    Contact.objects.bulk_update(
        staff, ["birthday", "birth_year", "former_names", "search_further", "search"], batch_size=500,
    )  # fmt: skip
    Relation.objects.bulk_create(_relations(random, staff, customers), ignore_conflicts=True)


def _birthday(random: Random) -> Birthday:
    """Two in five keep the lunar calendar, as their parents did."""
    calendar = random.choice((Calendar.SOLAR,) * 3 + (Calendar.LUNAR,) * 2)
    return Birthday(random.randint(1, 12), random.randint(1, 28), random.randint(1962, 2003), calendar)


def _relations(random: Random, staff: list[Contact], customers: list[Contact]) -> list[Relation]:
    """Each department's manager is the others' superior; parents and children among the customers bear one surname."""
    found = []
    for department in dict.fromkeys(one.company for one in staff):
        people = [one for one in staff if one.company == department]
        head = next((one for one in people if one.title == "经理"), None)
        if head is not None:
            found += [
                Relation(person=one, kind=Relation.Kind.WORKS_FOR, other=head) for one in people[:12] if one is not head
            ]
    families = sorted(random.sample(customers, 400), key=lambda one: one.name[0])
    pairs = [(one, other) for one, other in pairwise(families) if one.name[0] == other.name[0]]
    found += [
        Relation(person=one, kind=Relation.Kind.GUARDIAN, other=other) for one, other in pairs[: 2 * FAMILIES : 2]
    ]
    found += [Relation(person=one, kind=Relation.Kind.COLLEAGUE, other=other) for one, other in pairwise(staff[:10])]
    return found
