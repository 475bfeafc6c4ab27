"""smpp34 as a reader of whole PDUs, given as hexadecimal, and as their writer."""

from __future__ import annotations

import smpp34  # type: ignore[import-not-found]

from tests.peers.scripts.talk import ASKED, say

NAMES = (
    "service_type source_addr_ton source_addr_npi source_addr dest_addr_ton dest_addr_npi destination_addr esm_class "
    "protocol_id priority_flag schedule_delivery_time validity_period registered_delivery replace_if_present_flag "
    "data_coding sm_default_msg_id"
).split()

for text in ASKED["pdus"]:
    pdu = smpp34.decode(bytes.fromhex(text))
    if isinstance(pdu, smpp34.RawPdu):
        fields = {"command_status": pdu.command_status, "body": pdu.body.hex()}
    else:
        fields = {name: getattr(pdu, name) for name in NAMES} | {
            "short_message": pdu.short_message.hex(),
            "tlvs": [[tlv.tag, tlv.value.hex()] for tlv in pdu.tlvs],
            "encoded": pdu.encode().hex(),
        }
    say("read", command_id=pdu.command_id, sequence_number=pdu.sequence_number, **fields)
