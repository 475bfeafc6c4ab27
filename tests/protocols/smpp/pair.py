"""Both ends of a connection at once, and one end against bytes that no session of ours sends."""

from __future__ import annotations

from hongyan.protocols.events import (
    DeliveryReport,
    Event,
    LoggedIn,
    LoginRequested,
    ReportClass,
    Submit,
    SubmitRequested,
)
from hongyan.protocols.framing import Decoder, Frame
from hongyan.protocols.session import Account, Role
from hongyan.protocols.smpp import pdus
from hongyan.protocols.smpp.fields import Body
from hongyan.protocols.smpp.messages import Habits
from hongyan.protocols.smpp.pdus import HEADER, Command, DataSm, DeliverSm, SubmitMulti, SubmitSm, Version
from hongyan.protocols.smpp.session import SmppSession
from hongyan.protocols.text import UCS2_RULE, Alphabet, segments

ACCOUNT = Account(login="901234", secret="secret", window=4)
SUBMIT = Submit("10690001", ("8613800138000",), "你好".encode("utf-16-be"), Alphabet.UCS2)
NUMBERS = tuple(f"861380013{number:04d}" for number in range(100))
REPORT = DeliveryReport("ab12", "8613800138000", ReportClass.DELIVERED, "DELIVRD", "2611231200")
TRANSMITTER, RECEIVER = Habits(bind="transmitter"), Habits(bind="receiver")


LONG = "长短信" * 50
PARTS = segments(LONG, UCS2_RULE, 7)
MULTI = SubmitMulti(dest_address=(pdus.SmeAddress(1, 1, "1"),))
REQUESTS: list[tuple[Command, Body, str]] = [
    (Command.SUBMIT_SM, SubmitSm(), "transmitter transceiver"),
    (Command.SUBMIT_MULTI, MULTI, "transmitter transceiver"),
    (Command.DATA_SM, DataSm(), "transmitter receiver transceiver"),
    (Command.QUERY_SM, pdus.QuerySm(), "transmitter transceiver"),
    (Command.CANCEL_SM, pdus.CancelSm(), "transmitter transceiver"),
    (Command.REPLACE_SM, pdus.ReplaceSm(), "transmitter transceiver"),
    (Command.BROADCAST_SM, pdus.BroadcastSm(), "transmitter transceiver"),
    (Command.QUERY_BROADCAST_SM, pdus.QueryBroadcastSm(), "transmitter transceiver"),
    (Command.CANCEL_BROADCAST_SM, pdus.CancelBroadcastSm(), "transmitter transceiver"),
    (Command.DELIVER_SM, DeliverSm(), ""),
]


def frames(data: bytes) -> list[Frame]:
    return list(Decoder(pdus.read, header_octets=HEADER.size, longest=pdus.LONGEST_PDU).feed(data))


class Pair:
    """A client and a server whose bytes go to each other."""

    def __init__(
        self,
        habits: Habits | None = None,
        *,
        account: Account = ACCOUNT,
        client: Version = Version.V34,
        server: Version = Version.V34,
    ) -> None:
        self.client = SmppSession(Role.CLIENT, account, client, habits=habits or Habits())
        self.server = SmppSession(Role.SERVER, ACCOUNT, server)
        self.now = 0.0
        self.client.opened(self.now)
        self.server.opened(self.now)

    def pump(self) -> list[Event]:
        events: list[Event] = []
        while True:
            out, back = self.client.data_to_send(), self.server.data_to_send()
            if not out and not back:
                return events
            events += self.server.receive(out, self.now) + self.client.receive(back, self.now)

    def logged_in(self) -> Pair:
        (asked,) = self.pump()
        assert isinstance(asked, LoginRequested)
        assert asked.check("secret")
        self.server.accept_login(asked.token, self.now)
        assert self.pump() == [LoggedIn()]
        return self

    def asked(self, submit: Submit = SUBMIT, reference: object = "ref") -> SubmitRequested:
        self.client.submit(submit, reference, self.now)
        (asked,) = self.pump()
        assert isinstance(asked, SubmitRequested)
        return asked

    def to_server(self, command: int, pdu: Body, *, status: int = 0, sequence: int = 77) -> list[Event]:
        return self.server.receive(pdus.write(Frame(command, sequence, pdu, status), Version.V50), self.now)

    def to_client(self, command: int, pdu: Body, *, status: int = 0, sequence: int = 77) -> list[Event]:
        return self.client.receive(pdus.write(Frame(command, sequence, pdu, status), Version.V50), self.now)


def says(session: SmppSession) -> list[tuple[int, int, int]]:
    """What waits to go out: command, status and sequence of each PDU."""
    return [(one.command, one.status, one.sequence) for one in frames(session.data_to_send())]
