"""Before something goes that is needed, the page says who needs it; and looks again when the button is pressed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hongyan.accounts import departments
from hongyan.accounts.models import Department
from hongyan.accounts.rights import Role
from hongyan.carriers import removing, roads
from hongyan.dispatch.models import Channel, NumberRange, Outage, Route
from hongyan.doors.models import Door
from hongyan.messaging import submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from tests.builders import Company
from tests.console.confirming import shown
from tests.messaging.waiting import MOBILE, UNICOM, another_channel, planned

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, company: Company) -> Client:
    client.force_login(company.administrator)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def scheduled(company: Company, title: str = "Fest", **facts: Any) -> Submission:
    request = Request(
        text="通知", title=title, selection=Selection(numbers=MOBILE[:1]),
        scheduled_at=timezone.now() + timedelta(hours=1), **facts,
    )  # fmt: skip
    return submissions.submit(company.sender, request)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_where_what_waits_on_a_channel_would_go_is_said_as_failover_would_do_it(company: Company) -> None:
    planned(company, MOBILE + UNICOM)
    another_channel("Second", carriers=("mobile",))
    down = another_channel("Down", carriers=("unicom",))
    Outage.objects.create(channel=down, since=timezone.now() - timedelta(days=1))
    left = removing.leaving(company.channel)
    assert (left.waiting, left.looked_at, left.places, left.nowhere) == (5, 5, [("Second", 3)], 2)
    assert [one.words for one in left.routes] == ["All"]


def test_a_channel_is_removed_only_after_what_waits_was_seen_as_it_is(admin: Client, company: Company) -> None:
    path = reverse("console:channel_remove", args=[company.channel.pk])
    empty = shown(text(admin.get(path)))
    planned(company)
    waiting = scheduled(company)
    answer = admin.post(path, {"shown": empty})
    assert Channel.objects.get(pk=company.channel.pk).removed_at is None
    page = text(answer)
    assert "3 messages are waiting on it" in page
    assert reverse("console:submission", args=[waiting.pk]) in page
    assert reverse("console:route", args=[Route.objects.get().pk]) in page
    admin.post(path, {"shown": shown(page)})
    assert Channel.objects.get(pk=company.channel.pk).removed_at is not None


def test_switching_off_asks_like_removing_and_switching_on_does_not(admin: Client, company: Company) -> None:
    path = reverse("console:channel_switch", args=[company.channel.pk])
    planned(company)
    page = text(admin.post(path))
    assert Channel.objects.get(pk=company.channel.pk).is_enabled
    admin.post(path, {"shown": shown(page)})
    assert not Channel.objects.get(pk=company.channel.pk).is_enabled
    admin.post(path)
    assert Channel.objects.get(pk=company.channel.pk).is_enabled


def test_a_scheduled_submission_with_another_road_does_not_need_the_channel(company: Company) -> None:
    scheduled(company)
    another_channel("Second")
    assert not removing.leaving(company.channel).needs


def test_a_service_number_that_a_door_or_a_waiting_text_uses_is_changed_knowingly(
    admin: Client, company: Company
) -> None:
    planned(company)
    door = Door.objects.create(name="Shop", login="100001", user=company.sender, sources=["1069000155"])
    path = reverse("console:channel_edit", args=[company.channel.pk])
    facts = {
        "name": "Mobile", "protocol": "cmpp20", "host": "127.0.0.1", "port": "7890", "login": "901234",
        "service_number": "10690002", "price": "0.05", "speed_per_s": "100", "window_size": "16", "connections": "1",
        "numbers_per_submit": "1",
    }  # fmt: skip
    page = text(admin.post(path, facts))
    assert Channel.objects.get(pk=company.channel.pk).service_number == "10690001"
    assert reverse("console:door", args=[door.pk]) in page
    assert "3 waiting messages will still be sent" in page
    admin.post(path, facts | {"shown": shown(page)})
    assert Channel.objects.get(pk=company.channel.pk).service_number == "10690002"


def test_a_department_that_a_route_or_a_scheduled_text_names_stays_and_the_page_links_to_it(
    admin: Client, company: Company
) -> None:
    route = Route.objects.create(name="Mine", channel=company.channel, department_ids=[company.finance.pk])
    company.stranger.department = company.root
    company.stranger.save()
    path = reverse("console:department", args=[company.finance.pk])
    assert reverse("console:route", args=[route.pk]) in text(admin.get(path))
    assert "Mine" in text(admin.post(path, {"act": "remove"}, follow=True))
    assert Department.objects.filter(pk=company.finance.pk).exists()
    route.delete()
    admin.post(path, {"act": "remove"})
    assert not Department.objects.filter(pk=company.finance.pk).exists()


@pytest.mark.parametrize("change", ["locked", "viewer"])
def test_a_user_whose_scheduled_texts_or_doors_would_stop_is_changed_knowingly(
    admin: Client, company: Company, change: str
) -> None:
    waiting = scheduled(company)
    door = Door.objects.create(name="Shop", login="100001", user=company.sender)
    user = company.sender
    facts: dict[str, Any] = {
        "username": user.username, "name": user.name, "department": user.department_id,
        "role": Role.VIEWER if change == "viewer" else user.role, "may_send_to_groups": "on",
    }  # fmt: skip
    if change == "viewer":
        facts["is_active"] = "on"
    path = reverse("console:user", args=[user.pk])
    page = text(admin.post(path, facts))
    user.refresh_from_db()
    assert (user.is_active, user.role) == (True, Role.SENDER)
    assert reverse("console:submission", args=[waiting.pk]) in page
    assert reverse("console:door", args=[door.pk]) in page
    # Something more was planned meanwhile: asked again.
    scheduled(company, "Later")
    page = text(admin.post(path, facts | {"shown": shown(page)}))
    assert "Later" in page
    admin.post(path, facts | {"shown": shown(page)})
    user.refresh_from_db()
    assert (user.is_active, user.role) != (True, Role.SENDER)


def test_a_change_that_stops_nothing_is_not_asked(admin: Client, company: Company) -> None:
    scheduled(company)
    user = company.sender
    admin.post(
        reverse("console:user", args=[user.pk]),
        {"username": user.username, "name": "Other", "department": user.department_id, "role": user.role,
         "is_active": "on", "may_send_to_groups": "on"},
    )  # fmt: skip
    user.refresh_from_db()
    assert user.name == "Other"


def test_a_department_with_a_book_names_it(company: Company) -> None:
    from hongyan.accounts.errors import Refused
    from hongyan.contacts.models import AddressBook

    spare = departments.create("Spare", company.root)
    AddressBook.objects.create(name="Spare people", kind=AddressBook.Kind.DEPARTMENT, department=spare)
    with pytest.raises(Refused, match="Spare people"):
        departments.remove(company.administrator, spare)


def test_the_only_route_of_a_scheduled_submission_is_removed_only_after_that_was_seen(
    admin: Client, company: Company
) -> None:
    route = Route.objects.get()
    path = reverse("console:route_remove", args=[route.pk])
    empty = shown(text(admin.get(path)))
    waiting = scheduled(company)
    page = text(admin.post(path, {"shown": empty}))
    assert Route.objects.filter(pk=route.pk).exists()
    assert reverse("console:submission", args=[waiting.pk]) in page
    admin.post(path, {"shown": shown(page)})
    assert not Route.objects.filter(pk=route.pk).exists()


def test_a_route_beside_another_to_the_same_channel_is_not_needed_but_for_its_own_prefixes(company: Company) -> None:
    every = Route.objects.get()
    scheduled(company)
    narrow = Route.objects.create(name="139", channel=company.channel, position=9, prefixes=["139"])
    assert not roads.without_route(narrow).needs
    assert roads.without_route(every).needs
    every.prefixes = ["138"]
    every.save()
    assert [carriers for _need, carriers in roads.without_route(narrow).needs] == ["中国移动"]


def test_switching_a_route_off_or_narrowing_it_says_who_needs_it_and_what_goes_another_way(
    admin: Client, company: Company
) -> None:
    route = Route.objects.get()
    spare = another_channel("Spare", position=900, carriers=("unicom",))
    waiting = scheduled(company)
    path = reverse("console:route", args=[route.pk])
    facts = {"name": route.name, "position": route.position, "channel": company.channel.pk, "weight": "1"}
    page = text(admin.post(path, facts))
    assert reverse("console:submission", args=[waiting.pk]) in page
    assert f"China Unicom: {company.channel.name} → {spare.name}" in " ".join(page.split())
    assert Route.objects.get(pk=route.pk).is_enabled
    # Kept on, but no more for the number that waits.
    narrowed = text(admin.post(path, facts | {"is_enabled": "on", "carriers": ["telecom"]}))
    assert shown(narrowed) not in ("", shown(page))
    assert Route.objects.get(pk=route.pk).carriers == []
    admin.post(path, facts | {"shown": shown(page)})
    assert not Route.objects.get(pk=route.pk).is_enabled


def test_a_route_that_nobody_misses_is_changed_at_once(admin: Client, company: Company) -> None:
    another_channel("Beside", position=Route.objects.get().position + 1)
    spare = Route.objects.get(channel__name="Beside")
    facts = {"name": "Beside", "position": spare.position, "channel": spare.channel_id, "weight": "1"}
    assert admin.post(reverse("console:route", args=[spare.pk]), facts).status_code == 302
    assert not Route.objects.get(pk=spare.pk).is_enabled


def test_a_correction_of_the_ranges_is_removed_after_its_effect_was_seen(admin: Client, company: Company) -> None:
    Route.objects.update(carriers=["unicom"])
    NumberRange.objects.create(prefix="138", carrier="unicom", noted_at=timezone.now())
    waiting = scheduled(company)
    path = reverse("console:number_range_remove", args=["138"])
    page = text(admin.get(path))
    assert "Numbers that begin with 138" in page
    assert reverse("console:submission", args=[waiting.pk]) in page
    admin.post(path, {"shown": "other"})
    assert NumberRange.objects.exists()
    admin.post(path, {"shown": shown(page)})
    assert not NumberRange.objects.exists()
    assert admin.get(path).status_code == 404
