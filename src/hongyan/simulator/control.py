"""The simulator's control address: what the virtual phones page reads and does. JSON over HTTP, on this machine only.

A token derived from the installation's secret keeps strangers' processes out.
"""

from __future__ import annotations

import hashlib
import hmac
import random
import time
from dataclasses import asdict, fields, replace
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hongyan.runtime.settings import Settings
from hongyan.simulator.accounts import Behaviour
from hongyan.simulator.carrier import CarrierAccount, e164
from hongyan.simulator.phones import BEHAVIOURS, Phone, Phones

CROWD_TEXTS = (
    "1",
    "1",
    "1",
    "2",
    "收到",
    "好的",
    "收到，谢谢",
    "参加",
    "不参加",
    "请问几点开始？",
    "R",
    "满意",
    "一般",
)


def token(settings: Settings) -> str:
    """What a caller shows in `X-Token`."""
    return hmac.new(settings.secret().encode(), b"simulator control", hashlib.sha256).hexdigest()


class Control:
    """Endpoints over the accounts and phones of this process."""

    def __init__(self, accounts: list[CarrierAccount], phones: Phones) -> None:
        self.accounts = {account.facts.protocol: account for account in accounts}
        self.phones = phones

    def _phone(self, phone: Phone) -> dict[str, Any]:
        return {
            "number": phone.number,
            "name": phone.name,
            "behaviour": phone.behaviour,
            "waiting": len(
                {
                    (one["account"], one["reference"], one["carrier_id"] if one["segments"] == 1 else "")
                    for one in phone.waiting
                }
            ),
            "messages": [asdict(message) for message in phone.messages],
        }

    async def state(self, request: Request) -> Response:
        return JSONResponse(
            {
                "version": self.phones.version,
                "tally": self.phones.tally,
                "phones": [self._phone(phone) for phone in self.phones.phones.values()],
                "accounts": [
                    {
                        **asdict(account.facts),
                        "secret": "",
                        "behaviour": asdict(account.behaviour),
                        "connections": len(account.lines),
                    }
                    for account in self.accounts.values()
                ],
            }
        )

    async def answer(self, request: Request) -> Response:
        """A phone writes: to the service number of its last message, unless one is named."""
        asked = await request.json()
        phone = self.phones.phones.get(asked["number"])
        text = str(asked["text"]).strip()
        if phone is None or not text:
            return JSONResponse({"error": "no such phone, or nothing to send"}, 422)
        received = [message for message in phone.messages if not message.is_mine]
        if not received and not asked.get("service_number"):
            return JSONResponse({"error": "this phone has no message to answer"}, 422)
        service_number = asked.get("service_number") or received[-1].service_number
        protocol = asked.get("account") or (received[-1].account if received else next(iter(self.accounts)))
        self.phones.show(phone, text, time.time(), is_mine=True, service_number=service_number, account=protocol)
        self.accounts[protocol].answer(phone.number, service_number, text)
        return JSONResponse(self._phone(phone))

    async def phone(self, request: Request) -> Response:
        """Add, rename, change the behaviour of, or remove a phone."""
        asked = await request.json()
        number = e164(str(asked["number"]))
        if asked.get("remove"):
            self.phones.phones.pop(number, None)
            self.phones.changed()
            return JSONResponse({})
        phone = self.phones.phones.get(number)
        if phone is None:
            phone = self.phones.phones[number] = Phone(number, str(asked.get("name") or number))
        if asked.get("name"):
            phone.name = str(asked["name"])[:20]
        behaviour = asked.get("behaviour")
        if behaviour in BEHAVIOURS:
            was_off, phone.behaviour = phone.behaviour == "off", behaviour
            if was_off and behaviour != "off":
                for account in self.accounts.values():
                    account.switched_on(phone)
        self.phones.changed()
        return JSONResponse(self._phone(phone))

    async def account(self, request: Request) -> Response:
        """Change how an account behaves."""
        asked = await request.json()
        account = self.accounts[asked["protocol"]]
        known = {item.name: item.type for item in fields(Behaviour)}
        changes = {name: value for name, value in asked.get("behaviour", {}).items() if name in known}
        account.behaviour = replace(account.behaviour, **changes)
        incident = asked.get("incident")
        if incident == "drop":
            account.drop()
        elif incident == "garbage":
            account.garbage()
        self.phones.changed()
        return JSONResponse(asdict(account.behaviour))

    async def crowd(self, request: Request) -> Response:
        """Many people answer what they got last, all at once."""
        asked = await request.json()
        recent = list(dict.fromkeys(self.phones.recent))
        count = min(int(asked.get("count", 1000)), len(recent))
        for number, service_number, protocol in random.sample(recent, count):
            self.accounts[protocol].answer(number, service_number, random.choice(CROWD_TEXTS))
        self.phones.changed()
        return JSONResponse({"answered": count})


def make_app(control: Control, settings: Settings) -> Starlette:
    expected = token(settings)

    async def only_ours(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if not hmac.compare_digest(request.headers.get("X-Token", ""), expected):
            return JSONResponse({"error": "not allowed"}, 403)
        return await call_next(request)

    app = Starlette(
        routes=[
            Route("/state", control.state),
            Route("/answer", control.answer, methods=["POST"]),
            Route("/phone", control.phone, methods=["POST"]),
            Route("/account", control.account, methods=["POST"]),
            Route("/crowd", control.crowd, methods=["POST"]),
        ]
    )
    app.add_middleware(BaseHTTPMiddleware, dispatch=only_ours)
    return app
