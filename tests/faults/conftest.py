"""A world with breakable lines; how much is sent, and from which seed the moments come."""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

import pytest

from tests.faults.proxy import Proxy
from tests.faults.world import PORT_OFFSETS, World


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without --faults only those run that are quick and different from each other."""
    if config.getoption("--faults"):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("full")]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails shows what the installation wrote meanwhile."""
    report = yield
    world = item.funcargs.get("world") if isinstance(item, pytest.Function) else None
    if report.failed and isinstance(world, World):
        report.sections.append(("logs", world.said()))
    return report


@pytest.fixture(scope="session")
def is_full(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--faults"))


@pytest.fixture(scope="session")
def how_many(is_full: bool) -> int:
    """Messages of a submission: enough for the fault to fall into its middle."""
    return 50_000 if is_full else 1_500


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    chosen = request.config.getoption("--seed")
    seed = int(chosen) if chosen else random.randrange(10**6)
    print(f"moments from --seed {seed}")
    return seed


@dataclass
class Lines:
    """The proxies in front of the simulated accounts."""

    world: World
    proxies: dict[str, Proxy] = field(default_factory=dict)

    def to(self, protocol: str, *, numbers_per_submit: int = 1) -> Proxy:
        """A channel over a line that can be broken."""
        if protocol not in self.proxies:
            self.proxies[protocol] = Proxy(to_port=self.world.carrier_port + PORT_OFFSETS[protocol])
        proxy = self.proxies[protocol]
        self.world.channel(protocol, port=proxy.port, numbers_per_submit=numbers_per_submit)
        return proxy


@pytest.fixture(scope="session")
def shared_world(tmp_path_factory: pytest.TempPathFactory, is_full: bool) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("world"), speed=5000 if is_full else 300)
    try:
        world.start()
        yield world
    finally:
        world.stop()


@pytest.fixture(scope="session")
def shared_lines(shared_world: World) -> Iterator[Lines]:
    lines = Lines(shared_world)
    yield lines
    for proxy in lines.proxies.values():
        proxy.close()


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    yield shared_world
    shared_world.calm()


@pytest.fixture
def lines(shared_lines: Lines) -> Iterator[Lines]:
    yield shared_lines
    for proxy in shared_lines.proxies.values():
        proxy.heal()
