"""Whether a process has ended, seen from another on its machine: yes only when it is certain."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hongyan.runtime import processes

NAMES_ITSELF = "from hongyan.runtime import processes; print(processes.identity(), flush=True); input()"

pytestmark = pytest.mark.skipif(not processes.identity(), reason="the system does not tell")


def test_a_process_has_ended_once_it_was_killed_even_before_its_parent_has_noticed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", NAMES_ITSELF], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        process = child.stdout.readline().strip()
        assert not processes.has_ended(process)
        child.kill()
        # A zombie until the parent asks for its end.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert processes.has_ended(process)
        child.wait()
        assert processes.has_ended(process)


def test_who_has_its_number_now_is_another() -> None:
    place, pid, start = processes.identity().rsplit(" ", 2)
    assert processes.has_ended(f"{place} {pid} {int(start) - 1}")
    assert not processes.has_ended(processes.identity())


@pytest.mark.parametrize("process", ["", "nonsense", "another-boot 1 4194305 17", "another-boot 1 x y"])
def test_nothing_is_said_of_processes_elsewhere(process: str) -> None:
    assert not processes.has_ended(process)


def test_nothing_is_said_of_other_namespaces_and_what_cannot_be_read() -> None:
    place, pid, start = processes.identity().rsplit(" ", 2)
    boot, _namespace = place.split()
    assert not processes.has_ended(f"{boot} 1 {pid} {int(start) - 1}")
    assert not processes.has_ended(f"{place} x {start}")
