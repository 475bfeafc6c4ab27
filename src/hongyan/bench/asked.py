"""Pages of people, audiences and tables, asked for as a browser does."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hongyan.bench.figures import PeopleFigures

if TYPE_CHECKING:
    import httpx


@contextmanager
def client(port: int) -> Iterator[httpx.Client]:
    """A browser in which the demonstration's administrator is signed in."""
    import httpx
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from hongyan.accounts.models import User

    user, session = User.objects.get(username="admin"), SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    cookies = {"sessionid": str(session.session_key)}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies=cookies, timeout=300) as made:
        yield made


def measure(pages: httpx.Client, asks: int, figures: PeopleFigures) -> None:
    searches = _searches()
    found = {name: _times(pages, asks, address) for name, address in searches.items()}
    figures.search_p95_ms = _p95([one for some in found.values() for one in some])
    figures.beside["search_slowest"] = _slowest(found)
    book = _times(pages, asks, f"/people/?book={_staff()}")
    figures.book_ms = round(statistics.median(book), 1)
    found = {name: _times(pages, asks, address) for name, address in _table_pages().items()}
    figures.table_p95_ms = _p95([one for some in found.values() for one in some])
    figures.beside["table_slowest"] = _slowest(found)
    counts, samples = {}, {}
    for name, form in _audiences(pages).items():
        counts[name] = _times(pages, asks, "/people/audiences/count/", form)
        samples[name] = _times(pages, asks, "/people/audiences/sample/", form)
    figures.audience_count_p95_ms = _p95([one for some in counts.values() for one in some])
    figures.audience_sample_p95_ms = _p95([one for some in samples.values() for one in some])
    figures.beside["audience_slowest"] = _slowest(counts)
    bare = _times(pages, asks, "/static/console/icons.txt")
    figures.beside["bare_file_ms"] = round(statistics.median(bare), 1)


def _times(pages: httpx.Client, asks: int, address: str, form: dict[str, Any] | None = None) -> list[float]:
    """Milliseconds of each asking but the first, which a process pays once."""
    took = []
    for nth in range(asks + 1):
        began = time.perf_counter()
        answer = pages.get(address) if form is None else pages.post(address, data=form)
        spent = (time.perf_counter() - began) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
        if nth:
            took.append(spent)
    return took


def _p95(took: list[float]) -> float:
    return round(sorted(took)[min(len(took) - 1, int(len(took) * 0.95))], 1)


def _slowest(found: dict[str, list[float]]) -> dict[str, float]:
    """The three that take longest, by their middles."""
    middles = {name: round(statistics.median(took), 1) for name, took in found.items()}
    return dict(sorted(middles.items(), key=lambda one: -one[1])[:3])


def _staff() -> int:
    from hongyan.contacts.models import AddressBook

    return AddressBook.objects.get(name="集团通讯录").pk


def _searches() -> dict[str, str]:
    """What somebody types who looks for a person, of several people of the book."""
    from hongyan.contacts.models import Contact
    from hongyan.contacts.names import readings

    found = {}
    everybody = Contact.objects.filter(book__name="全国会员").order_by("pk")
    for place in (3, everybody.count() // 2, everybody.count() - 3):
        person = everybody[place]
        pinyin, initials = readings(person.name)
        for what, words in (
            ("name", person.name), ("surname", person.name[0]), ("pinyin", pinyin), ("initials", initials), ("last four", person.number[-4:]),
            ("number part", person.number[5:11]), ("number", person.number[3:]), ("name and digits", f"{person.name} {person.number[-4:]}"),
        ):  # fmt: skip
            found[f"{what} {place}"] = f"/people/?q={words}"
    return found | {"nobody": "/people/?q=zzzzqqq"}


def _table_pages() -> dict[str, str]:
    """Sorted either way by each column, filtered by each, and both."""
    from hongyan.datasets import finding
    from hongyan.datasets.models import Row, Table
    from hongyan.fields import OPERATORS, Kind

    table = Table.objects.get(name="门店销售流水")
    row = Row.objects.of(table).order_by("pk")[finding.PAGE]
    base, found = f"/people/tables/{table.pk}/", {"all": f"/people/tables/{table.pk}/"}
    date = table.fields.get(kind_code=Kind.DATE)
    for one in table.fields.all():
        if one.kind not in (Kind.CHOICES, Kind.LONG_TEXT):
            found[f"{one.name} up"] = f"{base}?sort={one.pk}"
            found[f"{one.name} down"] = f"{base}?sort=-{one.pk}"
        value = row.data.get(one.key)
        text = "1" if value is True else str(value[0] if isinstance(value, list) else value or "").removeprefix("+86")
        test = f"field={one.pk}&op={OPERATORS[one.kind][0]}&value={quote(text)}&value2="
        found[f"{one.name} filtered"] = f"{base}?{test}"
        found[f"{one.name} filtered, by date"] = f"{base}?{test}&sort=-{date.pk}"
    return found


def _audiences(pages: httpx.Client) -> dict[str, dict[str, Any]]:
    """Five conditions and more, nested, over people, what passed with them and their orders."""
    from hongyan.contacts.models import Field

    keys = {one.name: f"field.{one.pk}" for one in Field.objects.all()}
    city, level, points = keys["城市"], keys["会员等级"], keys["积分"]
    few: list[Any] = [
        (level, "equals", "金卡"), (city, "equals", "北京"), (points, "at_least", "8000"), ("messages.unanswered", "at_least", "7"),
        ["none", ("number.opted_out", "equals", "1"), ("messages.failed", "last_days", "30")],
    ]  # fmt: skip
    many: list[Any] = [
        ["any", (level, "equals", "金卡"), (points, "at_least", "3000")],
        ["any", ("messages.unanswered", "at_least", "7"), ("messages.delivered", "last_days", "30")],
        ["none", ("number.opted_out", "equals", "1")],
    ]
    for some in (few, many):
        some.append(("orders", "total_at_least", "2000", [("order.day", "last_days", "90")]))
    token = pages.get("/people/audiences/new/").cookies.get("csrftoken") or pages.cookies.get("csrftoken", "")
    return {name: _form(tree) | {"csrfmiddlewaretoken": token} for name, tree in (("few", few), ("many", many))}


def _form(tree: list[Any]) -> dict[str, Any]:
    """The builder's form for conditions that all hold; a list is a branch, its first word how it is joined."""
    form: dict[str, Any] = {"joined-": "all", "part": []}

    def put(parts: list[Any], above: str) -> None:
        for nth, part in enumerate(parts):
            place = f"{above}.{nth}" if above else str(nth)
            if isinstance(part, list):
                form["part"].append(f"{place} branch")
                form[f"joined-{place}"] = part[0]
                put(part[1:], place)
            else:
                form["part"].append(f"{place} test")
                names = (("attribute", 0), ("was", 0), ("operator", 1), ("value", 2))
                form.update({f"{name}-{place}": part[at] for name, at in names})
                # Of what a person has several of: which are meant.
                put(part[3] if len(part) > 3 else [], place)

    put(tree, "")
    return form
