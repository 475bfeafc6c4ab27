"""Event streams: for whom, how many, and no longer than the session they were opened in."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import httpx
import pytest
from django.contrib.auth import get_user
from django.db import connection
from django.http import HttpRequest
from django.test import Client

from hongyan.console import live
from hongyan.site import live as room
from hongyan.site.live import Page, has_room
from tests.beside import PATIENCE_S, database_url, eventually
from tests.builders import Company
from tests.simulator.wire import free_port


@pytest.fixture
def port(committed_company: Company) -> Iterator[int]:
    """Of a live process."""
    number = free_port()
    own = {"HONGYAN_DATABASE_URL": database_url(), "HONGYAN_LIVE_PORT": str(number), "HONGYAN_LOG_LEVEL": "error"}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "hongyan.cli", "live"], env=os.environ | own
    ) as process:
        try:
            eventually(lambda: is_up(number))
            yield number
        finally:
            process.terminate()


def is_up(number: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{number}/up").text == "up"
    except httpx.ConnectError:
        return False


def a_token(client: Client, *topics: str) -> str:
    request = HttpRequest()
    request.session = client.session
    request.user = get_user(request)
    return live.token(request, topics or ("submissions",))


def stream(port: int, token: str) -> contextlib.AbstractContextManager[httpx.Response]:
    return httpx.stream("GET", f"http://127.0.0.1:{port}/live", params={"topics": token}, timeout=PATIENCE_S)


def status(port: int, token: str) -> int:
    with stream(port, token) as opened:
        return opened.status_code


@pytest.fixture
def signed_in(committed_company: Company, client: Client) -> Client:
    client.force_login(committed_company.sender)
    return client


def _sign_out(client: Client, _company: Company) -> None:
    client.logout()


def _deactivate(_client: Client, company: Company) -> None:
    company.sender.is_active = False
    company.sender.save()


def _change_password(_client: Client, company: Company) -> None:
    company.sender.set_password("another-one-123")
    company.sender.save()


def _expire(_client: Client, _company: Company) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update django_session set expire_date = now() - interval '1 second'")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ends", [_sign_out, _deactivate, _change_password, _expire])
def test_a_stream_ends_with_its_session_and_does_not_begin_again(
    port: int, signed_in: Client, committed_company: Company, ends: Callable[[Client, Company], None]
) -> None:
    token = a_token(signed_in)
    with stream(port, token) as opened:
        assert opened.status_code == 200
        lines = opened.iter_lines()
        assert next(lines) == "retry: 2000"
        ends(signed_in, committed_company)
        assert list(lines)[-1] == "", "it ends"
    assert status(port, token) == 403


@pytest.mark.django_db(transaction=True)
def test_a_stream_of_a_session_that_lives_is_told(port: int, signed_in: Client) -> None:
    with stream(port, a_token(signed_in, "mailbox-1")) as opened:
        lines = opened.iter_lines()
        next(lines)
        with connection.cursor() as cursor:
            cursor.execute("""select pg_notify('hongyan_live', '{"topic": "mailbox-1", "data": {"n": 1}}')""")
        assert (
            next(line for line in lines if line.startswith("data:")) == 'data: {"topic": "mailbox-1", "data": {"n": 1}}'
        )


@pytest.mark.django_db(transaction=True)
def test_a_session_opens_only_so_many_and_makes_room_when_they_close(port: int, signed_in: Client) -> None:
    token = a_token(signed_in)
    with contextlib.ExitStack() as held:
        opened = [held.enter_context(stream(port, token)) for _ in range(room.MOST_OF_SESSION)]
        assert {one.status_code for one in opened} == {200}
        assert status(port, token) == 429
    eventually(lambda: status(port, token) == 200)


@pytest.mark.django_db(transaction=True)
def test_a_token_hides_the_session_it_stands_for(signed_in: Client) -> None:
    token = a_token(signed_in)
    key = signed_in.session.session_key
    assert key
    assert live.follower(token).session == key
    assert key not in token


def test_streams_are_bounded_in_all_and_for_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    def who(user: int, session: str) -> live.Follower:
        return live.Follower(("submissions",), user, session, "stamp")

    monkeypatch.setattr(room, "everybody", {Page(who(1, f"session {place}")) for place in range(room.MOST_OF_USER)})
    assert not has_room(who(1, "another session"))
    assert has_room(who(2, "another session"))
    monkeypatch.setattr(room, "MOST_PAGES", room.MOST_OF_USER)
    assert not has_room(who(2, "another session"))


QUICK = """
import sys
from hongyan.site import live
live.QUIET_S, live.COALESCE_S = 0.1, 0.0
from hongyan.cli.parts import live as serve
serve()
"""


@pytest.fixture
def quick_port(committed_company: Company) -> Iterator[int]:
    """Of a live process that looks often."""
    number = free_port()
    own = {"HONGYAN_DATABASE_URL": database_url(), "HONGYAN_LIVE_PORT": str(number), "HONGYAN_LOG_LEVEL": "error"}
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", QUICK], env=os.environ | own) as process:
        try:
            eventually(lambda: is_up(number))
            yield number
        finally:
            process.terminate()


def tell(topics: list[str], words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """select pg_notify('hongyan_live', json_build_object('topic', topic, 'data', %s::text)::text)
               from unnest(%s::text[]) as t(topic)""",
            [words, topics],
        )


@pytest.mark.django_db(transaction=True)
def test_who_stops_reading_is_cut_off_and_costs_nobody_else_anything(quick_port: int, signed_in: Client) -> None:
    topics = [f"mailbox-{place}" for place in range(100)]
    with socket.socket() as stopped, stream(quick_port, a_token(signed_in, "mailbox-1")) as reading:
        stopped.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stopped.connect(("127.0.0.1", quick_port))
        stopped.sendall(f"GET /live?topics={a_token(signed_in, *topics)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert stopped.recv(12) == b"HTTP/1.1 200"
        lines, gone, told = reading.iter_lines(), select.poll(), 0
        gone.register(stopped, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        while not gone.poll(0):
            assert told < 500, "it is never cut off"
            told += 1
            tell(topics, f"{told} {'x' * 7000}")
            # Whoever reads hears of each while the other's buffers fill.
            next(line for line in lines if f'"mailbox-1", "data": "{told} ' in line)


@pytest.mark.django_db(transaction=True)
def test_who_asks_nothing_or_never_comes_to_an_end_is_closed(quick_port: int) -> None:
    for said in (b"", b"GET /live HT", b"GET /up HTTP/1.1\r\nHost: x\r\n\r\nGET /up HT"):
        with socket.create_connection(("127.0.0.1", quick_port), timeout=PATIENCE_S) as one:
            one.sendall(said)
            try:
                while one.recv(4096):
                    pass
            except ConnectionResetError:
                continue
