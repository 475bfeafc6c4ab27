"""What a user may do with people of a book or group: by standing, by grants, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.http import Http404
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Role
from hongyan.audiences import evaluating
from hongyan.audiences.conditions import Branch
from hongyan.contacts import books, grants, groups, people, reach
from hongyan.contacts.allowing import GIVES, STANDING, Allows, Doing
from hongyan.contacts.models import AddressBook, Contact, Grant, Group
from hongyan.contacts.people import Person
from hongyan.contacts.reach import Sight
from hongyan.messaging import recipients
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock
from tests.builders import Company, a_contact, a_group, a_user

pytestmark = pytest.mark.django_db
EVERYBODY = Branch("all", ())


class World:
    """A personal book of the head, whom nobody else sees without a grant: group Staff with East below it, and one in no group."""

    def __init__(self, company: Company) -> None:
        self.company, self.owner = company, company.sales_head
        self.salesperson = a_user("field", company.north, Role.SALESPERSON)
        self.book = AddressBook.objects.create(name="Dealers", kind=AddressBook.Kind.PERSONAL, owner=self.owner)
        self.alone = a_contact(self.book, "Alone", "+8613900000001")
        self.member = a_contact(self.book, "Member", "+8613900000002")
        self.eastern = a_contact(self.book, "Eastern", "+8613900000003")
        self.staff = a_group(self.book, "Staff", self.member)
        self.east = a_group(self.book, "East", self.eastern, parent=self.staff)
        self.other = a_group(self.book, "Other", self.alone)

    def give(self, target: AddressBook | Group, allows: str, **whom: Any) -> Grant:
        return grants.give(self.owner, target, allows, **(whom or {"to_user": self.salesperson}))


@pytest.fixture
def world(company: Company) -> World:
    return World(company)


def names(user: User, doing: Doing) -> set[str]:
    return set(Contact.objects.open_to(user, doing).values_list("name", flat=True))


@pytest.mark.parametrize("allows", Allows)
@pytest.mark.parametrize("doing", Doing)
def test_a_grant_gives_what_its_table_says_and_nothing_else(world: World, allows: Allows, doing: Doing) -> None:
    world.give(world.book, allows)
    opened = doing in GIVES[allows]
    assert names(world.salesperson, doing) == ({"Alone", "Member", "Eastern"} if opened else set())
    assert AddressBook.objects.open_to(world.salesperson, doing).exists() is opened
    assert Group.objects.open_to(world.salesperson, doing).count() == (3 if opened else 0)
    assert reach.of(world.salesperson).on_book(world.book.pk).allows(doing) is opened


@pytest.mark.parametrize("allows", Allows)
def test_one_on_a_group_holds_for_all_below_it_and_for_nobody_else(world: World, allows: Allows) -> None:
    world.give(world.staff, allows)
    for doing in Doing:
        assert names(world.salesperson, doing) == ({"Member", "Eastern"} if doing in GIVES[allows] else set())
    assert not AddressBook.objects.visible_to(world.salesperson).exists()
    assert set(Group.objects.visible_to(world.salesperson)) == {world.staff, world.east}
    assert [one.name for one in groups.granted_tops(world.salesperson, Doing.SEE_NAMES)] == ["Staff"]


@pytest.mark.parametrize(
    ("holder", "is_held"),
    [
        (lambda w: {"to_user": w.salesperson}, True),
        (lambda w: {"to_department": w.company.north}, True),
        (lambda w: {"to_department": w.company.sales}, True),
        (lambda w: {"to_department": w.company.finance}, False),
        (lambda w: {"to_role": Role.SALESPERSON}, True),
        (lambda w: {"to_role": Role.SENDER}, False),
        (lambda w: {"to_user": w.company.stranger}, False),
    ],
)
def test_it_is_held_by_the_user_the_department_with_all_below_or_the_role(
    world: World, holder: Callable[[World], dict[str, Any]], is_held: bool
) -> None:
    world.give(world.book, Allows.SEE, **holder(world))
    assert bool(names(world.salesperson, Doing.SEE_NAMES)) is is_held


def test_nobody_who_may_not_sign_in_holds_any(world: World) -> None:
    world.give(world.book, Allows.SEND)
    world.salesperson.is_active = False
    assert names(world.salesperson, Doing.SEE_NAMES) == set()


def test_it_ends_by_itself_and_is_asked_at_use(world: World) -> None:
    now = clock.now()
    with clock.stopped_at(now):
        found = world.give(world.book, Allows.SEND, to_user=world.salesperson, expires_at=now + timedelta(hours=1))
        assert names(world.salesperson, Doing.SEND)
        assert not found.has_ended
    with clock.stopped_at(now + timedelta(hours=1)):
        assert not names(world.salesperson, Doing.SEND)
        assert found.has_ended
        assert reach.of(world.salesperson).books == {}
        grants.change(world.owner, found.pk, Allows.SEND, None)
        assert names(world.salesperson, Doing.SEND)


class TestNumbers:
    def test_the_most_permissive_way_counts_for_each_persons_row(self, world: World) -> None:
        world.give(world.book, Allows.SEND_UNSEEN)
        world.give(world.staff, Allows.SEE_MASKED)
        world.give(world.east, Allows.SEE)
        found = reach.sights(world.salesperson, [world.alone, world.member, world.eastern])
        assert found == {
            world.alone.pk: Sight.HIDDEN, world.member.pk: Sight.MASKED, world.eastern.pk: Sight.AS_ROLE
        }  # fmt: skip
        assert reach.hides_numbers(world.salesperson, world.alone)
        assert not reach.hides_numbers(world.salesperson, world.member)
        assert names(world.salesperson, Doing.SEE_NUMBERS) == {"Eastern"}

    def test_a_book_that_is_open_by_standing_hides_nothing_whatever_is_granted(self, company: Company) -> None:
        person = a_contact(company.book, "Known", "+8613900000009")
        grants.give(company.administrator, company.book, Allows.SEND_UNSEEN, to_user=company.sender)
        assert reach.sights(company.sender, [person])[person.pk] is Sight.AS_ROLE

    def test_who_holds_nothing_sees_nothing(self, world: World) -> None:
        assert reach.sights(world.salesperson, [world.alone])[world.alone.pk] is Sight.NOTHING

    def test_hidden_people_are_not_copied_to_where_they_would_be_seen(self, world: World) -> None:
        world.give(world.book, Allows.SEND_UNSEEN, to_user=world.company.sender)
        world.give(world.other, Allows.EDIT, to_user=world.company.sender)
        own = AddressBook.objects.create(name="Own", kind=AddressBook.Kind.PERSONAL, owner=world.company.sender)
        everybody = Contact.objects.filter(book=world.book)
        assert people.copy_to_book(world.company.sender, everybody, own) == 1
        assert [one.name for one in own.contacts.all()] == ["Alone"]
        assert people.add_to_group(world.company.sender, everybody, world.other) == 0

    def test_a_typed_number_does_not_tell_the_name_of_somebody_hidden(self, world: World) -> None:
        typed = Selection(numbers=(world.alone.number,))
        grant = world.give(world.book, Allows.SEND_UNSEEN)
        assert [one.name for chunk in recipients.stream(world.salesperson, typed, by_row=False) for one in chunk] == [
            ""
        ]
        grants.change(world.owner, grant.pk, Allows.SEND, None)
        assert [one.name for chunk in recipients.stream(world.salesperson, typed, by_row=False) for one in chunk] == [
            "Alone"
        ]


class TestSending:
    def numbers(self, user: User, selection: Selection) -> list[str]:
        return [one.name for chunk in recipients.stream(user, selection, by_row=False) for one in chunk]

    def test_goes_to_whom_one_was_let_send(self, world: World) -> None:
        user = world.salesperson
        everything = Selection(
            book_ids=(world.book.pk,), group_ids=(world.staff.pk, world.other.pk), contact_ids=(world.alone.pk,)
        )
        assert self.numbers(user, everything) == []
        seeing = world.give(world.book, Allows.SEE)
        assert self.numbers(user, everything) == []
        world.give(world.staff, Allows.SEND_UNSEEN)
        assert self.numbers(user, everything) == ["Member", "Eastern"]
        grants.change(world.owner, seeing.pk, Allows.SEND, None)
        assert self.numbers(user, everything) == ["Alone", "Member", "Eastern"]

    def test_an_audience_is_among_whom_one_may_write_to(self, world: World) -> None:
        user, now = world.company.stranger, clock.now()
        before = evaluating.count(user, EVERYBODY, now)
        seeing = world.give(world.book, Allows.SEE, to_user=user)
        assert evaluating.count(user, EVERYBODY, now) == before
        world.give(world.staff, Allows.SEND_UNSEEN, to_user=user)
        assert evaluating.count(user, EVERYBODY, now) == before + 2
        assert {one.name for one in evaluating.sample(user, EVERYBODY, now)} >= {"Member", "Eastern"}
        grants.change(world.owner, seeing.pk, Allows.SEND, None)
        assert evaluating.count(user, EVERYBODY, now) == before + 3


class TestChanging:
    def test_who_may_edit_one_group_changes_its_people_and_puts_new_ones_into_it(self, world: World) -> None:
        user = world.company.viewer
        world.give(world.staff, Allows.EDIT, to_user=user)
        people.change(user, world.eastern, Person("Far East", world.eastern.number))
        made = people.create(user, world.book, Person("New", "13900000010"), [world.east])
        assert list(made.groups.all()) == [world.east]
        for refused in (
            lambda: people.change(user, world.alone, Person("Nobody", world.alone.number)),
            lambda: people.create(user, world.book, Person("New", "13900000011")),
            lambda: people.create(user, world.book, Person("New", "13900000011"), [world.other]),
            lambda: groups.create_group(user, world.book, "Top"),
            lambda: groups.move_group(user, world.east, None),
            lambda: groups.move_group(user, world.east, world.other),
            lambda: books.rename_book(user, world.book, "Mine"),
            lambda: books.delete_book(user, world.book),
        ):
            with pytest.raises(Http404):
                refused()

    def test_groups_that_one_may_not_change_keep_a_person_and_do_not_get_one(self, world: World) -> None:
        user = world.company.viewer
        world.give(world.staff, Allows.EDIT, to_user=user)
        world.other.contacts.add(world.member)
        people.change(user, world.member, Person("Member", world.member.number), [world.east])
        assert set(world.member.groups.all()) == {world.other, world.east}
        people.change(user, world.eastern, Person("Eastern", world.eastern.number), [world.east, world.other])
        assert set(world.eastern.groups.all()) == {world.east}

    def test_a_file_holds_only_whom_one_was_let_take_away(self, world: World) -> None:
        user = world.company.stranger
        world.give(world.book, Allows.SEND, to_user=user)
        world.give(world.east, Allows.EXPORT, to_user=user)
        _headings, rows = people.sheet(user, Contact.objects.filter(book=world.book))
        assert [row[0] for row in rows] == ["Eastern"]


class TestGiving:
    def test_only_who_rules_the_book_gives_and_nobody_gives_themselves_more(self, world: World) -> None:
        grant = world.give(world.book, Allows.EDIT)
        for user in (world.salesperson, world.company.administrator, world.company.sender):
            with pytest.raises(Http404):
                grants.give(user, world.book, Allows.EXPORT, to_user=user)
            with pytest.raises(Http404):
                grants.give(user, world.staff, Allows.EXPORT, to_user=user)
            with pytest.raises(Http404):
                grants.change(user, grant.pk, Allows.EXPORT, None)
            with pytest.raises(Http404):
                grants.withdraw(user, grant.pk)

    def test_is_refused_in_words(self, world: World) -> None:
        world.give(world.book, Allows.SEE)
        gone = a_user("gone", world.company.north, is_active=False)
        for code, facts in {
            "granted_already": {"allows": Allows.SEE, "to_user": world.salesperson},
            "nobody_named": {"allows": Allows.SEE},
            "not_active": {"allows": Allows.SEE, "to_user": gone},
            "no_level": {"allows": "rule", "to_user": world.salesperson},
            "over_already": {"allows": Allows.SEND, "to_user": world.salesperson, "expires_at": clock.now()},
        }.items():
            with pytest.raises(Refused) as told:
                grants.give(world.owner, world.book, **facts)
            assert told.value.code == code

    def test_every_step_is_audited_without_a_number(self, world: World) -> None:
        grant = world.give(world.book, Allows.SEE)
        grants.change(world.owner, grant.pk, Allows.SEND, clock.now() + timedelta(days=1))
        grants.withdraw(world.owner, grant.pk)
        found = AuditEntry.objects.filter(action__startswith="people_grant.").order_by("pk")
        assert [one.action for one in found] == [
            "people_grant.given", "people_grant.changed", "people_grant.withdrawn"
        ]  # fmt: skip
        assert found[1].detail["changes"]["allows"] == ["see", "send"]
        assert not names(world.salesperson, Doing.SEE_NAMES)

    def test_the_database_keeps_a_grant_to_one_target_and_one_holder(self, world: World) -> None:
        facts = {"allows": "see", "given_by": world.owner}
        for wrong in (
            {"book": world.book, "group": world.staff, "user": world.owner},
            {"user": world.owner},
            {"book": world.book},
            {"book": world.book, "user": world.owner, "role": "viewer"},
            {"book": world.book, "user": world.owner, "allows": "everything"},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                Grant.objects.create(**facts | wrong)


ROLES = st.sampled_from(list(Role))
STEP = st.tuples(
    st.sampled_from(["book", "staff", "east", "other", "company"]),
    st.sampled_from(list(Allows)),
    st.sampled_from(["user", "department", "above", "elsewhere", "role", "other_role"]),
    st.sampled_from([None, -1, 1]),
    st.booleans(),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(role=ROLES, steps=st.lists(STEP, max_size=6))
def test_no_sequence_of_grants_lets_anybody_do_what_neither_role_nor_grant_says(
    company: Company, role: Role, steps: list[tuple[str, Allows, str, int | None, bool]]
) -> None:
    """Against a model that walks each grant by hand; and both roads, the querysets and what is explained, agree."""
    now = clock.now()
    with transaction.atomic(), clock.stopped_at(now):
        world, user = World(company), a_user("any", company.north, role)
        known = a_contact(company.book, "Known", "+8613900000004")
        within = {
            "book": {world.alone, world.member, world.eastern}, "staff": {world.member, world.eastern},
            "east": {world.eastern}, "other": {world.alone}, "company": {known},
        }  # fmt: skip
        targets = {
            "book": world.book, "staff": world.staff, "east": world.east, "other": world.other, "company": company.book
        }  # fmt: skip
        other_role = next(one for one in Role if one is not role)
        holders: dict[str, dict[str, Any]] = {
            "user": {"user": user}, "department": {"department": company.north}, "above": {"department": company.sales},
            "elsewhere": {"department": company.finance}, "role": {"role": role}, "other_role": {"role": other_role},
        }  # fmt: skip
        expected: dict[tuple[Contact, Doing], bool] = {}
        if AddressBook.objects.standing_open_to(user).filter(pk=company.book.pk).exists():
            expected |= {(known, doing): True for doing in STANDING}
        if role is Role.ADMINISTRATOR:
            expected[known, Doing.EDIT] = True
        for name, allows, holder, hours, is_withdrawn in steps:
            on = {"book" if isinstance(targets[name], AddressBook) else "group": targets[name]}
            facts = {**on, **holders[holder], "allows": allows}
            if Grant.objects.filter(**facts).exists():
                continue
            grant = Grant.objects.create(
                **facts, given_by=world.owner, expires_at=now + timedelta(hours=hours) if hours else None
            )
            if is_withdrawn:
                grant.delete()
            elif hours != -1 and holder in ("user", "department", "above", "role"):
                expected |= {(one, doing): True for one in within[name] for doing in GIVES[allows]}
        everybody = [world.alone, world.member, world.eastern, known]
        explained = reach.of(user).on_people(everybody)
        for doing in Doing:
            opened = set(Contact.objects.filter(pk__in=[one.pk for one in everybody]).open_to(user, doing))
            assert opened == {one for one in everybody if expected.get((one, doing))}
            assert opened == {one for one in everybody if explained[one.pk].allows(doing)}
        transaction.set_rollback(True)
