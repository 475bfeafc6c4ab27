"""How fast a submission becomes outcomes, what that costs, and how long a verification code takes meanwhile.

One run: an installation of its own, one submission to N numbers asked of `messaging.submit` as any page would, through
worker, gateway and a real protocol connection to the carrier and back, until every message has its outcome. Beside it
the same run's limits: the same rows by bare COPY and by one bare UPDATE, and the carrier at a bare loop of submits.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from hongyan.bench.installation import Installation
from hongyan.bench.plan import FIRST_NUMBER, Plan
from hongyan.runtime.logging import set_up

FIRST_PROBE = 13_990_000_000
TEXT = "{姓名}您好，您本月账单为{金额}元，请于25日前缴费，回复T退订。"
SAME_TEXT = "尊敬的客户，您本月的账单已出，请于25日前缴费，祝您生活愉快。"
PROBE_EVERY_S = 0.1
FINAL = ("delivered", "failed", "expired", "uncertain", "blocked", "cancelled")


@dataclass
class Figures:
    """What came of it; times in seconds unless their name says otherwise."""

    messages: int = 0
    messages_per_second: float = 0.0
    handed_over_per_second: float = 0.0
    planned_per_second: float = 0.0
    cpu_seconds_per_1000: dict[str, float] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)
    verification_ms: dict[str, float] = field(default_factory=dict)
    balance: dict[str, Any] = field(default_factory=dict)
    carrier: dict[str, Any] = field(default_factory=dict)
    limits_per_second: dict[str, float] = field(default_factory=dict)
    replies_per_second: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def run(plan: Plan, say: Any = print) -> Figures:
    """Measure. Everything started is stopped again, whatever happens: SystemExit when a signal asks us to end."""
    # Else what is logged stands on standard output, before the figures.
    set_up("warning")
    signal.signal(signal.SIGTERM, _end)
    installation = Installation()
    try:
        return _Run(plan, installation, say).measure()
    finally:
        # A second wish would leave half of it behind.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        installation.stop()


def _end(number: int, _frame: object) -> None:
    sys.exit(128 + number)


class _Run:
    def __init__(self, plan: Plan, installation: Installation, say: Any) -> None:
        self.plan, self.installation, self.say = plan, installation, say
        self.figures = Figures(messages=plan.messages)
        self.carrier: Any = None

    def measure(self) -> Figures:
        self._prepare()
        self.say(f"carrier and installation are up; {self.plan.messages:,} messages over {self.plan.protocol}")
        probes = _Probes(self.installation.web_port, self.key) if self.plan.with_probes else None
        if probes:
            probes.start()
            probes.ready.wait(60)
        before = self.installation.cpu()
        started = time.monotonic()
        submission = self._ask()
        self._follow(submission.pk, started)
        if probes:
            probes.stop()
            arrivals = self._arrivals(len(probes.asked))
        after = self.installation.cpu()
        self._costs(before, after)
        self._check(submission.pk)
        if probes:
            self.figures.verification_ms = probes.latencies(arrivals)
        if self.plan.replies:
            self._replies()
        self.figures.peak_mb = {name: round(peak) for name, peak in self.installation.peaks().items()}
        self._limits()
        return self.figures

    def _prepare(self) -> None:
        plan, installation = self.plan, self.installation
        installation.prepare()
        import django

        django.setup()
        from hongyan.bench import scene

        host, port = self._carrier_address()
        self.user, self.key, self.recipients = scene.lay(plan, host, port)
        installation.start("web", ["hongyan.cli", "web"])
        installation.start("worker", ["hongyan.cli", "worker"])
        installation.start("gateway", ["hongyan.cli", "gateway"])
        scene.wait_until_logged_in(plan.connections)
        scene.wait_for_web(installation.web_port)

    def _carrier_address(self) -> tuple[str, int]:
        plan = self.plan
        if plan.carrier:
            host, _, port = plan.carrier.rpartition(":")
            return host, int(port)
        self.carrier = self.installation.start(
            "carrier",
            ["hongyan.bench.carrier", plan.protocol, str(self._wire(FIRST_NUMBER)), str(plan.messages),
             json.dumps(asdict(plan.habits))],
        )  # fmt: skip
        return "127.0.0.1", int(json.loads(self.carrier.popen.stdout.readline())["port"])

    def _wire(self, number: int) -> int:
        """A number as it stands on the wire."""
        return int(f"86{number}") if self.plan.protocol.startswith("smpp") else number

    def _ask(self) -> Any:
        from hongyan.messaging.asking import Request
        from hongyan.messaging.models import Category
        from hongyan.messaging.recipients import Selection
        from hongyan.messaging.submissions import submit

        return submit(
            self.user,
            Request(
                text=SAME_TEXT if self.plan.is_same_text else TEXT,
                selection=Selection(list_ids=(self.recipients.pk,)),
                category=Category.NOTICE,
                title="bench",
                signature="云帆",
            ),
        )

    def _follow(self, submission_id: int, started: float) -> None:
        """Watch the sums until nothing moves any more."""
        total, deadline = self.plan.messages, started + self.plan.limit_s
        planned_at = handed_at = 0.0
        last_said = started
        while True:
            time.sleep(0.1)
            now, states = time.monotonic(), self._states(submission_id)
            if not planned_at and sum(states.values()) >= total:
                planned_at = now
            left = states.get("queued", 0)
            if planned_at and not handed_at and not left:
                handed_at = now
            waiting = left + (states.get("submitted", 0) if self.plan.with_receipts else 0)
            if planned_at and not waiting:
                break
            if now > deadline:
                self.say("the time limit has come: what follows is of an unfinished run")
                break
            if now - last_said > 5:
                last_said = now
                self.say(f"  {now - started:5.0f} s  {states}")
        self.figures.messages_per_second = round(total / (now - started))
        self.figures.planned_per_second = round(total / ((planned_at or now) - started))
        self.figures.handed_over_per_second = round(total / ((handed_at or now) - started))

    def _states(self, submission_id: int) -> dict[str, int]:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(
                "select state, sum(messages) from dispatch_tally where submission_id = %s group by 1 having sum(messages) <> 0",
                [submission_id],
            )
            return {state: int(count) for state, count in cursor.fetchall()}

    def _costs(self, before: dict[str, float], after: dict[str, float]) -> None:
        per_1000 = {name: (after[name] - before[name]) / self.plan.messages * 1000 for name in after}
        ours = sum(value for name, value in per_1000.items() if name != "carrier")
        self.figures.cpu_seconds_per_1000 = {name: round(value, 4) for name, value in per_1000.items()} | {
            "ours": round(ours, 4)
        }

    def _check(self, submission_id: int) -> None:
        """The sums as kept, as counted over the messages, and as the carrier saw them."""
        from django.db import connection

        kept = self._states(submission_id)
        with connection.cursor() as cursor:
            cursor.execute(
                "select state, count(*) from dispatch_message where submission_id = %s group by 1", [submission_id]
            )
            counted = dict(cursor.fetchall())
        balance: dict[str, Any] = {"kept": kept, "counted": counted, "agrees": kept == counted}
        if self.carrier:
            tally = self.carrier.ask(ask="tally")
            balance |= {"carrier_distinct": tally["distinct"], "carrier_twice": tally["twice"]}
            balance["agrees"] = (
                balance["agrees"] and tally["distinct"] == sum(kept.values()) - kept.get("blocked", 0)
                and not tally["twice"]
            )  # fmt: skip
            self.figures.carrier = tally
        self.figures.balance = balance

    def _arrivals(self, expected: int) -> dict[int, float]:
        """When each code came to the carrier; waits some seconds for those on their way."""
        deadline = time.monotonic() + 5
        while True:
            arrivals = self._arrived()
            if len(arrivals) >= expected or time.monotonic() > deadline:
                return arrivals
            time.sleep(0.05)

    def _arrived(self) -> dict[int, float]:
        """By our carrier's clock; of another's we know when the answer that it has the code was stored, which is later."""
        if self.carrier:
            offset = self._wire(FIRST_PROBE) - FIRST_PROBE
            return {int(number) - offset: at for number, at in self.carrier.ask(ask="arrivals").items()}
        from django.db import connection

        since = time.monotonic() - time.time()
        with connection.cursor() as cursor:
            cursor.execute(
                """select substr(number, 4)::bigint, extract(epoch from submitted_at)::float from dispatch_message
                   where number > %s and number < %s and state in ('submitted', 'delivered', 'failed', 'expired')
                     and submitted_at is not null and reason not like 'submit:%%'""",
                [f"+86{FIRST_PROBE}", f"+86{FIRST_PROBE + 1_000_000}"],
            )
            return {int(number): at + since for number, at in cursor.fetchall()}

    def _replies(self) -> None:
        from hongyan.mailbox.models import Reply

        before = Reply.objects.count()
        self.carrier.ask(ask="replies", first=self._wire(FIRST_NUMBER), count=self.plan.replies, text="收到，谢谢！")
        started = time.monotonic()
        while Reply.objects.count() - before < self.plan.replies and time.monotonic() - started < 300:
            time.sleep(0.1)
        self.figures.replies_per_second = round((Reply.objects.count() - before) / (time.monotonic() - started))

    def _limits(self) -> None:
        from hongyan.bench import limits

        self.figures.limits_per_second = limits.database(self.plan.messages)
        if self.carrier and self.plan.protocol.startswith("cmpp"):
            port = self._limit_carrier()
            self.figures.limits_per_second["bare protocol loop"] = asyncio.run(limits.bare_cmpp("127.0.0.1", port))

    def _limit_carrier(self) -> int:
        second = self.installation.start(
            "ceiling", ["hongyan.bench.carrier", self.plan.protocol, str(FIRST_NUMBER), "1000000", '{"receipt_s": 0}']
        )
        return int(json.loads(second.popen.stdout.readline())["port"])  # type: ignore[union-attr]


class _Probes(threading.Thread):
    """Asks for a verification code ten times a second over the API, as a program would."""

    def __init__(self, port: int, key: str) -> None:
        super().__init__(daemon=True)
        self._port, self._key = port, key
        self._ended = threading.Event()
        self.ready = threading.Event()
        self.asked: dict[int, float] = {}
        self.answered: list[float] = []

    def run(self) -> None:
        import httpx

        number = FIRST_PROBE
        headers = {"Authorization": f"Bearer {self._key}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{self._port}", headers=headers, timeout=10) as client:
            # The first request of each web process loads what it needs.
            for _ in range(20):
                client.get("/api/v1/me")
            self.ready.set()
            while not self._ended.wait(PROBE_EVERY_S):
                number += 1
                self.asked[number] = time.monotonic()
                answer = client.post(
                    "/api/v1/messages",
                    json={"to": [str(number)], "text": "验证码482913，五分钟内有效。", "category": "verification",
                          "signature": "云帆"},
                )  # fmt: skip
                answer.raise_for_status()
                self.answered.append((time.monotonic() - self.asked[number]) * 1000)

    def stop(self) -> None:
        self._ended.set()
        self.join()

    def latencies(self, arrivals: dict[int, float]) -> dict[str, float]:
        """From the API call to the bytes at the carrier; of it, to the answer; and the rest of the way from there."""
        came = [(number, ms) for number, ms in zip(self.asked, self.answered, strict=False) if number in arrivals]
        if not came:
            return {"asked": len(self.asked), "arrived": 0}
        taken = sorted((arrivals[number] - self.asked[number]) * 1000 for number, _ in came)
        answered = sorted(self.answered)
        onward = sorted((arrivals[number] - self.asked[number]) * 1000 - ms for number, ms in came)

        def at(sorted_ms: list[float], share: float) -> float:
            return round(sorted_ms[min(len(sorted_ms) - 1, int(len(sorted_ms) * share))], 1)

        return {
            "p50": at(taken, 0.5), "p95": at(taken, 0.95), "p99": at(taken, 0.99), "max": round(taken[-1], 1),
            "answered_p50": at(answered, 0.5), "answered_p99": at(answered, 0.99),
            "onward_p50": at(onward, 0.5), "onward_p99": at(onward, 0.99),
            "asked": len(self.asked), "arrived": len(taken),
        }  # fmt: skip
