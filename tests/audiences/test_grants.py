"""Audiences that others are let see, write to or change: by whom, until when, and over which people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import Http404

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, User
from hongyan.accounts.rights import Role
from hongyan.audiences import grants, keeping
from hongyan.audiences.keeping import Facts
from hongyan.audiences.models import Allows, Audience, Grant
from hongyan.messaging import of_audiences
from hongyan.runtime import clock
from tests.audiences.people import Shop, a_shop, all_of, test_of, who
from tests.builders import Company

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(company: Company) -> Shop:
    return a_shop(company)


@pytest.fixture
def gold(shop: Shop) -> Audience:
    """The sender's own; wang, zhao and, whom only the sender has, sun."""
    return keeping.create(shop.company.sender, Facts("Gold", all_of(test_of(shop.keys["等级"], "equals", "金卡"))))


def levels(user: User, audience: Audience) -> list[str]:
    """What the user may: see it, write to it, change it."""
    found = Audience.objects
    asked = {"see": found.visible_to(user), "send": found.sendable_by(user), "edit": found.changeable_by(user)}
    return [name for name, some in asked.items() if some.contains(audience)]


@pytest.mark.parametrize(
    ("allows", "may"), [("see", ["see"]), ("send", ["see", "send"]), ("edit", ["see", "send", "edit"])]
)
def test_each_gives_what_it_says_and_what_stands_below_it(
    company: Company, gold: Audience, allows: str, may: list[str]
) -> None:
    stranger = company.stranger
    assert levels(stranger, gold) == []
    given = grants.give(company.sender, gold, allows, to_user=stranger)
    assert levels(stranger, gold) == may
    assert [way.grant for way in grants.ways(stranger, gold)] == [given]
    grants.withdraw(company.sender, gold, given.pk)
    assert levels(stranger, gold) == []


def test_is_given_to_departments_with_all_below_and_to_roles(company: Company, gold: Audience) -> None:
    grants.give(company.sender, gold, Allows.SEE, to_role=Role.VIEWER)
    assert levels(company.viewer, gold) == ["see"]
    assert levels(company.stranger, gold) == []
    grants.give(company.sender, gold, Allows.SEND, to_department=company.stranger.department)
    assert levels(company.stranger, gold) == ["see", "send"]


def test_ends_at_its_time(company: Company, gold: Audience) -> None:
    now = clock.now()
    given = grants.give(company.sender, gold, Allows.SEND, to_user=company.stranger, expires_at=now + timedelta(days=2))
    with clock.stopped_at(now + timedelta(days=2)):
        assert levels(company.stranger, gold) == []
        assert grants.ways(company.stranger, gold) == []
        assert given.has_ended
        # Whoever may give it renews it, and sees it until then.
        assert list(grants.on(gold)) == [given]
        grants.change(company.sender, gold, given.pk, Allows.SEE, None)
        assert levels(company.stranger, gold) == ["see"]


def test_opens_no_people_that_were_closed(shop: Shop, gold: Audience) -> None:
    company = shop.company
    grants.give(company.sender, gold, Allows.SEND, to_user=company.stranger)
    assert who(shop, company.sender, gold) == {"wang", "zhao", "sun"}
    assert who(shop, company.stranger, gold) == {"wang", "zhao"}


def test_who_may_only_see_it_or_only_until_then_cannot_send_to_it(company: Company, gold: Audience) -> None:
    now, stranger = clock.now(), company.stranger
    given = grants.give(company.sender, gold, Allows.SEE, to_user=stranger)
    assert of_audiences.unusable(stranger, [gold.pk])
    grants.change(company.sender, gold, given.pk, Allows.SEND, now + timedelta(days=2))
    assert of_audiences.unusable(stranger, [gold.pk]) == ""
    assert of_audiences.unusable(stranger, [gold.pk], now + timedelta(days=1)) == ""
    assert "Gold" in of_audiences.unusable(stranger, [gold.pk], now + timedelta(days=3))
    with clock.stopped_at(now + timedelta(days=3)):
        assert of_audiences.unusable(stranger, [gold.pk])
        assert of_audiences.unusable(company.sender, [gold.pk]) == ""


def test_who_was_let_change_it_changes_what_it_asks_and_nothing_about_who_has_it(
    shop: Shop, company: Company, gold: Audience
) -> None:
    stranger = company.stranger
    grants.give(company.sender, gold, Allows.EDIT, to_user=stranger)
    beijing = all_of(test_of(shop.keys["城市"], "equals", "北京"))
    changed = keeping.change(stranger, gold, Facts("Gold", beijing), seen=1)
    assert (changed.version, changed.versions.first().by) == (2, stranger)  # type: ignore[union-attr]
    with pytest.raises(Refused):
        keeping.change(stranger, gold, Facts("Gold", beijing, sharing="department"))
    for forbidden in (
        lambda: keeping.delete(stranger, gold),
        lambda: grants.give(stranger, gold, Allows.EDIT, to_role=Role.SENDER),
        lambda: grants.withdraw(stranger, gold, Grant.objects.get().pk),
    ):
        with pytest.raises(Http404):
            forbidden()
    assert Audience.objects.get().sharing == "own"


def test_what_cannot_be_given_is_refused_and_nothing_is_kept(company: Company, gold: Audience) -> None:
    sender, past = company.sender, clock.now() - timedelta(minutes=1)
    grants.give(sender, gold, Allows.SEE, to_user=company.stranger)
    for code, refused in (
        ("granted_already", lambda: grants.give(sender, gold, Allows.SEND, to_user=company.stranger)),
        ("nobody_named", lambda: grants.give(sender, gold, Allows.SEE)),
        ("nobody_named", lambda: grants.give(sender, gold, Allows.SEE, to_role="king")),
        ("no_level", lambda: grants.give(sender, gold, "own", to_role=Role.VIEWER)),
        ("over_already", lambda: grants.give(sender, gold, Allows.SEE, to_role=Role.VIEWER, expires_at=past)),
    ):
        with pytest.raises(Refused) as error:
            refused()
        assert error.value.code == code
    assert Grant.objects.count() == 1
    assert AuditEntry.objects.filter(action="audience_grant.given").count() == 1
    # One audience's grant is not found by way of another.
    other = keeping.create(sender, Facts("Other", all_of(test_of("person.name", "filled"))))
    with pytest.raises(Http404):
        grants.withdraw(sender, other, Grant.objects.get().pk)
