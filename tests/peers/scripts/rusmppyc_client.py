"""rusmppyc as a client: it speaks SMPP 5.0 and is told not to mind a server of 3.4."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys

from rusmppyc import (  # type: ignore[import-not-found]
    Client,
    DataCoding,
    DeliverSm,
    EsmClass,
    Event,
    Events,
    GsmFeatures,
    MessageType,
    Npi,
    Pdu,
    RegisteredDelivery,
    RusmppycException,
    TlvTag,
    Ton,
)

from tests.peers.scripts.talk import ASKED, parts, say, tell_delivered


def text(octets: list[int]) -> str:
    return bytes(octets).rstrip(b"\0").decode("ascii")


def tell(delivered: DeliverSm) -> None:
    receipted = [tlv.value._0 for tlv in delivered.tlvs if isinstance(tlv.tag, TlvTag.ReceiptedMessageId)]
    is_receipt = isinstance(delivered.esm_class.message_type, MessageType.ShortMessageContainsMCDeliveryReceipt)
    tell_delivered(
        4 if is_receipt else 0,
        bytes(delivered.short_message),
        text(receipted[0]) if receipted else None,
        text(delivered.source_addr),
    )


async def listen(client: Client, events: Events) -> None:
    async for event in events:
        match event:
            case Event.Incoming(command) if isinstance(command.pdu, Pdu.DeliverSm):
                await client.deliver_sm_resp(command.sequence_number)
                tell(command.pdu._0)
            case Event.Error(error):
                say("error", why=str(error))


async def main() -> None:
    client, events = await Client.connect(f"smpp://127.0.0.1:{ASKED['port']}", interface_version_check=False)
    try:
        await client.bind_transceiver(system_id=ASKED["login"], password=ASKED["secret"])
    except RusmppycException as error:
        say("refused", code=0x0E if re.search("EsmeRinvpaswd", str(error)) else None, why=str(error))
        return
    say("bound")
    listening = asyncio.create_task(listen(client, events))
    for one in ASKED["texts"]:
        contents = parts(one)
        for content in contents:
            answer = await client.submit_sm(
                source_addr=ASKED["source"],
                dest_addr_ton=Ton.International(),
                dest_addr_npi=Npi.Isdn(),
                destination_addr=ASKED["number"],
                esm_class=EsmClass(gsm_features=GsmFeatures.UdhiIndicator()) if len(contents) > 1 else EsmClass(),
                registered_delivery=RegisteredDelivery.request_all(),
                data_coding=DataCoding.Ucs2(),
                short_message=content,
            )
            say("accepted", id=text(answer.message_id))
    await asyncio.to_thread(sys.stdin.read)
    await client.unbind()
    say("unbound")
    listening.cancel()
    with contextlib.suppress(RusmppycException):
        await client.close()


asyncio.run(main())
