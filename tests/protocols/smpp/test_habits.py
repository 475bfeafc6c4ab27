"""Habits of servers, as a channel may say them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hongyan.protocols.events import (
    ReportClass,
    ReportReceived,
    SubmitRequested,
)
from hongyan.protocols.session import Role
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.messages import Habits
from hongyan.protocols.smpp.pdus import Command, DeliverSm, SubmitSm
from hongyan.protocols.smpp.session import SmppSession
from hongyan.protocols.text import Alphabet
from tests.protocols.smpp.pair import ACCOUNT, SUBMIT, Pair, frames


@pytest.mark.parametrize(
    ("default", "alphabet", "coding"),
    [
        (Alphabet.GSM7, Alphabet.GSM7, 0), (Alphabet.LATIN1, Alphabet.LATIN1, 0), (Alphabet.GSM7, Alphabet.LATIN1, 3),
        (Alphabet.GSM7_PACKED, Alphabet.GSM7_PACKED, 0), (Alphabet.ASCII, Alphabet.ASCII, 0), (Alphabet.GSM7, Alphabet.UCS2, 8),
    ],
)  # fmt: skip
def test_the_servers_default_alphabet_has_data_coding_0(default: Alphabet, alphabet: Alphabet, coding: int) -> None:
    pair = Pair(Habits(default_alphabet=default)).logged_in()
    pair.client.submit(replace(SUBMIT, alphabet=alphabet, content=b"x"), 1, 0.0)
    (frame,) = frames(pair.client.data_to_send())
    assert isinstance(frame.pdu, SubmitSm)
    assert frame.pdu.data_coding == coding


@pytest.mark.parametrize("is_final", [True, False])
def test_whether_accepted_is_the_last_word_is_the_channels_to_say(is_final: bool) -> None:
    pair = Pair(Habits(accepted_is_final=is_final)).logged_in()
    (received,) = pair.to_client(
        Command.DELIVER_SM, DeliverSm(esm_class=4, source_addr="138", short_message=b"id:7 stat:ACCEPTD err:000 text:")
    )
    assert isinstance(received, ReportReceived)
    assert received.report.outcome is (ReportClass.DELIVERED if is_final else ReportClass.INTERMEDIATE)


def test_a_receivers_bind_names_the_numbers_it_serves() -> None:
    session = SmppSession(Role.CLIENT, ACCOUNT, habits=Habits(bind="receiver", address_range="^1069"))
    session.opened(0.0)
    (frame,) = frames(session.data_to_send())
    assert isinstance(frame.pdu, pdus.Bind)
    assert frame.pdu.address_range == "^1069"


def test_a_repeated_message_of_the_same_number_is_new_once_the_first_has_its_answer() -> None:
    """The standard knows no repeats, and some clients have one sequence number for all they send."""
    pair = Pair().logged_in()
    submit = SubmitSm(destination_addr="138", short_message=b"x")
    for _ in range(2):
        (asked,) = pair.to_server(Command.SUBMIT_SM, submit, sequence=1)
        assert isinstance(asked, SubmitRequested)
        pair.server.answer_submit(asked.token, 0.0, carrier_ids=("7",))
