"""pycmpp as a client, without its heartbeat. It knows no DELIVER: that handler is ours, on its own reading loop."""

from __future__ import annotations

import logging
import os
import sys
import threading

from pycmpp import Cmpp, handlers  # type: ignore[import-not-found]
from pycmpp.cmpp_defines import (  # type: ignore[import-not-found]
    CMPP_CONNECT_RESP,
    CMPP_DELIVER_REQ,
    CMPP_DELIVER_RESP,
    CMPP_SUBMIT_RESP,
    CMPP_TERMINATE_RESP,
)
from pycmpp.response import ConnectResponseInstance, SubmitResponseInstance  # type: ignore[import-not-found]
from pycmpp.utils import Pack, decode_headers  # type: ignore[import-not-found]

from tests.peers.scripts.talk import ASKED, say

logging.disable()
over = threading.Event()
bound = threading.Event()


class Connected(handlers.BaseHandler):  # type: ignore[misc]
    def __call__(self) -> None:
        answer = ConnectResponseInstance()
        answer.resolve(self.message)
        if answer.status == 0:
            say("bound")
            bound.set()
        else:
            say("refused", code=answer.status)
            os._exit(0)


class Submitted(handlers.BaseHandler):  # type: ignore[misc]
    def __call__(self) -> None:
        answer = SubmitResponseInstance()
        answer.resolve(self.message)
        say("accepted", id=f"{answer.msg_id:x}", code=answer.status)


class Delivered(handlers.BaseHandler):  # type: ignore[misc]
    """CMPP 2.0 §7.4.5: Msg_Id 8, Dest_Id 21, Service_Id 10, TP_pid, TP_udhi, Msg_Fmt, Src_terminal_Id 21, flag, length."""

    def __call__(self) -> None:
        sequence, body = decode_headers(self.message)[2], self.message[12:]
        answer = body[:8] + b"\0"
        self.cmpp.send(b"".join(Pack.get_unsigned_long_data(n) for n in (21, CMPP_DELIVER_RESP, sequence)) + answer)
        is_report, size = body[63], body[64]
        content = body[65 : 65 + size]
        sender = body[42:63].rstrip(b"\0").decode("ascii")
        if is_report:
            carrier_id = int.from_bytes(content[:8], "big")
            say("receipt", id=f"{carrier_id:x}", tlv_id=None, stat=content[8:15].rstrip(b"\0").decode("ascii"))
        else:
            say("incoming", text=content.decode("utf-16-be"), sender=sender)


class LoggedOut(handlers.BaseHandler):  # type: ignore[misc]
    def __call__(self) -> None:
        say("unbound")
        over.set()


client = Cmpp(
    "127.0.0.1", ASKED["port"], ASKED["login"], ASKED["secret"], ASKED["source"], delivery=1, client_heartbeat=False
)
client.handlers |= {
    CMPP_CONNECT_RESP: Connected,
    CMPP_SUBMIT_RESP: Submitted,
    CMPP_DELIVER_REQ: Delivered,
    CMPP_TERMINATE_RESP: LoggedOut,
}
threading.Thread(target=client.run, daemon=True).start()
bound.wait(10)
for text in ASKED["texts"]:
    client.submit(text, [ASKED["number"]])
sys.stdin.read()
client.terminate()
over.wait(5)
os._exit(0)  # its reading loop knows no end
