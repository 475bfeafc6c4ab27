"""The simulator's control address: what the virtual phones page reads and does. JSON over HTTP, on this machine only.

A token derived from the installation's secret keeps strangers' processes out. A refusal is status 422 with a code in
`error`, which the page turns into words.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hongyan.protocols.text import TextTooLong, count_segments
from hongyan.runtime.settings import Settings
from hongyan.simulator.accounts import BadSetting
from hongyan.simulator.carrier import CarrierAccount
from hongyan.simulator.phones import BEHAVIOURS, MOST_PHONES, Phone, Phones, e164

LONGEST_POLL_S = 20
LONGEST_ANSWER = 1000
MOST_LISTED = 50_000
"""Numbers in one answer about counts."""
MOST_IN_CROWD = 10_000
CROWD_TEXTS = (
    "1", "1", "1", "2", "收到", "收到", "好的", "收到，谢谢", "参加", "不参加", "请问几点开始？", "满意", "一般",
    "谢谢提醒", "在外地，晚点回复", "👌", "OK",
)  # fmt: skip

Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """What was asked cannot be done; the text is a code for the page."""


def token(settings: Settings) -> str:
    """What a caller shows in `X-Token`."""
    return hmac.new(settings.secret().encode(), b"simulator control", hashlib.sha256).hexdigest()


async def _asked(request: Request) -> dict[str, Any]:
    try:
        asked = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Refused("not_json") from error
    if not isinstance(asked, dict):
        raise Refused("not_json")
    return asked


class Control:
    """Endpoints over the accounts and phones of this process."""

    def __init__(self, accounts: list[CarrierAccount], phones: Phones) -> None:
        self.accounts = {account.facts.protocol: account for account in accounts}
        self.phones = phones

    # -- reading -------------------------------------------------------------------------------------------------

    def _phone(self, phone: Phone) -> dict[str, Any]:
        waiting = {(one.account, one.part.reference or one.carrier_id) for one in phone.waiting}
        return {
            "id": phone.id,
            "number": phone.number,
            "name": phone.name,
            "behaviour": phone.behaviour,
            "waiting": len(waiting),
            "messages": [asdict(message) for message in phone.messages],
        }

    def _account(self, account: CarrierAccount) -> dict[str, Any]:
        facts = account.facts
        return {
            "protocol": facts.protocol,
            "title": facts.title,
            "port": account.port,
            "login": facts.login,
            "connections": len(account.lines),
            "behaviour": asdict(account.behaviour),
        }

    def _crowd(self) -> list[tuple[str, str, str]]:
        """Who got something and could answer it: unnamed numbers once each, and the phones that are on."""
        people = {number: (number, source, account) for number, source, account in self.phones.recent}
        for phone in self.phones.by_number.values():
            if phone.is_reachable and (last := phone.last_received):
                people[phone.number] = (phone.number, last.service_number, last.account)
        return list(people.values())

    async def state(self, request: Request) -> Response:
        """All that the page shows."""
        return JSONResponse(
            {
                "version": self.phones.version,
                "tally": self.phones.tally,
                "crowd": len(self._crowd()),
                "phones": [self._phone(phone) for phone in self.phones.by_number.values()],
                "accounts": [self._account(account) for account in self.accounts.values()],
            }
        )

    async def changes(self, request: Request) -> Response:
        """The version, as soon as it is another than `since`, or after a while."""
        since = request.query_params.get("since", "")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_POLL_S):
                await self.phones.wait_for_change(int(since) if since.isdigit() else -1)
        return JSONResponse({"version": self.phones.version})

    async def counts(self, request: Request) -> Response:
        """How often numbers were taken since counting began, for tests of "once and only once".

        GET, or POST with `numbers` (their counts, in `of`), or with `least` (in `of`, the numbers taken at least so often,
        in order; at most MOST_LISTED, behind `after` where one is given).
        """
        counts = self.phones.counts or {}
        times = Counter(counts.values())
        asked: dict[str, Any] = {"numbers": request.query_params.getlist("number")}
        if request.method == "POST":
            asked = await _asked(request)
        numbers, least = asked.get("numbers", []), asked.get("least")
        if not isinstance(numbers, list) or not all(isinstance(one, str) for one in numbers):
            raise Refused("bad_numbers")
        if isinstance(least, int):
            after = str(asked.get("after", ""))
            found = sorted(one for one, often in counts.items() if often >= least and one > after)
            numbers = found[:MOST_LISTED]
        return JSONResponse(
            {
                "counting": self.phones.counts is not None,
                "numbers": len(counts),
                "messages": sum(counts.values()),
                "times": {str(often): numbers for often, numbers in sorted(times.items())},
                "of": {number: counts.get(e164(number), 0) for number in numbers},
            }
        )

    async def said(self, request: Request) -> Response:
        """The carrier's word on each segment since counting began, by "id number" in order; at most MOST_LISTED, behind
        `after` where one is given."""
        after = request.query_params.get("after", "")
        words = self.phones.said
        return JSONResponse(
            {"of": {one: words[one] for one in sorted(one for one in words if one > after)[:MOST_LISTED]}}
        )

    # -- doing ---------------------------------------------------------------------------------------------------

    async def count(self, request: Request) -> Response:
        """Begin to count from zero, or stop."""
        self.phones.counts = {} if (await _asked(request)).get("on", True) else None
        self.phones.said = {}
        return JSONResponse({})

    def _known(self, asked: dict[str, Any]) -> Phone:
        phone = None
        if isinstance(asked.get("id"), int):
            phone = self.phones.by_id(asked["id"])
        elif "number" in asked:
            phone = self.phones.by_number.get(e164(str(asked["number"])))
        if phone is None:
            raise Refused("no_such_phone")
        return phone

    async def answer(self, request: Request) -> Response:
        """A phone writes: to the service number of its last message, unless one is named."""
        asked = await _asked(request)
        phone = self._known(asked)
        text = str(asked.get("text", "")).replace("\r\n", "\n").strip()
        if not text:
            raise Refused("nothing_to_send")
        if not phone.is_reachable:
            raise Refused("phone_is_off")
        last = phone.last_received
        service_number = str(asked.get("service_number") or (last.service_number if last else ""))[:20]
        if not service_number.isdigit():
            raise Refused("nothing_to_answer")
        protocol = asked.get("account") or (last.account if last else next(iter(self.accounts)))
        if protocol not in self.accounts:
            raise Refused("no_such_account")
        try:
            segments = count_segments(text)
        except TextTooLong as error:
            raise Refused("text_too_long") from error
        if len(text) > LONGEST_ANSWER:
            raise Refused("text_too_long")
        self.accounts[protocol].answer(phone.number, service_number, text)
        self.phones.show(
            phone, text, time.time(), is_mine=True, service_number=service_number, account=protocol, segments=segments
        )
        return JSONResponse(self._phone(phone))

    async def add(self, request: Request) -> Response:
        asked = await _asked(request)
        number = e164(str(asked.get("number", "")))
        if not number[1:].isdigit() or not 6 <= len(number) <= 16:
            raise Refused("bad_number")
        if number in self.phones.by_number:
            raise Refused("phone_exists")
        if len(self.phones.by_number) >= MOST_PHONES:
            raise Refused("too_many_phones")
        return JSONResponse(self._phone(self.phones.add(number, str(asked.get("name") or number)[:20])))

    async def phone(self, request: Request) -> Response:
        """Rename, change the behaviour of, clear, or remove a phone."""
        asked = await _asked(request)
        phone = self._known(asked)
        if asked.get("remove"):
            self.phones.remove(phone)
            return JSONResponse({})
        if name := str(asked.get("name") or "").strip():
            phone.name = name[:20]
        if asked.get("clear"):
            phone.messages.clear()
        if behaviour := asked.get("behaviour"):
            if behaviour not in BEHAVIOURS:
                raise Refused("no_such_behaviour")
            phone.behaviour = behaviour
            for account in self.accounts.values():
                account.behaviour_changed(phone)
        self.phones.changed()
        return JSONResponse(self._phone(phone))

    def _account_of(self, asked: dict[str, Any]) -> CarrierAccount:
        account = self.accounts.get(str(asked.get("protocol")))
        if account is None:
            raise Refused("no_such_account")
        return account

    async def account(self, request: Request) -> Response:
        """Change how an account behaves."""
        asked = await _asked(request)
        account = self._account_of(asked)
        wanted = asked.get("behaviour")
        try:
            account.behave(wanted if isinstance(wanted, dict) else {})
        except BadSetting as error:
            raise Refused("bad_setting") from error
        return JSONResponse(self._account(account))

    async def incident(self, request: Request) -> Response:
        """Something happens to an account's connections now."""
        asked = await _asked(request)
        account = self._account_of(asked)
        match asked.get("kind"):
            case "drop":
                account.drop()
            case "garbage":
                account.garbage()
            case "lie":
                account.lie()
            case "half_open":
                account.half_open()
            case "silence":
                account.behave({"is_silent": True})
            case "speak":
                account.behave({"is_silent": False})
            case _:
                raise Refused("no_such_incident")
        return JSONResponse(self._account(account))

    async def crowd(self, request: Request) -> Response:
        """Many people answer what they got last, all at once."""
        wanted = (await _asked(request)).get("count", 1000)
        if not isinstance(wanted, int) or not 0 < wanted <= MOST_IN_CROWD:
            raise Refused("bad_count")
        people = self._crowd()
        random.shuffle(people)
        # Those who can be watched answer first.
        people.sort(key=lambda one: one[0] not in self.phones.by_number)
        now = time.time()
        for number, service_number, protocol in people[:wanted]:
            text = random.choice(CROWD_TEXTS)
            if phone := self.phones.find(number):
                self.phones.show(phone, text, now, is_mine=True, service_number=service_number, account=protocol)
            self.accounts[protocol].answer(number, service_number, text)
        return JSONResponse({"answered": min(wanted, len(people))})


def make_app(control: Control, settings: Settings) -> Starlette:
    expected = token(settings)

    def guarded(endpoint: Endpoint) -> Endpoint:
        async def checked(request: Request) -> Response:
            if not hmac.compare_digest(request.headers.get("X-Token", "").encode(), expected.encode()):
                return JSONResponse({"error": "not_allowed"}, 403)
            try:
                return await endpoint(request)
            except Refused as refusal:
                return JSONResponse({"error": str(refusal)}, 422)

        return checked

    reads = {"/state": control.state, "/changes": control.changes, "/said": control.said}
    acts = {
        "/answer": control.answer, "/phone": control.phone, "/phones": control.add, "/account": control.account,
        "/incident": control.incident, "/crowd": control.crowd, "/count": control.count,
    }  # fmt: skip
    return Starlette(
        routes=[
            *(Route(path, guarded(endpoint)) for path, endpoint in reads.items()),
            *(Route(path, guarded(endpoint), methods=["POST"]) for path, endpoint in acts.items()),
            Route("/counts", guarded(control.counts), methods=["GET", "POST"]),
        ]
    )
