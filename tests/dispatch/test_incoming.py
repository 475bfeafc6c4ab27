"""What phones write: parts joined as octets, repeats known, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from psycopg import AsyncConnection

from hongyan.dispatch import incoming
from hongyan.dispatch.incoming import ReceivedSegment
from hongyan.dispatch.models import Incoming
from hongyan.protocols.events import IncomingSegment
from hongyan.protocols.parts import segment
from hongyan.protocols.text import Alphabet, Concatenation, take_header
from tests.beside import database_url
from tests.builders import Company

PHONE, SERVICE = "13800138000", "10690001"


@pytest.fixture
def company(committed_company: Company) -> Company:
    return committed_company


def a_part(
    octets: str,
    part: int,
    *,
    total: int = 2,
    reference: int = 7,
    alphabet: Alphabet = Alphabet.UCS2,
    carrier_id: str = "",
) -> IncomingSegment:
    content = bytes.fromhex(octets)
    return segment(PHONE, SERVICE, content, alphabet, Concatenation(reference, total, part), carrier_id)


@async_to_sync
async def receive(company: Company, *segments: IncomingSegment) -> None:
    async with await AsyncConnection.connect(database_url()) as own:
        await incoming.store(own, [ReceivedSegment(company.channel.pk, one) for one in segments])


@async_to_sync
async def later(by: timedelta) -> None:
    async with await AsyncConnection.connect(database_url()) as own:
        await own.execute(
            "update dispatch_incoming_part set received_at = received_at - %(by)s, joined_at = joined_at - %(by)s",
            {"by": by},
        )
        await incoming.join(own)


def stored() -> list[tuple[str, str, bool]]:
    return list(Incoming.objects.order_by("id").values_list("number", "text", "is_complete"))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_emoji_cut_between_parts_arrives_whole(company: Company, order: tuple[int, int]) -> None:
    parts = a_part("6536d83d", 1), a_part("de00", 2)
    receive(company, parts[order[0]])
    assert stored() == []
    receive(company, parts[order[1]])
    assert stored() == [("+8613800138000", "收😀", True)]


def test_parts_may_differ_in_alphabet_and_each_is_read_in_its_own(company: Company) -> None:
    receive(company, a_part("41", 1, alphabet=Alphabet.ASCII), a_part("c4e3", 2, alphabet=Alphabet.GBK))
    assert stored() == [("+8613800138000", "A你", True)]


@pytest.mark.parametrize("carrier_id", ["", "77"])
def test_a_part_that_comes_again_after_the_whole_is_no_new_text(company: Company, carrier_id: str) -> None:
    parts = a_part("6536", 1, carrier_id=carrier_id), a_part("5230", 2, carrier_id=carrier_id)
    receive(company, *parts)
    receive(company, parts[1])
    later(timedelta(seconds=incoming.JOIN_WITHIN_S + 1))
    assert stored() == [("+8613800138000", "收到", True)]


def test_a_part_that_comes_again_under_another_id_is_no_new_text_but_all_of_them_are(company: Company) -> None:
    receive(company, a_part("6536", 1, carrier_id="1"), a_part("5230", 2, carrier_id="2"))
    receive(company, a_part("5230", 2, carrier_id="3"), a_part("5230", 2, carrier_id="4"))
    later(timedelta(seconds=incoming.JOIN_WITHIN_S + 1))
    assert [text for _number, text, _whole in stored()] == ["收到"]
    receive(company, a_part("6536", 1, carrier_id="5"), a_part("5230", 2, carrier_id="6"))
    assert [text for _number, text, _whole in stored()] == ["收到", "收到"]


def test_a_part_that_comes_again_before_the_whole_is_one_part(company: Company) -> None:
    receive(company, a_part("6536", 1, carrier_id="1"), a_part("6536", 1, carrier_id="2"), a_part("5230", 2))
    assert [text for _number, text, _whole in stored()] == ["收到"]


def test_references_of_eight_and_of_sixteen_bits_are_two(company: Company) -> None:
    def wide(octets: str, part: int) -> IncomingSegment:
        content = bytes.fromhex(f"0608040007020{part}{octets}")
        joined, content = take_header(content)
        return segment(PHONE, SERVICE, content, Alphabet.UCS2, joined)

    receive(company, a_part("6536", 1), wide("597d", 1), a_part("5230", 2), wide("7684", 2))
    assert [text for _number, text, _whole in stored()] == ["收到", "好的"]


def test_the_link_of_a_long_text_is_that_of_its_parts(company: Company) -> None:
    receive(company, replace(a_part("6536", 1), link_id="L1"), replace(a_part("5230", 2), link_id="L1"))
    with connection.cursor() as cursor:
        cursor.execute("select text, link_id from dispatch_incoming")
        assert cursor.fetchall() == [("收到", "L1")]


def test_the_same_reference_serves_the_next_text(company: Company) -> None:
    receive(company, a_part("6536", 1, carrier_id="1"), a_part("5230", 2, carrier_id="2"))
    receive(company, a_part("597d", 1, carrier_id="3"))
    receive(company, a_part("7684", 2, carrier_id="4"))
    assert [text for _number, text, _whole in stored()] == ["收到", "好的"]


def test_a_part_in_the_place_of_another_texts_does_not_push_it_out(company: Company) -> None:
    receive(company, a_part("6536", 1))
    receive(company, a_part("597d", 1), a_part("7684", 2))
    assert stored() == [("+8613800138000", "收", False), ("+8613800138000", "好的", True)]


def test_what_never_becomes_whole_is_stored_as_it_is(company: Company) -> None:
    receive(company, a_part("6536d83d", 1, total=3), a_part("5230", 3, total=3))
    later(timedelta(seconds=incoming.JOIN_WITHIN_S + 1))
    assert stored() == [("+8613800138000", "收\ufffd到", False)]
    later(timedelta(seconds=incoming.KEEP_JOINED_S))
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from dispatch_incoming_part")
        assert cursor.fetchone() == (0,)


def test_a_name_is_kept_as_the_sender(company: Company) -> None:
    receive(
        company,
        IncomingSegment("WeChat", SERVICE, "验证码", is_name=True),
        IncomingSegment("10690", SERVICE, "一", is_name=True),
        IncomingSegment("10086", SERVICE, "话费"),
        IncomingSegment("+14155552671", SERVICE, "STOP"),
    )
    assert [number for number, _text, _whole in stored()] == ["WeChat", "10690", "10086", "+14155552671"]
