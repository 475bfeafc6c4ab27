"""An installation that has lived: a list of 1,000,000 rows, 500,000 people, 10,000,000 messages of a year, 200,000
replies; `scale` makes all of it smaller. Written by the database itself, in a few minutes. Segments of messages that have
ended are left out: no list reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PEOPLE, ROWS, REPLIES = 500_000, 1_000_000, 200_000
SIZES = (
    (3, 1_000_000, "marketing"),
    (60, 50_000, "marketing"),
    (2000, 1500, "notice"),
    (20_000, 40, "interactive"),
    (200_000, 1, "verification"),
)
"""So many submissions of so many messages each."""  # fmt: skip
RARE = "紫檀屏风"
"""Words that one small submission of long ago says."""
TEXTS = (
    "{姓名}您好，您本月的账单为{金额}元，请于25日前缴费，回复T退订。",
    "尊敬的客户，周年庆全场八折，到店另有好礼相送，拒收请回复R",
    "请于明天下午三点到三楼会议室开会，收到请回复1。",
    "您预约的安装服务已派单，工程师将与您联系，请保持电话畅通。",
)

# Ten-digit steps without a common factor give each n a number of its own, spread over all ranges.
NUMBER = "('+86' || (array{ranges})[1 + {n} %% {count}] || lpad(({n}::bigint * 7919 %% 100000000)::text, 8, '0'))"
NAME = "((array{surnames})[1 + {n} %% {surname_count}] || (array{given})[1 + ({n} / 97) %% {given_count}])"


@dataclass(frozen=True)
class Scene:
    user: Any
    """Administrator who owns a tenth of everything, and the list."""
    draft: Any
    """To the list, not sent."""
    mixed: Any
    """To the list, a group of many, without another group."""
    shared: Any
    """The same text for the whole list."""


def fill(scale: float, say: Callable[[str], None]) -> None:
    """Into an empty database whose schema stands."""
    from django.db import connection

    _Year(scale, say, connection).fill()


def scene() -> Scene:
    """What the pages ask for, of an installation that `fill` has made."""
    from hongyan.accounts.models import User
    from hongyan.messaging.models import Submission

    drafts = {one.title: one for one in Submission.objects.filter(state="draft", title__startswith="bench ")}
    return Scene(
        User.objects.get(username="bench0"), drafts["bench list"], drafts["bench mixed"], drafts["bench shared"]
    )


class _Year:
    def __init__(self, scale: float, say: Callable[[str], None], connection: Any) -> None:
        from hongyan.demo.people import GIVEN, RANGES, SURNAMES

        self.scale, self.say, self.connection = scale, say, connection
        self.of = {
            "ranges": sorted(set(RANGES)), "count": len(set(RANGES)), "surnames": list(SURNAMES), "surname_count": len(SURNAMES),
            "given": GIVEN, "given_count": len(GIVEN),
        }  # fmt: skip

    def number(self, n: str) -> str:
        return NUMBER.format(n=n, **self.of)

    def name(self, n: str) -> str:
        return NAME.format(n=n, **self.of)

    def scaled(self, count: int) -> int:
        return max(1, round(count * self.scale))

    def run(self, sql: str, **values: Any) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)

    def fill(self) -> None:
        from django.db import transaction
        from django.utils import timezone

        from hongyan.dispatch import packing
        from hongyan.runtime.database import raw_connection

        with transaction.atomic():
            self._company()
            self.say(f"{self.scaled(PEOPLE):,} people")
            self._people()
            self.say(f"a list of {self.scaled(ROWS):,} rows")
            self._list()
            self._submissions()
            self._messages()
            self.say(f"{self.scaled(REPLIES):,} replies")
            self._replies()
        self.say("vacuum and analyze")
        self.run("vacuum analyze")
        self.say("closed months are packed")
        packing.pack_due(raw_connection(), timezone.now(), rest=lambda seconds: None)

    def _company(self) -> None:
        from hongyan.accounts import departments
        from hongyan.accounts.models import User
        from hongyan.accounts.rights import Role
        from hongyan.dispatch.models import Channel, Route
        from hongyan.messaging.models import Signature

        root = departments.create("云帆家电集团", None)
        places = [departments.create(f"分公司{place}", root) for place in range(1, 11)]
        self.users = [
            User.objects.create(
                username=f"bench{place}", name=f"员工{place}", department=root if not place else places[place],
                role=Role.SENDER if place else Role.ADMINISTRATOR,
            )
            for place in range(10)
        ]  # fmt: skip
        Signature.objects.create(text="云帆", is_default=True)
        self.channel = Channel.objects.create(
            name="bench", protocol="cmpp20", host="127.0.0.1", port=9, login="bench", service_number="10690001"
        )
        Route.objects.create(name="all", channel=self.channel)

    def _people(self) -> None:
        from hongyan.contacts.groups import add_group
        from hongyan.contacts.models import AddressBook
        from hongyan.contacts.names import coded, readings

        staff = AddressBook.objects.create(name="公司通讯录", kind="enterprise")
        self.customers = AddressBook.objects.create(name="客户", kind="enterprise")
        self.groups = [add_group(self.customers, f"客户组{place}", None) for place in range(20)]
        below = [add_group(self.customers, f"片区{place}", group) for group in self.groups for place in range(5)]
        tops = [add_group(staff, f"分公司{place}", None) for place in range(1, 11)]
        names = [surname + given for surname in self.of["surnames"] for given in self.of["given"]]
        self.run("create temp table named (name text primary key, pinyin text, search text) on commit drop")
        with self.connection.cursor() as cursor, cursor.copy("copy named from stdin") as copy:
            for name in names:
                pinyin, initials = readings(name)
                copy.write_row((name, pinyin, f"{coded(name)} {pinyin} {initials}"))
        for book, first, last in (
            (staff, 1, self.scaled(PEOPLE // 25)), (self.customers, self.scaled(PEOPLE // 25) + 1, self.scaled(PEOPLE)),
        ):  # fmt: skip
            self.run(
                f"""insert into contacts_contact
                        (book_id, name, number, title, company, email, notes, fields, pinyin, search, created_at, updated_at)
                    select %(book)s, p.name, p.number, '女士', p.company, '', '',
                           jsonb_build_object('城市', '上海', '会员等级', '金卡'), k.pinyin,
                           k.search || ' ' || substr(p.number, 4) || ' ' || %(company)s, now(), now()
                    from (select n, {self.name("n")} as name, {self.number("n")} as number, '云帆' as company
                          from generate_series(%(first)s::int, %(last)s::int) n) p
                    join named k using (name) order by n""",  # noqa: S608 - constants only
                book=book.pk, first=first, last=last, company=coded("云帆"),
            )  # fmt: skip
        self.run(
            """insert into contacts_group_contacts (group_id, contact_id)
               select (%(groups)s::bigint[])[1 + c.id %% %(count)s::int], c.id from contacts_contact c where c.book_id = %(book)s""",
            groups=[one.pk for one in below], count=len(below), book=self.customers.pk,
        )  # fmt: skip
        self.run(
            """insert into contacts_group_contacts (group_id, contact_id)
               select (%(groups)s::bigint[])[1 + c.id %% %(count)s::int], c.id from contacts_contact c where c.book_id = %(book)s""",
            groups=[one.pk for one in tops], count=len(tops), book=staff.pk,
        )  # fmt: skip

    def _list(self) -> None:
        from hongyan.contacts import stock
        from hongyan.contacts.models import RecipientList
        from hongyan.messaging.models import Submission

        rows = self.scaled(ROWS)
        made = RecipientList.objects.create(
            owner=self.users[0], name="百万客户", columns=["手机", "姓名", "金额"], size=rows, is_kept=True
        )
        # A thousandth are second rows of a number; one in a hundred lacks the amount.
        self.run(
            f"""insert into contacts_recipientlistrow (list_id, line, number, variables)
                select %(list)s, n, number, jsonb_build_object('手机', substr(number, 4), '姓名', {self.name("n")},
                       '金额', case when n %% 100 = 7 then '' else (n * 7 %% 100000 / 100.0)::text end)
                from (select n, {self.number("(n - n / %(differing)s::int)")} as number from generate_series(1, %(rows)s::int) n) x""",  # noqa: S608
            list=made.pk, rows=rows, differing=1000,
        )  # fmt: skip
        stock.take(made)
        self.run(
            f"""insert into consent_optout (number, source, evidence, at)
                select {self.number("n")}, 'reply', 'R', now() from generate_series(1, %(rows)s::int, 61) n""",  # noqa: S608
            rows=rows,
        )  # fmt: skip
        group = self.groups[0].pk
        for title, text, chosen in (
            ("bench list", TEXTS[0], {"list_ids": [made.pk]}),
            ("bench shared", TEXTS[1], {"list_ids": [made.pk]}),
            ("bench mixed", TEXTS[0], {"list_ids": [made.pk], "book_ids": [self.customers.pk], "excluded_group_ids": [group]}),
        ):  # fmt: skip
            Submission.objects.create(
                owner=self.users[0], department=self.users[0].department, title=title, text=text, signature="云帆",
                recipients=chosen, category="notice",
            )  # fmt: skip

    def _submissions(self) -> None:
        """A year's, each at a moment of its own, in `asked` with the serial of its first batch."""
        from hongyan.messaging.models import Submission

        # Of the few large ones the size is scaled, of the many small ones how many there are.
        sizes = [
            (many, self.scaled(size), category) if many < 100 else (self.scaled(many), size, category)
            for many, size, category in SIZES
        ]
        self.say(f"{sum(many for many, *_ in sizes):,} submissions")
        self.run("create temp table wanted (n int, size int, category text, at timestamptz) on commit drop")
        for many, size, category in sizes:
            self.run(
                """insert into wanted select n, %(size)s::int, %(category)s::text,
                       now() - interval '1 hour' - interval '364 days' * (1 - (n - 0.5) / %(many)s::int)
                   from generate_series(1, %(many)s::int) n""",
                many=many, size=size, category=category,
            )  # fmt: skip
        template = Submission.objects.create(owner=self.users[0], department=self.users[0].department, state="finished")
        columns = [field.column for field in Submission._meta.concrete_fields if not field.primary_key]
        said = {
            "owner_id": "(%(users)s::bigint[])[1 + w.nth %% 10]", "department_id": "(%(departments)s::bigint[])[1 + w.nth %% 10]",
            "title": "case w.category when 'verification' then '' else w.category || ' ' || w.nth end", "category": "w.category",
            "origin": "case w.category when 'verification' then 'api' else 'console' end", "signature": "'云帆'",
            "text": """case w.category when 'verification' then '您的验证码是' || lpad((w.nth * 7919 %% 1000000)::text, 6, '0') || '，请勿告诉他人。'
                       else (%(texts)s::text[])[1 + w.nth %% 4] || case when w.nth = %(rare)s::int then %(word)s::text else '' end end""",
            "is_planned": "true", "expected": "w.size", "planned": "w.size", "created_at": "w.at", "updated_at": "w.at",
            "started_at": "w.at", "finished_at": "w.at + interval '10 minutes'",
        }  # fmt: skip
        self.run(
            f"""insert into messaging_submission ({", ".join(columns)})
                select {", ".join(said.get(column, f"s.{column}") for column in columns)}
                from messaging_submission s, (select *, row_number() over (order by at, category) as nth from wanted) w
                where s.id = %(template)s order by w.nth""",  # noqa: S608 - constants only
            users=[one.pk for one in self.users], departments=[one.department_id for one in self.users], texts=list(TEXTS),
            rare=self.scaled(40_000), word=RARE, template=template.pk,
        )  # fmt: skip
        self.run(
            """create temp table asked on commit drop as
               select id, text, category, created_at as at, to_char(created_at at time zone 'UTC', 'YYMM')::bigint as month, planned as size,
                      1 + coalesce(sum((planned + 999) / 1000) over (order by id rows between unbounded preceding and 1 preceding), 0) as batch
               from messaging_submission where state = 'finished' and id > %(template)s""",
            template=template.pk,
        )  # fmt: skip
        template.delete()
        self.run("select setval('dispatch_batch_serial', (select max(batch + size / 1000 + 2) from asked)::bigint)")

    def _messages(self) -> None:
        from django.utils import timezone

        with self.connection.cursor() as cursor:
            cursor.execute("select month, min(at), sum(size) from asked group by 1 order by 1")
            months = cursor.fetchall()
        # The step shares nothing with the shares of failed ones below, so each submission has its part of them.
        for month, at, count in months:
            self.say(f"{count:,} messages of 20{month // 100}-{month % 100:02d}")
            self.run("select dispatch_ensure_partition(%(at)s)", at=at)
            self.run(
                f"""insert into dispatch_message (id, submission_id, number, name, text, segments, channel_id, price_micros, state,
                        reason, planned_at, submitted_at, done_at)
                    select (a.month * 1000000000 + a.batch + k / 1000) * 1000 + k %% 1000, a.id, {self.number("p")}, {self.name("p")},
                           case when a.text like '{{%%' then replace(replace(a.text, '{{姓名}}', {self.name("p")}), '{{金额}}', (p %% 9973)::text) end,
                           1, %(channel)s, 45000,
                           case when p %% 31 = 5 then 'failed' when p %% 97 = 3 then 'uncertain' else 'delivered' end,
                           case when p %% 31 = 5 then 'MK:0012' when p %% 97 = 3 then 'no_report' else '' end,
                           a.at, a.at + interval '3 seconds', a.at + interval '9 seconds'
                    from asked a cross join lateral (
                        select k, 1 + (a.id::bigint * 104729 + k::bigint * 1000003) %% %(people)s::int as p from generate_series(0, a.size - 1) k) x
                    where a.month = %(month)s order by 1""",  # noqa: S608 - constants only
                channel=self.channel.pk, people=self.scaled(3_000_000), month=month,
            )  # fmt: skip
        self.run(
            """insert into dispatch_batch (id, submission_id, department_id, channel_id, category, lane, size, text, state, watermark, created_at)
               select a.month * 1000000000 + a.batch + b, a.id, s.department_id, %(channel)s, a.category, 1,
                      least(1000, a.size - b * 1000), a.text, 'sent', least(1000, a.size - b * 1000), a.at
               from asked a join messaging_submission s on s.id = a.id cross join generate_series(0, (a.size - 1) / 1000) b""",
            channel=self.channel.pk,
        )  # fmt: skip
        self.say("sums")
        self.run(
            """insert into dispatch_tally (submission_id, channel_id, day, state, reason, messages, segments, price_micros)
               select submission_id, channel_id, (planned_at at time zone %(zone)s)::date, state, reason, count(*), sum(segments), sum(price_micros)
               from dispatch_message group by 1, 2, 3, 4, 5""",
            zone=timezone.get_current_timezone_name(),
        )  # fmt: skip

    def _replies(self) -> None:
        self.run(
            """with answered as (
                   select m.id, m.number, m.submission_id, m.channel_id, m.done_at + interval '5 minutes' as at, row_number() over (order by m.id) as n
                   from dispatch_message m where m.id %% %(each)s::int = 3 and state = 'delivered' order by m.id limit %(most)s::int
               ), stored as (
                   insert into dispatch_incoming (channel_id, number, service_number, text, received_at, routed_at, carrier_id)
                   select channel_id, number, '10690001', (array['1', '收到', '好的，谢谢', 'T', '请问几点开始？'])[1 + n %% 5], at, at, 'b' || n
                   from answered returning id, carrier_id, text
               )
               insert into mailbox_reply (incoming_id, number, service_number, text, received_at, owner_id, department_id, submission_id,
                                            message_id, is_opt_out, is_favourite, read_at)
               select i.id, a.number, '10690001', i.text, a.at, s.owner_id, s.department_id, s.id, a.id, false, false,
                      case when a.at < now() - interval '3 days' then a.at end
               from answered a join stored i on i.carrier_id = 'b' || a.n join messaging_submission s on s.id = a.submission_id""",
            each=round(10_000_000 / REPLIES), most=self.scaled(REPLIES),
        )  # fmt: skip
