"""How a door reads what a customer's system wrote."""

from __future__ import annotations

import pytest

from hongyan.dispatch.numbers import BadNumber
from hongyan.doors.entrance import read_number
from hongyan.protocols.events import Submit
from hongyan.protocols.smpp.messages import Habits, submit_value
from hongyan.protocols.smpp.pdus import SmeAddress, SubmitMulti, SubmitSm
from hongyan.protocols.text import Alphabet


def submit(*, international: bool) -> Submit:
    return Submit("10690001", (), b"", Alphabet.UCS2, is_international=international)


@pytest.mark.parametrize(
    ("given", "international", "read"),
    [
        # Said to be international: a country code comes first ...
        ("447400123456", True, "+447400123456"),
        ("8613800138000", True, "+8613800138000"),
        ("13802345678", True, "+13802345678"),
        ("+447400123456", True, "+447400123456"),
        ("00447400123456", True, "+447400123456"),
        # ... and what is no number so is read as a mainland one.
        ("13800138000", True, "+8613800138000"),
        # Nothing said: mainland first, and abroad where it is no number of the mainland.
        ("13802345678", False, "+8613802345678"),
        ("8613800138000", False, "+8613800138000"),
        ("447400123456", False, "+447400123456"),
    ],
)
def test_a_recipient_is_read_as_its_client_meant_it(given: str, international: bool, read: str) -> None:
    assert read_number(given, submit(international=international)) == read


@pytest.mark.parametrize("given", ["", "12345", "abc", "4474001"])
@pytest.mark.parametrize("international", [True, False])
def test_what_is_no_number_in_either_reading_is_refused(given: str, international: bool) -> None:
    with pytest.raises(BadNumber):
        read_number(given, submit(international=international))


@pytest.mark.parametrize("ton", [0, 1, 2])
def test_smpp_clients_say_it_by_the_type_of_number(ton: int) -> None:
    one = SubmitSm(dest_addr_ton=ton, destination_addr="447400123456", short_message=b"x")
    several = SubmitMulti(dest_address=(SmeAddress(ton, 1, "447400123456"), SmeAddress(ton, 1, "447400123457")))
    assert submit_value(one, Habits()).is_international is (ton == 1)
    assert submit_value(several, Habits()).is_international is (ton == 1)
