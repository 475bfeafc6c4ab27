"""A closed month is packed while others send, and the worker dies amid it: nothing is lost, all sums agree."""

from __future__ import annotations

import psycopg

from tests.faults.conftest import Lines
from tests.faults.world import World, eventually

TIMES = 40
# What has been sent, as if it had been sent many times three months ago: so many rows that packing them takes a while.
MONTH_AGO = """
select dispatch_ensure_partition(now() - interval '3 months');
insert into messaging_submission select (jsonb_populate_record(s, jsonb_build_object(
    'id', nextval(pg_get_serial_sequence('messaging_submission', 'id')), 'title', 'long ago',
    'expected', s.expected * {times}, 'planned', s.planned * {times}))).* from messaging_submission s where id = {of};
create temp table past as
select max(id) as submission, (to_char(now() at time zone 'UTC', 'YYMM')::bigint
       - to_char(now() at time zone 'UTC' - interval '3 months', 'YYMM')::bigint) * 1000000000000 as shift,
       (select max(id) - min(id) + 1 from dispatch_batch where submission_id = {of}) as batches
from messaging_submission;
insert into dispatch_batch select (jsonb_populate_record(b, jsonb_build_object(
    'id', b.id - shift / 1000 + n * batches, 'submission_id', submission))).*
from dispatch_batch b, past, generate_series(0, {times} - 1) n where submission_id = {of};
insert into dispatch_message select (jsonb_populate_record(m, jsonb_build_object(
    'id', m.id - shift + n * batches * 1000, 'submission_id', submission))).*
from dispatch_message m, past, generate_series(0, {times} - 1) n where submission_id = {of};
insert into dispatch_segment select (jsonb_populate_record(g, jsonb_build_object('message_id', g.message_id - shift + n * batches * 1000))).*
from dispatch_segment g join dispatch_message m on m.id = g.message_id, past, generate_series(0, {times} - 1) n
where m.submission_id = {of};
insert into dispatch_tally select (jsonb_populate_record(t, jsonb_build_object(
    'submission_id', submission, 'messages', messages * {times}, 'segments', segments * {times}, 'price_micros', price_micros * {times}))).*
from dispatch_tally t, past where submission_id = {of};
"""
ROWS = """
select md5(string_agg(m::text, '' order by id)) from (
    select id, submission_id, number, name, text, segments, channel_id, price_micros, state, reason, planned_at, submitted_at, done_at
    from dispatch_message where submission_id = %s) m
"""
COPIED = "select coalesce(sum(copied), 0) from dispatch_packing where state in ('copying', 'copied')"
PACKED = "select count(*) from dispatch_packing where state = 'packed' and messages = %s"


def long_ago(world: World, submission: int) -> int:
    with psycopg.connect(world.cluster.url, autocommit=True) as connection:
        for statement in MONTH_AGO.format(of=submission, times=TIMES).split(";\n"):
            connection.execute(statement)  # type: ignore[call-overload]
        found = connection.execute("select submission from past").fetchone()
    assert found
    return int(found[0])


def begin_upkeep(world: World) -> None:
    """As if it were night."""
    with psycopg.connect(world.cluster.url, autocommit=True) as connection:
        connection.execute("delete from reports_chorerun")
        connection.execute(
            """insert into procrastinate_jobs (queue_name, task_name, lock, args)
               values ('default', 'reports.upkeep', 'reports.upkeep', '{"timestamp": 0}')"""
        )


def test_packing_while_others_send_and_the_worker_dies(world: World, lines: Lines, how_many: int) -> None:
    lines.to("cmpp30")
    sample = world.ask(how_many)
    world.wait_until_over(sample, how_many)
    past = long_ago(world, sample)
    before, total = world.rows(ROWS, past), how_many * TIMES

    submission = world.ask(how_many)
    begin_upkeep(world)
    eventually(lambda: world.count(COPIED), "packing is under way")
    world.kill("worker")
    assert not world.count(PACKED, total), "killed amid it"
    world.wait_until_over(submission, how_many)
    eventually(lambda: world.count(PACKED, total), "the month is packed all the same")
    world.check(submission, how_many, kills=1)
    assert world.rows(ROWS, past) == before
    assert (
        world.count(
            "select count(*) from dispatch_segment g where g.message_id / 1000000000000 in (select month from dispatch_packing)"
        )
        == 0
    )
    world.command("balance", "--all")
    eventually(lambda: world.health().status_code == 200, "all parts run again")
