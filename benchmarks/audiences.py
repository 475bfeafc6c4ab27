"""How long an audience takes to count and to show some of: `python benchmarks/audiences.py [--people N] [--messages N] [--asks N] [--json]`.

A throw-away installation with so many people in one book, a tenth of them in a second book too, what passed with each of
their numbers, and a submission that reached a tenth. Each audience has five nested conditions or more; the bare measure in the
same run is a count over the people's rows with one condition and nothing joined.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from hongyan.bench.installation import Installation

PEOPLE = """
insert into contacts_contact (book_id, number, name, title, company, email, notes, pinyin, search, fields, created_at, updated_at)
select %(book)s, '+86' || (13000000000 + n::bigint * 37 %% 1000000000 + 1000000000::bigint * (n %% 6)), '王小' || n, case n %% 2 when 0 then '先生' else '女士' end, '', '', '',
       'wangxiao' || n, 'U123U456 wangxiao wx ' || (13000000000 + n::bigint * 37 %% 1000000000 + 1000000000::bigint * (n %% 6)),
       jsonb_build_object('城市', (array['北京','上海','广州','深圳','杭州','成都','武汉','西安'])[n %% 8 + 1], '等级', (array['金卡','银卡','普通','普通'])[n / 8 %% 4 + 1],
                          '积分', (n::bigint * 7919 %% 9000)::text, '生日', (date '1960-01-01' + n %% 16000)::text, '购买产品', 'P' || n %% 40),
       now() - make_interval(days => n %% 900), now()
from generate_series(%(first)s, %(last)s) n
on conflict do nothing
"""
TRAFFIC = """
insert into audiences_traffic (number, sent_at, delivered_at, answered_at, failed_at)
select number, at, case when n % 9 <> 0 then at end, case when n % 11 = 0 then at + interval '1 hour' end, case when n % 9 = 0 then at end
from (select number, row_number() over () as n, now() - make_interval(hours => (row_number() over () % 2000)::int) as at
      from (select distinct number from contacts_contact) c) x
"""
MESSAGES = """
insert into dispatch_message (id, submission_id, number, name, text, segments, channel_id, price_micros, state, reason, planned_at, submitted_at, done_at)
select %(first)s + n, %(submission)s, number, '', null, 1, null, 0, case n %% 10 when 0 then 'failed' else 'delivered' end, '', now(), now(), now()
from (select number, row_number() over (order by number) as n from (select distinct number from contacts_contact limit %(messages)s) c) x
"""
BARE = "select count(*) from contacts_contact where fields->>'城市' = '北京'"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--asks", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    installation = Installation()
    try:
        installation.prepare()
        found = _measured(given.people, given.messages, given.asks)
    finally:
        installation.stop()
    if given.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for name, value in found.items():
        print(f"{name:40} {value:>12,}")


def _measured(people: int, messages: int, asks: int) -> dict[str, Any]:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    from hongyan.audiences import evaluating
    from hongyan.runtime import clock

    user, trees = _filled(people, messages)
    found: dict[str, Any] = {"people": people, "messages": messages}
    bare, counts, samples = [], [], []
    for _turn in range(asks):
        bare.append(_took(_bare))
        for name, tree in trees.items():
            counts.append(_took(lambda tree=tree: evaluating.count(user, tree, clock.now(), within_ms=60_000)))  # type: ignore[misc]
            samples.append(_took(lambda tree=tree: evaluating.sample(user, tree, clock.now())))  # type: ignore[misc]
            found.setdefault(f"size of {name}", evaluating.count(user, tree, clock.now(), within_ms=60_000))
    for name, taken in (("bare", bare), ("audience_count", counts), ("audience_sample", samples)):
        found[f"{name}_p50_ms"] = round(statistics.median(taken))
        found[f"{name}_p95_ms"] = round(sorted(taken)[int(len(taken) * 0.95)])
    found["count_to_bare"] = round(found["audience_count_p50_ms"] / found["bare_p50_ms"], 1)
    return found


def _took(act: Callable[[], Any]) -> float:
    began = time.monotonic()
    act()
    return (time.monotonic() - began) * 1000


def _bare() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(BARE)


def _filled(people: int, messages: int) -> tuple[Any, dict[str, Any]]:
    from django.db import connection

    from hongyan.accounts import departments
    from hongyan.accounts.models import User
    from hongyan.accounts.rights import Role
    from hongyan.audiences.conditions import Branch, Joined, Test
    from hongyan.contacts.models import AddressBook, Field
    from hongyan.dispatch.planning import ensure_partitions
    from hongyan.messaging.models import Submission
    from hongyan.runtime import clock
    from hongyan.runtime.database import raw_connection

    root = departments.create("Bench", None)
    user = User.objects.create(username="bench", name="Bench", department=root, role=Role.ADMINISTRATOR)
    books = [AddressBook.objects.create(name=name, kind=AddressBook.Kind.ENTERPRISE) for name in ("Members", "Others")]
    kinds = {"城市": "text", "等级": "text", "积分": "number", "生日": "date"}
    keys = {name: f"field.{Field.objects.create(name=name, kind=kind).pk}" for name, kind in kinds.items()}
    submission = Submission.objects.create(
        owner=user, department=root, state="finished", expected=messages, is_planned=True
    )
    ensure_partitions(raw_connection(), clock.now())
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"book": books[0].pk, "first": 1, "last": people})
        cursor.execute(PEOPLE, {"book": books[1].pk, "first": 1, "last": people // 10})
        cursor.execute(TRAFFIC)
        cursor.execute("select (to_char(now() at time zone 'UTC', 'YYMM') || '000000000001')::bigint")
        cursor.execute(MESSAGES, {"first": cursor.fetchone()[0], "submission": submission.pk, "messages": messages})
        cursor.execute("vacuum analyze")

    def all_of(*parts: Any) -> Branch:
        return Branch(Joined.ALL, parts)

    gold = Test(keys["等级"], "equals", ("金卡",))
    silent = Test("messages.unanswered", "at_least", ("7",))
    got = Test("submission.delivered", "one_of", (str(submission.pk),))
    cities = Test(keys["城市"], "one_of", ("北京", "上海", "广州"))
    return user, {
        "few": all_of(
            gold, Test(keys["城市"], "equals", ("北京",)), Test(keys["积分"], "at_least", ("8000",)), silent,
            Branch(Joined.NONE, (Test("number.opted_out", "equals", ("1",)), Test("messages.failed", "last_days", ("30",)))),
        ),
        "many": all_of(
            Branch(Joined.ANY, (gold, Test(keys["积分"], "at_least", ("3000",)))),
            Branch(Joined.ANY, (silent, Test("messages.delivered", "last_days", ("30",)))),
            Branch(Joined.NONE, (Test("number.opted_out", "equals", ("1",)),)),
        ),
        "got it and did not answer": all_of(
            got, silent, cities, Branch(Joined.NONE, (Test("submission.answered", "one_of", (str(submission.pk),)), gold)),
        ),
    }  # fmt: skip


if __name__ == "__main__":
    main()
