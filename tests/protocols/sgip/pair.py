"""Both ends of an SGIP connection at once, in both directions."""

from __future__ import annotations

from datetime import datetime, timedelta

from hongyan.protocols.events import (
    DeliveryReport,
    Event,
    LoggedIn,
    LoginRequested,
    ReportClass,
    Submit,
    SubmitRequested,
)
from hongyan.protocols.framing import Frame
from hongyan.protocols.session import Account, Role, Session, Side
from hongyan.protocols.sgip import pdus
from hongyan.protocols.sgip.session import SgipSession
from hongyan.protocols.text import Alphabet

SP, SMG = 3025061118, 102500
BEGIN = datetime(2026, 11, 23, 16, 55, 1)  # noqa: DTZ001 - carriers' local time
NUMBER = "8613012345678"
SUBMIT = Submit("1065591234", (NUMBER,), "你好".encode("utf-16-be"), Alphabet.UCS2)
REPORT = DeliveryReport("b44ec4fe42f2253d00000001", NUMBER, ReportClass.DELIVERED, "DELIVRD")


class Pair:
    """Who connects and who is connected to, with one clock; their bytes go to each other."""

    def __init__(
        self,
        connects: Side = Side.CUSTOMER,
        *,
        secret: str = "secret",
        window: int = 4,
        idle_close_s: float | None = None,
        server: SgipSession | None = None,
    ) -> None:
        self.now = 0.0
        account = Account(
            "901234", secret, window=window, service_id="YXTZ", clock=lambda: BEGIN + timedelta(seconds=self.now)
        )
        is_customer = connects is Side.CUSTOMER
        self.client = SgipSession(
            Role.CLIENT, account, side=connects, node=SP if is_customer else SMG, corp_id="61118",
            idle_close_s=idle_close_s, first_counter=0,
        )  # fmt: skip
        self.server = server or SgipSession(
            Role.SERVER, account, side=Side.CARRIER if is_customer else Side.CUSTOMER, node=SMG if is_customer else SP,
            idle_close_s=idle_close_s, first_counter=0,
        )  # fmt: skip
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
        assert asked.login == "901234"
        assert asked.check("secret")
        self.server.accept_login(asked.token, self.now)
        assert self.pump() == [LoggedIn()]
        return self

    def submitted(self, submit: Submit = SUBMIT, reference: object = "ref") -> SubmitRequested:
        self.client.submit(submit, reference, self.now)
        (asked,) = self.pump()
        assert isinstance(asked, SubmitRequested)
        return asked

    def answered(self, *, code: int) -> Event:
        self.server.answer_submit(self.submitted().token, self.now, code=code)
        (answered,) = self.pump()
        return answered

    def to_server(self, command: int, pdu: pdus.Body, sequence: int = 7) -> tuple[list[Event], list[Frame]]:
        """What the server makes of a PDU, and what it answers."""
        events = self.server.receive(pdus.write(Frame(command, sequence, pdu)), self.now)
        return events, frames(self.server)


def frames(session: Session) -> list[Frame]:
    """What waits to go out."""
    data, found = session.data_to_send(), []
    while data:
        size = int.from_bytes(data[:4], "big")
        found.append(pdus.read(data[:size]))
        data = data[size:]
    return found
