"""A port that is taken is refused in words that name who has it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hongyan.runtime.ports import Port, PortRefused, holder

LISTENS = """
import socket, sys
one = socket.create_server(("127.0.0.1", 0), reuse_port=sys.argv[1] == "shared")
print(one.getsockname()[1], flush=True)
sys.stdin.read()
"""


def a_port(number: int, host: str = "127.0.0.1") -> Port:
    return Port("Pages and API", host, number, "HONGYAN_PORT")


def test_our_own_holding_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = holder(taken.getsockname()[1])
    assert found
    assert found.pid == os.getpid()


@pytest.mark.parametrize("kind", ["alone", "shared"])
def test_a_taken_port_is_refused_even_where_its_holder_would_share_it(kind: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LISTENS, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        number = int(other.stdout.readline())
        for opening in (a_port(number).open, a_port(number, "0.0.0.0").open, lambda: a_port(number).open_for(2)):
            with pytest.raises(PortRefused) as refused:
                opening()
            assert f"port {number} is taken by" in str(refused.value)
            assert f"(process {other.pid})" in str(refused.value)
            assert "HONGYAN_PORT" in str(refused.value)
        assert other.stdin
        other.stdin.close()


def test_another_installation_is_named_by_its_folder(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LISTENS + "# hongyan", "alone"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=tmp_path, env={**os.environ, "HONGYAN_DATA_DIR": "house/data"},
    ) as other:  # fmt: skip
        assert other.stdout
        number = int(other.stdout.readline())
        with pytest.raises(PortRefused, match=f"the Hongyan of the data folder {tmp_path}/house/data "):
            a_port(number).check()
        assert other.stdin
        other.stdin.close()


def test_an_address_that_is_not_of_this_machine_is_named() -> None:
    with pytest.raises(PortRefused, match=r"nobody can listen on 192\.0\.2\.1"):
        a_port(8000, "192.0.2.1").check()


def test_a_port_with_two_workers_is_taken_for_a_second_installation() -> None:
    opened = a_port(0).open_for(2)
    try:
        number = opened[0].getsockname()[1]
        assert [one.getsockname()[1] for one in opened] == [number, number]
        assert opened[0] is not opened[1]
        with pytest.raises(PortRefused):
            a_port(number).open_for(2)
    finally:
        for one in opened:
            one.close()
