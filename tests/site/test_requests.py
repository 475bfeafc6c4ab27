"""The web's server as strangers meet it: who sends or reads slowly costs only itself, and bodies arrive whole or not at all."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from hongyan.site import requests
from hongyan.site.requests import Entrance, environ_of
from tests.beside import PATIENCE_S, database_url, eventually
from tests.simulator.wire import free_port

SLOW = 40
"""Five times as many as there are threads."""
HEAD = "POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"


# -- the real server ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a web process; its database is empty."""
    port, tmp_path = free_port(), tmp_path_factory.mktemp("web")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HONGYAN_")}
    own = {
        "HONGYAN_DATABASE_URL": database_url(), "HONGYAN_DATA_DIR": str(tmp_path), "HONGYAN_PORT": str(port),
        "HONGYAN_LOG_LEVEL": "error",
    }  # fmt: skip
    with subprocess.Popen([sys.executable, "-W", "ignore", "-m", "hongyan.cli", "web"], env=clean | own) as process:
        try:
            eventually(lambda: answers(port))
            yield port
        finally:
            process.terminate()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/sign-in/", timeout=PATIENCE_S).status_code < 500
    except httpx.ConnectError:
        return False


def connected(port: int, said: str, count: int = SLOW) -> list[socket.socket]:
    found = []
    for _ in range(count):
        one = socket.create_connection(("127.0.0.1", port))
        one.sendall(said.encode())
        found.append(one)
    return found


def has_heard(one: socket.socket) -> bool:
    """Whether anything came back, or the end."""
    one.setblocking(False)
    try:
        one.recv(1)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        one.setblocking(True)
    return True


