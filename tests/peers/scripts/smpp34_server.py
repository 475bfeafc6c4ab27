"""smpp34 as a server: takes every login, gives ids, and sends a receipt for each submit and a text on demand."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import smpp34  # type: ignore[import-not-found]

from tests.peers.scripts.talk import ASKED, say

bound: dict[str, smpp34.Esme] = {}


async def report(submit: smpp34.SubmitSmEvent, carrier_id: str) -> None:
    receipt = (
        f"id:{carrier_id} sub:001 dlvrd:001 submit date:2611240900 done date:2611240901 stat:DELIVRD err:000 text:"
    )
    answer = await bound[submit.session_id].deliver_sm(
        submit.source_addr,
        receipt.encode(),
        source_addr=submit.destination_addr,
        esm_class=4,
        tlvs=[
            smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, carrier_id.encode() + b"\0"),
            smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, b"\2"),
        ],
    )
    say("taken", status=answer.command_status)


async def take_lines() -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        asked = json.loads(line)
        answer = await next(iter(bound.values())).deliver_sm(
            asked["to"], asked["text"].encode("utf-16-be"), source_addr=asked["sender"], data_coding=8
        )
        say("taken", status=answer.command_status)
    os._exit(0)


async def main() -> None:
    server = smpp34.Server("127.0.0.1", ASKED["port"], system_id="stranger")
    await server.start()
    say("listening")
    tasks = {asyncio.create_task(take_lines())}
    given = 0x7F00A0
    while True:
        match await server.next():
            case smpp34.Esme() as esme:
                bound[esme.session_id] = esme
                say("login", right=True)
            case smpp34.SubmitSmEvent() as submit:
                given += 1
                content = submit.short_message
                header, content = (content[:6], content[6:]) if submit.esm_class & 0x40 else (b"", content)
                text = content.decode("utf-16-be" if submit.data_coding == 8 else "ascii")
                say(
                    "submit",
                    id=f"{given:x}",
                    to=submit.destination_addr,
                    text=text,
                    part=list(header[-2:]),
                    **{"from": submit.source_addr},
                )
                submit.accept(f"{given:x}")
                tasks.add(asyncio.create_task(report(submit, f"{given:x}")))
            case smpp34.Unbound():
                say("unbound")


asyncio.run(main())
