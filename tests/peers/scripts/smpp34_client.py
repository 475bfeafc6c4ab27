"""smpp34 as a client."""

from __future__ import annotations

import asyncio
import sys

import smpp34  # type: ignore[import-not-found]

from tests.peers.scripts.talk import ASKED, parts, say, tell_delivered


async def listen(smsc: smpp34.Smsc) -> None:
    while not isinstance(event := await smsc.next(), smpp34.Disconnected):
        tlvs = {tlv.tag: tlv for tlv in event.tlvs}
        receipted = tlvs.get(smpp34.TLV_RECEIPTED_MESSAGE_ID)
        tell_delivered(
            event.esm_class, event.short_message, receipted.as_string() if receipted else None, event.source_addr
        )


async def main() -> None:
    client = smpp34.Client(
        "127.0.0.1", ASKED["port"], ASKED["login"], ASKED["secret"], bind_type="TRX", connect_timeout_ms=1500
    )
    try:
        smsc = await client.connect()
    except Exception as error:
        # It tells a refused bind only as one that timed out, whatever the server answers.
        say("refused", code=None, why=str(error))
        return
    say("bound")
    listening = asyncio.create_task(listen(smsc))
    for text in ASKED["texts"]:
        for content in parts(text):
            answer = await smsc.submit_sm(
                ASKED["number"],
                content,
                source_addr=ASKED["source"],
                dest_addr_ton=1,
                dest_addr_npi=1,
                esm_class=0x40 if len(text) > 70 else 0,
                registered_delivery=1,
                data_coding=8,
            )
            say("accepted", id=answer.message_id)
    await asyncio.to_thread(sys.stdin.read)
    await smsc.unbind()
    say("unbound")
    listening.cancel()
    await client.stop()


asyncio.run(main())
