"""Requests as the server hands them over (RSGI): a thread is taken for one only when its body is there, and given back
before its answer has left. So who sends or reads slowly holds a connection, and nobody else waits.

A body has to come with a least speed; what is larger than a page's form waits in a temporary file. The answer of a view is
whole and goes at once; a file is read piece by piece, as fast as its reader takes it.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from queue import SimpleQueue
from typing import IO, Any

import structlog
from granian._granian import RSGIProtocolClosed

from hongyan.inputs import whole_of

log = structlog.get_logger()

THREADS = 4
"""Of one worker process; each keeps a connection to the database."""
MOST_WAITING = 500
"""Requests that wait for a thread: beyond, they are put off at once."""
GRACE_S, LEAST_PER_S = 10.0, 1024
"""A body may begin slowly; from then on so many octets a second, on the average, or it is refused."""
LONGEST_S = 3600.0
"""Whatever its size."""
MOST_OCTETS = 256 << 20
"""Of one body: the largest spreadsheet that may be uploaded, and its form."""
IN_MEMORY = 256 << 10
MOST_IN_WORK = 2 << 30
"""Octets of all bodies that are coming in or being worked on: they wait on a disk that others need too."""
PIECE = 256 << 10
WHOLE = 1 << 20
"""A file up to this size goes as one answer."""
RETRY_S = "5"

Environ = dict[str, Any]
Headers = list[tuple[str, str]]


class Refused(Exception):
    """The request gets this status instead of a view."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Gone(Exception):
    """The client has left; nobody hears an answer."""


class Body:
    """What a client sends, as it comes; `file` then stands at its beginning."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed with the request
        self.size = 0


class File:
    """What a view gives to be read piece by piece (PEP 3333, `wsgi.file_wrapper`)."""

    def __init__(self, file: IO[bytes], _block_size: int = 0) -> None:
        self.file = file
        if hasattr(file, "close"):
            self.close: Callable[[], None] = file.close

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.file.read(PIECE), b"")


class Answer:
    """What the application said; `rest` is what is still to be read of it."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: Headers = []
        self.rest: Iterator[bytes] | None = None
        self.close: Callable[[], None] | None = None

    def start(self, status: str, headers: Headers, _exc_info: object = None) -> None:
        self.status = int(status.split(" ", 1)[0])
        self.headers = headers


