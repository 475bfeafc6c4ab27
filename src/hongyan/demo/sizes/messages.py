"""A year of submissions with their messages, sums and replies, as planning, gateway and mailbox have stored them.

Segments are left out: of a single one no row is kept once its message is over.
"""

from __future__ import annotations

from django.utils import timezone

from hongyan.accounts.models import User
from hongyan.accounts.rights import Role
from hongyan.demo.sizes.making import NUMBER, Making, columns_of
from hongyan.demo.texts import SIGNATURE
from hongyan.dispatch.models import Channel, Route
from hongyan.mailbox.models import Reply
from hongyan.messaging.models import Submission

SHARES = ((0.3, 10, 10**6, "marketing"), (0.3, 200, 10**5, "marketing"), (0.3, 2000, 1500, "notice"), (0.08, 10_000, 40, "interactive"), (0.02, 10**9, 1, "verification"))  # fmt: skip
"""Of all messages so many, in submissions of one so-manieth of them all, at most so large, of a category."""
TEXTS = (
    "尊敬的会员，周年庆全场八折，到店另有好礼相送，拒收请回复R",
    "{姓名}您好，您的会员积分即将到期，请尽快到门店兑换礼品，拒收请回复R",
    "请于明天下午三点到三楼会议室开会，收到请回复1。",
    "{姓名}您好，您预约的安装服务已派单，工程师将与您联系，请保持电话畅通。",
)
REPLIES_OF = 50
"""One reply to so many messages."""


def write(make: Making, people: int, messages: int) -> None:
    sizes = _sizes(people, messages)
    make.say(f"{sum(many for many, *_ in sizes):,} submissions")
    price, channel = _channel()
    _submissions(make, sizes)
    _messages(make, people, channel, price)
    make.say("sums and replies")
    make.run(
        """insert into dispatch_tally (submission_id, channel_id, day, state, reason, messages, segments, price_micros)
           select submission_id, channel_id, (planned_at at time zone %(zone)s)::date, state, reason, count(*), sum(segments), sum(price_micros)
           from dispatch_message where submission_id in (select id from asked) group by 1, 2, 3, 4, 5""",
        zone=timezone.get_current_timezone_name(),
    )  # fmt: skip
    _replies(make, messages)


