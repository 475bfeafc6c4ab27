"""What 5.0 has and 3.4 has not."""

from __future__ import annotations

from hongyan.protocols.events import (
    SubmitAnswered,
    Verdict,
)
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.codes import Status
from hongyan.protocols.smpp.pdus import RESPONSE, Command, Version
from hongyan.protocols.smpp.tags import Tag
from tests.protocols.smpp.pair import Pair, frames, says


def test_a_server_of_5_0_says_how_congested_it_is() -> None:
    pair = Pair(client=Version.V50, server=Version.V50).logged_in()
    pair.server.congestion = 85
    pair.server.answer_submit(pair.asked().token, 0.0, carrier_ids=("7",))
    assert pair.pump() == [SubmitAnswered("ref", Verdict.ACCEPTED, ("7",), congestion=85)]
    assert pair.client.congestion == 85
    # With an error, too, and in an answer that has no body otherwise.
    pair.server.congestion = 100
    pair.server.answer_submit(pair.asked().token, 0.0, code=0x58)
    (answered,) = pair.pump()
    assert isinstance(answered, SubmitAnswered)
    assert (answered.verdict, pair.client.congestion) == (Verdict.THROTTLED, 100)
    pair.server.congestion = 0
    pair.client.tick(30.0)
    pair.pump()
    assert pair.client.congestion == 0


def test_the_login_answer_may_say_how_congested_the_server_is() -> None:
    pair = Pair(client=Version.V50)
    tlvs = ((Tag.SC_INTERFACE_VERSION, b"\x50"), (Tag.CONGESTION_STATE, b"\x2a"))
    pair.to_client(RESPONSE | Command.BIND_TRANSCEIVER, pdus.BindResp("SMSC", tlvs), sequence=1)
    assert (pair.client.version, pair.client.congestion) == (Version.V50, 42)


def test_a_client_of_3_4_gets_nothing_of_5_0() -> None:
    pair = Pair(server=Version.V50).logged_in()
    pair.server.congestion = 85
    pair.server.answer_submit(pair.asked().token, 0.0, carrier_ids=("7",))
    (answer,) = frames(pair.server.data_to_send())
    assert answer.pdu == pdus.SubmitSmResp("7")
    assert pair.client.congestion is None
    pair.server.answer_submit(pair.asked().token, 0.0, code=0x104)
    assert [status for _, status, _ in says(pair.server)] == [Status.RUNKNOWNERR]
    assert pair.to_server(Command.BROADCAST_SM, pdus.BroadcastSm()) == []
    assert says(pair.server) == [(Command.GENERIC_NACK, Status.RINVCMDID, 77)]
