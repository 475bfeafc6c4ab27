"""A start waits for its pages as long as they may still come."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from hongyan.cli.running import MOST_TRIES_OF_WEB, _wait_for_web
from hongyan.runtime.settings import Settings
from hongyan.runtime.supervisor import Part, Supervisor

PAGES = """
import http.server, sys
from pathlib import Path
tries = Path(sys.argv[1])
tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
if len(tries.read_text()) <= int(sys.argv[3]):
    sys.exit(3)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(503)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Page).serve_forever()
"""


@pytest.fixture
def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr("hongyan.runtime.supervisor.FIRST_WAIT_S", 0.01)
    one = Supervisor([], tmp_path)
    yield one
    one.stop_all()


def pages(tmp_path: Path, port: int, failures: int) -> Part:
    return Part("web", [sys.executable, "-c", PAGES, str(tmp_path / "tries"), str(port), str(failures)], wait_s=0.01)


def test_pages_that_end_once_and_then_answer_have_started(
    supervisor: Supervisor, tmp_path: Path, free_port: int
) -> None:
    supervisor.parts.append(pages(tmp_path, free_port, failures=1))
    _wait_for_web(Settings(port=str(free_port)), supervisor)
    assert supervisor.parts[0].restarts == 1


def test_pages_that_end_again_and_again_are_told(
    supervisor: Supervisor, tmp_path: Path, free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    supervisor.parts.append(pages(tmp_path, free_port, failures=9))
    with pytest.raises(typer.Exit):
        _wait_for_web(Settings(port=str(free_port)), supervisor)
    assert (tmp_path / "tries").read_text() == "x" * MOST_TRIES_OF_WEB
    assert f"did not start on port {free_port}" in capsys.readouterr().err
