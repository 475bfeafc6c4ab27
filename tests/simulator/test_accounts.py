from __future__ import annotations

from hongyan.runtime.settings import Settings
from hongyan.simulator.accounts import demonstration


def test_two_installations_on_one_machine_can_keep_their_carriers_apart() -> None:
    usual = demonstration(Settings())
    moved = demonstration(Settings(carrier_port="28000"))
    assert {account.port for account in usual} == {17890, 17891, 12775}
    assert {account.port for account in moved} == {28000, 28001, 28002}
    assert [(one.protocol, one.login) for one in moved] == [(one.protocol, one.login) for one in usual]
