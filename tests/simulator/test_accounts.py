from __future__ import annotations

from hongyan.runtime.settings import Settings
from hongyan.simulator.accounts import demonstration


def test_two_installations_on_one_machine_can_keep_their_carriers_apart() -> None:
    usual = demonstration(Settings())
    moved = demonstration(Settings(carrier_port="28000"))
    ports = [{one.port for one in made} | {one.callback_port for one in made} - {0} for made in (usual, moved)]
    assert len(ports[0]) == len(ports[1]) == len(usual) + 1
    assert not ports[0] & ports[1]
    assert all(28000 <= port < 28200 for port in ports[1])
    assert [(one.protocol, one.login) for one in moved] == [(one.protocol, one.login) for one in usual]