def _sizes(people: int, messages: int) -> list[tuple[int, int, str]]:
    """(how many submissions, of how many messages, category); together as many as are wanted."""
    found, left = [], messages
    for share, part, most, category in SHARES:
        size = max(1, min(messages // part, most, people))
        many = int(messages * share) // size
        if many:
            found.append((many, size, category))
            left -= many * size
    while left > 0:
        found.append((1, min(left, people), "notice"))
        left -= min(left, people)
    return found


def _channel() -> tuple[int, int]:
    """(price, id) of the channel that most goes over."""
    last = Route.objects.select_related("channel").order_by("-position").first()
    channel = last.channel if last else Channel.objects.order_by("pk")[0]
    return channel.price_micros, channel.pk


def _submissions(make: Making, sizes: list[tuple[int, int, str]]) -> None:
    """Each at a moment of its own, in `asked` with the serial of its first batch."""
    make.run("create temp table wanted (n int, size int, category text, at timestamptz) on commit drop")
    for many, size, category in sizes:
        # In the hours in which people write, and a night's rest from what comes after.
        make.run(
            """insert into wanted select n, %(size)s::int, %(category)s::text, date_trunc('day', day at time zone %(zone)s) at time zone %(zone)s
                   + interval '9 hours' + make_interval(mins => ((n * 7919 + %(seed)s) %% 540)::int)
               from (select n, now() - interval '1 day' - interval '363 days' * (1 - (n - 0.5) / %(many)s::int) as day
                     from generate_series(1::bigint, %(many)s) n) x""",
            many=many, size=size, category=category, zone=timezone.get_current_timezone_name(),
        )  # fmt: skip
    owners = User.objects.exclude(role=Role.VIEWER).order_by("pk")
    source = Submission(
        owner=owners[0], department_id=owners[0].department_id, state="finished", origin=Submission.Origin.DEMONSTRATION,
        signature=SIGNATURE, is_planned=True,
    )  # fmt: skip
    source.save()
    make.like(
        source,
        {
            "owner_id": "(%(owners)s::bigint[])[1 + w.nth %% %(many)s]", "department_id": "(%(departments)s::bigint[])[1 + w.nth %% %(many)s]",
            "title": """case w.category when 'verification' then '' when 'marketing' then '会员活动 ' || w.nth
                        when 'notice' then '通知 ' || w.nth else '预约确认 ' || w.nth end""",
            "category": "w.category", "expected": "w.size", "planned": "w.size", "created_at": "w.at", "updated_at": "w.at", "started_at": "w.at",
            "text": """case w.category when 'verification' then '您的验证码是' || lpad((w.nth * 7919 %% 1000000)::text, 6, '0') || '，请勿告诉他人。'
                       when 'marketing' then (%(texts)s::text[])[1 + w.nth %% 2] else (%(texts)s::text[])[3 + w.nth %% 2] end""",
            "finished_at": "w.at + interval '10 minutes'",
        },
        "select *, row_number() over (order by at, category, n) as nth from wanted order by nth",
        owners=[one.pk for one in owners], departments=[one.department_id for one in owners], many=len(owners), texts=list(TEXTS),
    )  # fmt: skip
    [(before,)] = make.run("select nextval('dispatch_batch_serial')")
    make.run(
        """create temp table asked on commit drop as
           select id, text, category, created_at as at, to_char(created_at at time zone 'UTC', 'YYMM')::bigint as month, planned as size,
                  %(before)s + 1 + coalesce(sum((planned + 999) / 1000) over (order by id rows between unbounded preceding and 1 preceding), 0) as batch
           from messaging_submission where id > %(template)s""",
        before=before, template=source.pk,
    )  # fmt: skip
    make.run("create index on asked (month); analyze asked")
    make.run("select setval('dispatch_batch_serial', (select max(batch + size / 1000 + 2) from asked)::bigint)")


def _messages(make: Making, people: int, channel: int, price: int) -> None:
    name_count = make.run("select count(*) from named")[0][0]
    number, person = NUMBER.format(n="p"), f"'【{SIGNATURE}】' || replace(a.text, '{{姓名}}', k.name)"
    for month, at, count in make.run("select month, min(at), sum(size) from asked group by 1 order by 1"):
        make.say(f"{count:,} messages of 20{month // 100}-{month % 100:02d}")
        make.run("select dispatch_ensure_partition(%(at)s)", at=at)
        with make.lying_first(f"dispatch_message_{month}"):
            make.run(
                f"""insert into dispatch_message_{month} (id, submission_id, number, name, text, segments, channel_id, price_micros, state,
                        reason, planned_at, submitted_at, done_at)
                    select (a.month * 1000000000 + a.batch + i / 1000) * 1000 + i %% 1000, a.id, {number}, k.name,
                           case when a.text like '{{%%' then {person} end, 1, %(channel)s, %(price)s,
                           case when p %% 31 = 5 then 'failed' when p %% 97 = 3 then 'expired' else 'delivered' end,
                           case when p %% 31 = 5 then (array['MK:0001', 'MK:0024', 'MI:0024', 'UNDELIV'])[1 + p %% 4] when p %% 97 = 3 then 'EXPIRED' else '' end,
                           a.at, a.at + make_interval(secs => 2 + i / 1000), a.at + make_interval(secs => 5 + i / 1000 + p %% 9)
                    from asked a
                    cross join lateral (select i, 1 + (a.id::bigint * 104729 + i::bigint * 1000003) %% %(people)s as p from generate_series(0, a.size - 1) i) x
                    join named k on k.n = (p * 52711 + %(seed)s) %% %(name_count)s
                    where a.month = %(month)s order by 1""",  # noqa: S608 - constants only
                channel=channel, price=price, people=people, month=month, name_count=name_count,
            )  # fmt: skip
    make.run(
        f"""insert into dispatch_batch (id, submission_id, department_id, channel_id, category, lane, size, text, state, watermark, created_at)
            select a.month * 1000000000 + a.batch + b, a.id, s.department_id, %(channel)s, a.category, 1, least(1000, a.size - b * 1000),
                   '【{SIGNATURE}】' || a.text, 'sent', least(1000, a.size - b * 1000), a.at
            from asked a join messaging_submission s on s.id = a.id cross join generate_series(0, (a.size - 1) / 1000) b""",  # noqa: S608
        channel=channel,
    )  # fmt: skip


def _replies(make: Making, messages: int) -> None:
    """One in fifty delivered ones is answered; those of the last days are unread."""
    columns = columns_of(Reply)
    blank = Reply(number="", text="")
    said = {
        "incoming_id": "i.id", "number": "a.number", "service_number": "'10690001'", "text": "i.text", "received_at": "i.received_at",
        "owner_id": "s.owner_id", "department_id": "s.department_id", "submission_id": "s.id", "message_id": "a.id",
        "read_at": "case when a.at < now() - interval '3 days' then a.at + interval '20 minutes' end", "is_opt_out": "i.text = 'R'",
    }  # fmt: skip
    usual = {f"d_{one.column}": getattr(blank, one.attname) for one in Reply._meta.concrete_fields}
    make.run(
        f"""with answered as (
                select m.id, m.number, m.submission_id, m.channel_id, m.done_at + interval '5 minutes' as at, row_number() over (order by m.id) as n
                from dispatch_message m join asked on asked.id = m.submission_id where m.id %% %(each)s = 3 and m.state = 'delivered'
            ), stored as (
                insert into dispatch_incoming (channel_id, number, service_number, text, received_at, routed_at, carrier_id)
                select channel_id, number, '10690001', (array['1', '收到', '好的，谢谢', 'R', '请问几点开始？'])[1 + n %% 5], at, at,
                       'd' || submission_id || '-' || n
                from answered returning id, carrier_id, text, received_at
            )
            insert into mailbox_reply ({", ".join(columns)})
            select {", ".join(said.get(column, f"%(d_{column})s") for column in columns)}
            from answered a join stored i on i.carrier_id = 'd' || a.submission_id || '-' || a.n join messaging_submission s on s.id = a.submission_id""",  # noqa: S608
        each=REPLIES_OF, **usual,
    )  # fmt: skip
