"""smpplib as a client."""

from __future__ import annotations

import logging
import select
import sys
from typing import Any

import smpplib.client  # type: ignore[import-not-found]
import smpplib.consts  # type: ignore[import-not-found]
import smpplib.exceptions  # type: ignore[import-not-found]
import smpplib.gsm  # type: ignore[import-not-found]

from tests.peers.scripts.talk import ASKED, say, tell_delivered

logging.disable()


def delivered(pdu: Any) -> None:
    receipted = pdu.receipted_message_id
    tell_delivered(
        pdu.esm_class,
        pdu.short_message,
        receipted.decode().rstrip("\0") if receipted else None,
        pdu.source_addr.decode(),
    )


client = smpplib.client.Client("127.0.0.1", ASKED["port"], allow_unknown_opt_params=True)
client.set_message_sent_handler(lambda pdu: say("accepted", id=pdu.message_id.decode()))
client.set_message_received_handler(delivered)
client.connect()
try:
    client.bind_transceiver(system_id=ASKED["login"], password=ASKED["secret"])
except smpplib.exceptions.PDUError as error:
    say("refused", code=error.args[1])
    client.disconnect()
    sys.exit()
say("bound")
for text in ASKED["texts"]:
    contents, coding, esm_class = smpplib.gsm.make_parts(text, smpplib.consts.SMPP_ENCODING_ISO10646)
    for content in contents:
        client.send_message(
            source_addr_ton=0,
            source_addr=ASKED["source"],
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr=ASKED["number"],
            short_message=content,
            data_coding=coding,
            esm_class=esm_class,
            registered_delivery=True,
        )
while sys.stdin not in (ready := select.select([client._socket, sys.stdin], [], [])[0]):
    if ready:
        client.read_once()
if client.unbind().command == "unbind_resp":
    say("unbound")
client.disconnect()
