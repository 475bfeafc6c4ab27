"""What the same machine does, at the same time, without us: bare COPY and UPDATE, a bare loop of submits."""

from __future__ import annotations

import asyncio
import time

WINDOW = 500
BARE_SUBMITS = 200_000


def database(rows: int) -> dict[str, float]:
    """Rows a second that COPY writes into a copy of the message table, and one UPDATE by key changes, then thrown away."""
    from django.db import connection

    from hongyan.runtime.database import raw_connection

    raw = raw_connection()
    rows = min(rows, 300_000)
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists bench_message")
        cursor.execute(
            """create table bench_message (like dispatch_message including all, primary key (id)) with (fillfactor = 70);
               create index on bench_message (submission_id, id);
               create index on bench_message (number, id)"""
        )
    lines = "".join(
        f"{n}\t1\t+86138{n:08d}\t\\N\t王女士\t【云帆】王女士您好，您本月账单为{n % 1000}.00元，请于25日前缴费，回复T退订。\t1\t1\t50000"
        "\tqueued\t\t2026-11-25 00:00:00+00\n"
        for n in range(rows)
    ).encode()
    columns = "id, submission_id, number, contact_id, name, text, segments, channel_id, price_micros, state, reason, planned_at"
    started = time.monotonic()
    with raw.cursor() as cursor, cursor.copy(f"copy bench_message ({columns}) from stdin") as copy:
        for start in range(0, len(lines), 1 << 16):
            copy.write(lines[start : start + (1 << 16)])
    raw.commit() if not raw.autocommit else None
    copied = time.monotonic()
    with connection.cursor() as cursor:
        for low in range(0, rows, 1000):
            cursor.execute(
                """update bench_message m set state = 'submitted', submitted_at = now()
                   from unnest(%s::bigint[]) as v(id) where m.id = v.id""",
                ["{" + ",".join(map(str, range(low, min(low + 1000, rows)))) + "}"],
            )
        updated = time.monotonic()
        cursor.execute("drop table bench_message")
    return {"bare copy": round(rows / (copied - started)), "bare update": round(rows / (updated - copied))}


class _Bare(asyncio.Protocol):
    """Sends the same prepared submit with a window, reads nothing of an answer but how many there are."""

    def __init__(self, submit: bytes, login: bytes, done: asyncio.Future[None]) -> None:
        self._submit, self._login, self._done = submit, login, done
        self.left, self.octets, self.is_bound = BARE_SUBMITS, 0, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._transport.write(self._login)

    def data_received(self, data: bytes) -> None:
        if not self.is_bound:
            self.is_bound = True
            self._transport.write(self._submit * WINDOW)
            self.left -= WINDOW
            return
        self.octets += len(data)
        answers, self.octets = divmod(self.octets, 24)
        send = min(answers, self.left)
        self.left -= send
        if send:
            self._transport.write(self._submit * send)
        elif self.left <= 0 and not self._done.done():
            self._done.set_result(None)


async def bare_cmpp(host: str, port: int) -> float:
    """Submits a second that the carrier takes from a loop that does nothing else: its own ceiling."""
    from hongyan.protocols.cmpp import pdus

    content = "【云帆】王女士您好，您本月账单为88.00元，请于25日前缴费。".encode("utf-16-be")
    body = pdus.submit_body(
        pdus.Version.V30, ("13800000001",), content, src_id="10690001", msg_src="901234", msg_fmt=8,
        registered_delivery=0,
    )  # fmt: skip
    submit = pdus.HEADER.pack(12 + len(body), 4, 1) + body
    connect = pdus.Connect("901234", bytes(16), pdus.Version.V30, 0).encode()
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    started = time.monotonic()
    transport, _ = await asyncio.get_running_loop().create_connection(
        lambda: _Bare(submit, pdus.HEADER.pack(12 + len(connect), 1, 1) + connect, done), host, port
    )
    async with asyncio.timeout(120):
        await done
    transport.close()
    return round(BARE_SUBMITS / (time.monotonic() - started))