class Entrance:
    """One worker process's: reads bodies in its loop, works in its threads."""

    def __init__(self, application: Callable[[Environ, Any], Iterable[bytes]]) -> None:
        self._application = application
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._waiting = 0
        self._octets = 0
        """Of all bodies that are kept now."""

    # What Granian calls, once and for each request.

    def __rsgi_init__(self, _loop: asyncio.AbstractEventLoop) -> None:
        for place in range(THREADS):
            threading.Thread(target=self._run, name=f"web-{place}", daemon=True).start()

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        headers = scope.headers
        body = None
        try:
            if "content-length" in headers or "transfer-encoding" in headers:
                body = await self._body(headers, proto)
            if self._waiting >= MOST_WAITING:
                raise Refused(503, "Too many requests wait already.")
            environ = environ_of(scope, body)
            work = self._in_a_thread(lambda: self._answer(environ, proto))
            if body is not None:
                # The view's from here on, also when its client leaves meanwhile and this is cancelled.
                work.add_done_callback(partial(self._drop, body))
                body = None
            try:
                answer: Answer = await asyncio.shield(work)
            except asyncio.CancelledError:
                work.add_done_callback(_close_unheard)
                raise
            if answer.rest is not None:
                await self._stream(answer, proto)
        except Refused as refused:
            proto.response_str(
                refused.status,
                [("content-type", "text/plain; charset=utf-8"), ("connection", "close"), ("retry-after", RETRY_S)],
                f"{refused}\n",
            )
        except Gone:
            proto.response_empty(400, [("connection", "close")])
        except RSGIProtocolClosed:
            # The reader has left in the middle of a file.
            return
        finally:
            if body is not None:
                self._drop(body)

    # -- bodies --------------------------------------------------------------------------------------------------

    async def _body(self, headers: Any, proto: Any) -> Body:
        length = headers.get("content-length")
        # A length of more digits than a number has is more than anything takes.
        expected = whole_of(length, otherwise=MOST_OCTETS + 1) if length is not None else None
        if expected is not None and expected > MOST_OCTETS:
            raise Refused(413, "That is more than anything here takes.")
        body = Body()
        try:
            await self._receive(body, proto)
            if expected is not None and body.size < expected:
                raise Gone
            if expected is None and not _is_whole(body, headers.get("content-type", "")):
                raise Gone
        except BaseException:
            self._drop(body)
            raise
        body.file.seek(0)
        return body

    def _drop(self, body: Body, _done: object = None) -> None:
        self._octets -= body.size
        body.file.close()

    async def _receive(self, body: Body, proto: Any) -> None:
        loop = asyncio.get_running_loop()
        pieces = aiter(proto)
        began = loop.time()
        try:
            async with asyncio.timeout_at(began + GRACE_S) as limit:
                while True:
                    # Not `anext` with a default, which this awaitable cannot be left from.
                    try:
                        piece = await pieces.__anext__()
                    except StopAsyncIteration:
                        return
                    body.size += len(piece)
                    self._octets += len(piece)
                    if body.size > MOST_OCTETS:
                        raise Refused(413, "That is more than anything here takes.")
                    if self._octets > MOST_IN_WORK:
                        raise Refused(503, "Too much is being sent here already.")
                    body.file.write(piece)
                    limit.reschedule(began + min(GRACE_S + body.size / LEAST_PER_S, LONGEST_S))
        except TimeoutError:
            raise Refused(408, "The request came too slowly.") from None

    # -- work ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            self._work.get()()

    def _in_a_thread(self, work: Callable[[], Any]) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            self._waiting -= 1
            if done.cancelled():
                return
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)

        def run() -> None:
            result, error = None, None
            try:
                result = work()
            except BaseException as raised:
                error = raised
            loop.call_soon_threadsafe(settle, result, error)

        self._waiting += 1
        self._work.put(run)
        return done

    def _answer(self, environ: Environ, proto: Any) -> Answer:
        """Have the application answer. What is whole is given to the server here, without another turn of the loop."""
        answer = Answer()
        result = self._application(environ, answer.start)
        answer.close = getattr(result, "close", None)
        if isinstance(result, File) or getattr(result, "streaming", False):
            answer.rest = iter(result)
            if not isinstance(result, File) or not _is_small(result.file):
                return answer
            result = answer.rest
            answer.rest = None
        try:
            proto.response_bytes(answer.status, answer.headers, b"".join(result))
        finally:
            if answer.close:
                answer.close()
        return answer

    async def _stream(self, answer: Answer, proto: Any) -> None:
        rest = answer.rest
        assert rest is not None
        try:
            transport = proto.response_stream(answer.status, answer.headers)
            while (piece := await self._in_a_thread(lambda: next(rest, None))) is not None:
                await transport.send_bytes(piece)
        finally:
            if answer.close:
                await self._in_a_thread(answer.close)


def _close_unheard(work: asyncio.Future[Answer]) -> None:
    """Nobody reads the file that a view has given."""
    if work.exception() is None and (answer := work.result()).rest is not None and answer.close:
        answer.close()


def _is_small(file: IO[bytes]) -> bool:
    """Whether what is left to read of a file goes as one answer."""
    try:
        here = file.tell()
        end = file.seek(0, io.SEEK_END)
        file.seek(here)
    except (OSError, ValueError, AttributeError):
        return False
    return end - here <= WHOLE


def _is_whole(body: Body, kind: str) -> bool:
    """A body that does not say its length (chunked) and was cut off looks like one that ended: a form's last line tells."""
    _, found, boundary = kind.partition("boundary=")
    if not kind.startswith("multipart/") or not found:
        return True
    body.file.seek(max(0, body.size - 256))
    return b"--" + boundary.strip('"').encode() + b"--" in body.file.read()


_ALWAYS: Environ = {
    "SCRIPT_NAME": "", "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_SOFTWARE": "Hongyan", "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    "wsgi.input_terminated": True, "wsgi.file_wrapper": File,
}  # fmt: skip


def environ_of(scope: Any, body: Body | None) -> Environ:
    """A request as PEP 3333 has it."""
    server, _, port = scope.server.rpartition(":")
    client = scope.client.rpartition(":")[0]
    environ: Environ = {
        **_ALWAYS,
        "REQUEST_METHOD": scope.method,
        # The server has decoded it as UTF-8; WSGI wants its octets.
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client.strip("[]"),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body.file if body else io.BytesIO(),
    }
    for name, value in scope.headers.items():
        # X_Forwarded_Proto would else pass for X-Forwarded-Proto, which a proxy in front takes care of.
        if "_" in name:
            continue
        key = "HTTP_" + name.upper().replace("-", "_")
        if key in environ:
            environ[key] += ("; " if key == "HTTP_COOKIE" else ",") + value
        else:
            environ[key] = value
    if (kind := environ.pop("HTTP_CONTENT_TYPE", None)) is not None:
        environ["CONTENT_TYPE"] = kind
    environ.pop("HTTP_CONTENT_LENGTH", None)
    if body:
        environ["CONTENT_LENGTH"] = str(body.size)
    return environ