@pytest.mark.django_db
@pytest.mark.parametrize(
    "said",
    [
        pytest.param(HEAD + "Content-Length: 100000\r\n\r\nu", id="bodies"),
        pytest.param(HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nu", id="chunks"),
        pytest.param("POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{", id="API"),
        pytest.param("GET / HTTP/1.1\r\nHos", id="headers"),
        pytest.param("", id="silence"),
    ],
)
def test_forty_slow_senders_keep_nobody_waiting(web: int, said: str) -> None:
    slow = connected(web, said)
    try:
        for _ in range(5):
            assert answers(web)
        assert not any(has_heard(one) for one in slow), "none of them is through"
    finally:
        for one in slow:
            one.close()
    assert answers(web)


@pytest.mark.django_db
def test_forty_slow_readers_keep_nobody_waiting(web: int) -> None:
    ask = "GET /static/console/app.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    slow = connected(web, ask * 50)
    try:
        assert answers(web)
    finally:
        for one in slow:
            one.close()


@pytest.mark.django_db
def test_a_kept_connection_that_is_idle_keeps_nobody_waiting(web: int) -> None:
    with httpx.Client(limits=httpx.Limits(max_keepalive_connections=None, max_connections=None)) as one:
        idle = connected(web, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 150)
        assert one.get(f"http://127.0.0.1:{web}/sign-in/", timeout=PATIENCE_S).status_code < 500
        for connection in idle:
            connection.close()


@pytest.mark.django_db
def test_a_body_in_chunks_is_read(web: int) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"to": ["138'
        yield b'00138000"], "text": "x"}'

    answer = httpx.post(f"http://127.0.0.1:{web}/api/v1/messages", content=chunks())
    assert answer.status_code == 401, "and only then it is seen that there is no key"


@pytest.mark.django_db
def test_a_second_web_on_the_port_is_refused_in_words(web: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "hongyan.cli", "web"], capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        env={**os.environ, "HONGYAN_PORT": str(web), "HONGYAN_DATA_DIR": str(tmp_path / "other")},
    )  # fmt: skip
    assert done.returncode == 1
    said = " ".join(done.stderr.split())
    assert f"port {web} is taken by the Hongyan of the data folder" in said
    assert "HONGYAN_PORT" in said


# -- the entrance alone ------------------------------------------------------------------------------------------


class Given:
    """A request as the server gives it: `pieces` come one by one, None stands for a client that sends nothing more."""

    def __init__(self, *pieces: bytes | None, path: str = "/", **headers: str) -> None:
        self.method, self.path, self.query_string, self.scheme, self.http_version = "POST", path, "", "http", "1.1"
        self.server, self.client = "127.0.0.1:8000", "10.1.2.3:40000"
        self.pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
        self.pieces: Sequence[bytes | None] = pieces
        self.status = 0
        self.said: bytes = b""
        self.streamed: list[bytes] = []

    @property
    def headers(self) -> Given:
        return self

    def get(self, name: str, default: Any = None) -> Any:
        return dict(self.pairs).get(name, default)

    def items(self) -> list[tuple[str, str]]:
        return self.pairs

    def __contains__(self, name: str) -> bool:
        return name in dict(self.pairs)

    async def _come(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if piece is None:
                await asyncio.Event().wait()
            else:
                yield piece

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._come()

    def response_bytes(self, status: int, _headers: object, body: bytes) -> None:
        self.status, self.said = status, body

    def response_str(self, status: int, _headers: object, body: str) -> None:
        self.status, self.said = status, body.encode()

    def response_empty(self, status: int, _headers: object) -> None:
        self.status = status

    def response_stream(self, status: int, _headers: object) -> Given:
        self.status = status
        return self

    async def send_bytes(self, data: bytes) -> None:
        self.streamed.append(data)


class House:
    """An application that gives back what it was sent, and remembers that it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        self.asked += 1
        start("200 OK", [])
        if environ["PATH_INFO"] == "/file":
            return environ["wsgi.file_wrapper"](io.BytesIO(b"x" * (requests.WHOLE * 2 + 5)), 4096)
        return [environ["wsgi.input"].read(), environ.get("CONTENT_LENGTH", "-").encode()]


async def asked(given: Given, house: House | None = None) -> Given:
    entrance = Entrance(house or House())
    entrance.__rsgi_init__(asyncio.get_running_loop())
    await entrance.__rsgi__(given, given)
    await asyncio.sleep(0)
    assert entrance._octets == 0, "what was kept is given back"
    return given


async def test_a_body_comes_whole_whatever_its_pieces() -> None:
    assert (await asked(Given(b"ab", b"", b"c", content_length="3"))).said == b"abc3"
    assert (await asked(Given(b"ab", b"cd", transfer_encoding="chunked"))).said == b"abcd4"
    assert (await asked(Given())).said == b"-"


async def test_a_large_body_waits_on_disk() -> None:
    size = requests.IN_MEMORY * 3
    given = await asked(Given(*[b"x" * 10_000] * (size // 10_000), content_length=str(size // 10_000 * 10_000)))
    assert len(given.said) > requests.IN_MEMORY


async def test_a_body_that_is_too_slow_is_refused_and_takes_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "GRACE_S", 0.02)
    house = House()
    given = await asked(Given(b"a", None, content_length="10"), house)
    assert (given.status, house.asked) == (408, 0)


async def test_a_body_that_comes_fast_enough_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "GRACE_S", 0.0)
    monkeypatch.setattr(requests, "LEAST_PER_S", 0.001)
    assert (await asked(Given(b"a" * 1000, b"b", content_length="1001"))).status == 200


async def test_a_body_that_is_cut_off_reaches_nobody() -> None:
    house = House()
    await asked(Given(b"ab", content_length="3"), house)
    form = {"transfer_encoding": "chunked", "content_type": "multipart/form-data; boundary=xyz"}
    await asked(Given(b"--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\nhalf", **form), house)
    assert house.asked == 0
    whole = b"--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\nall\r\n--xyz--\r\n"
    assert (await asked(Given(whole, **form), house)).status == 200


async def test_a_body_that_is_too_large_is_refused_by_its_length_or_when_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    assert (await asked(Given(None, content_length=str(requests.MOST_OCTETS + 1)), house)).status == 413
    monkeypatch.setattr(requests, "MOST_OCTETS", 10)
    assert (await asked(Given(b"x" * 11, None, transfer_encoding="chunked"), house)).status == 413
    monkeypatch.setattr(requests, "MOST_IN_WORK", 5)
    assert (await asked(Given(b"x" * 6, None, content_length="9"), house)).status == 503
    assert house.asked == 0


async def test_when_too_many_wait_for_a_thread_the_next_is_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_WAITING", 0)
    assert (await asked(Given())).status == 503


async def test_a_view_goes_on_to_its_end_when_its_client_leaves() -> None:
    began, goes_on, read = threading.Event(), threading.Event(), list[bytes]()

    def view(environ: dict[str, Any], start: Any) -> list[bytes]:
        began.set()
        goes_on.wait(PATIENCE_S)
        read.append(environ["wsgi.input"].read())
        start("200 OK", [])
        return []

    entrance, given = Entrance(view), Given(b"whole", content_length="5")
    entrance.__rsgi_init__(asyncio.get_running_loop())
    asking = asyncio.create_task(entrance.__rsgi__(given, given))
    await asyncio.to_thread(began.wait, PATIENCE_S)
    asking.cancel()
    await asyncio.wait([asking])
    goes_on.set()
    while entrance._octets:
        await asyncio.sleep(0.005)
    assert read == [b"whole"]


async def test_a_large_file_goes_piece_by_piece() -> None:
    given = await asked(Given(path="/file"))
    assert len(given.streamed) == 9
    assert sum(map(len, given.streamed)) == requests.WHOLE * 2 + 5


def test_a_header_with_an_underscore_does_not_pass_for_one_with_a_hyphen() -> None:
    given = Given(x_forwarded_proto="https", cookie="a=1")
    given.pairs = [
        ("x_forwarded_proto", "https"),
        ("cookie", "a=1"),
        ("cookie", "b=2"),
        ("accept", "x"),
        ("accept", "y"),
    ]
    environ = environ_of(given, None)
    assert "HTTP_X_FORWARDED_PROTO" not in environ
    assert (environ["HTTP_COOKIE"], environ["HTTP_ACCEPT"]) == ("a=1; b=2", "x,y")
    assert environ["REMOTE_ADDR"] == "10.1.2.3"


def test_a_path_keeps_its_octets() -> None:
    assert environ_of(Given(path="/你好"), None)["PATH_INFO"].encode("latin-1").decode() == "/你好"
