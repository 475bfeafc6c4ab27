"""Sequence numbers: node, time and a counter."""

from __future__ import annotations

from hongyan.protocols.framing import Frame
from hongyan.protocols.session import Account, Role, Side
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.pdus import RESPONSE, Command
from hongyan.protocols.sgip.session import SgipSession
from tests.protocols.sgip.pair import BEGIN, SP, SUBMIT, Pair, frames


def test_a_sequence_is_node_local_time_and_a_counter_that_rises() -> None:
    pair = Pair().logged_in()
    pair.now = 3.0
    for reference in range(3):
        pair.client.submit(SUBMIT, reference, pair.now)
    assert [frame.sequence for frame in frames(pair.client)] == [
        pdus.sequence_number(SP, 1123165504, counter) for counter in (1, 2, 3)
    ]


def test_the_counter_wraps_within_its_32_bits() -> None:
    session = SgipSession(
        Role.CLIENT, Account(clock=lambda: BEGIN), side=Side.CUSTOMER, node=SP, first_counter=0xFFFFFFFF
    )
    session.opened(0.0)
    (bind,) = frames(session)
    assert bind.sequence == pdus.sequence_number(SP, 1123165501, 0xFFFFFFFF)
    session.receive(pdus.write(Frame(RESPONSE | Command.BIND, bind.sequence, pdus.BindResp(0))), 0.0)
    session.submit(SUBMIT, "ref", 0.0)
    (submit,) = frames(session)
    assert submit.sequence == pdus.sequence_number(SP, 1123165501, 0)


def test_connections_of_one_node_in_one_second_have_sequences_of_their_own() -> None:
    account = Account(clock=lambda: BEGIN)
    found = set()
    for _ in range(20):
        session = SgipSession(Role.CLIENT, account, side=Side.CUSTOMER, node=SP)
        session.opened(0.0)
        found.add(frames(session)[0].sequence)
    assert len(found) == 20
