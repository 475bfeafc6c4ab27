"""The ledger of consents: what is entered, and the proof that nothing in it was changed.

Lines are chained in the database (migration 0002), so `verify` is one statement over all of them. Who can change a line can
also write the whole chain behind it anew; so each proof notes the last line's hash in the audit log, and the next one looks
whether that line still has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import AuditEntry, User
from hongyan.consent import entering
from hongyan.consent.models import ConsentEvent, Evidence, Source, Standing
from hongyan.dispatch.numbers import Numbers
from hongyan.runtime import clock

GIVEN, WITHDRAWN = ConsentEvent.Act.GIVEN, ConsentEvent.Act.WITHDRAWN
PROVEN = (Source.PARTNER, Source.VISIT, Source.FORM)
"""Sources that nobody believes without a text or a file."""
LARGEST_FILE = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Terms:
    """What is noted with consents, beside whose they are."""

    topic: str = ""
    source: str = Source.CONSOLE
    evidence: str = ""
    wording: str = ""
    frequency: str = ""
    until: date | None = None


def agree(
    numbers: Sequence[str],
    terms: Terms,
    *,
    operator: str = "",
    file: Evidence | None = None,
    at: datetime | None = None,
) -> int:
    """Write a line for each number, in the caller's transaction; gives how many."""
    return agree_each([Line(number, terms, at) for number in numbers], operator=operator, file=file)


@dataclass(frozen=True, slots=True)
class Line:
    """A consent whose terms are its own."""

    number: str
    terms: Terms
    at: datetime | None = None


def agree_each(lines: Sequence[Line], *, operator: str, file: Evidence | None = None) -> int:
    """Write a line for each, in the caller's transaction; gives how many."""
    now = clock.now()
    ConsentEvent.objects.bulk_create(
        [ConsentEvent(number=one.number, topic=one.terms.topic, act=GIVEN, at=one.at or now, source=one.terms.source,
                      evidence=one.terms.evidence[:2000], wording=one.terms.wording[:2000],
                      frequency=one.terms.frequency[:100], until=one.terms.until, operator=operator[:150], file=file, file_sha256=file.sha256 if file else "") for one in lines],
        batch_size=1000,
    )  # fmt: skip
    return len(lines)


@transaction.atomic
def give(
    user: User, text: str, terms: Terms, *, file: tuple[str, bytes] | None = None, address: str | None = None
) -> tuple[int, Numbers]:
    """Note that the owners of the numbers of a pasted text agreed; gives how many, and what was read. Raises Refused."""
    entering.check(user)
    found = entering.read(text)
    if not terms.source:
        raise Refused("no_source", _("Say how the consent was given."), field="source")
    if not (terms.evidence.strip() or file):
        raise Refused("no_evidence", _("Give the evidence: the words that were said, or a file."), field="evidence")
    kept = keep(*file) if file else None
    count = agree(found.good, terms, operator=user.name, file=kept)
    if count:
        entering.record(user, "consent.given", terms.topic, found.good, address)
    return count, found


def keep(name: str, content: bytes) -> Evidence:
    """The file, once however often it is given. Raises Refused."""
    if len(content) > LARGEST_FILE:
        raise Refused("file_too_large", _("The file is larger than 5 MB."), field="file")
    sha256 = hashlib.sha256(content).hexdigest()
    return Evidence.objects.get_or_create(sha256=sha256, defaults={"name": name[:255], "content": content})[0]


@transaction.atomic
def take_back(user: User, number: str, topic: str, evidence: str, *, address: str | None = None) -> None:
    """Note that a consent no longer holds. Raises Refused."""
    entering.check(user)
    if not Standing.objects.filter(number=number, topic=topic, is_given=True).exists():
        raise Refused("no_consent", _("There is no such consent."), status=409)
    withdraw([(number, topic, evidence)], source=Source.CONSOLE, operator=user.name)
    entering.record(user, "consent.withdrawn", topic, [number], address)
    entering.tell([number])


def withdraw(refusals: Iterable[tuple[str, str, str]], *, source: str, operator: str = "") -> int:
    """Write a line for each standing consent that (number, topic, words) take back; gives how many.

    A refusal of all marketing takes every consent of the number back. In the caller's transaction.
    """
    asked = {(number, topic): words for number, topic, words in refusals}
    standing = Standing.objects.filter(number__in={number for number, _topic in asked}, is_given=True)
    lines = []
    for one in standing.order_by("number", "topic"):
        words = asked.get((one.number, one.topic), asked.get((one.number, "")))
        if words is not None:
            lines.append(
                ConsentEvent(
                    number=one.number, topic=one.topic, act=WITHDRAWN, at=clock.now(), source=source,
                    evidence=words[:2000], operator=operator[:150],
                )
            )  # fmt: skip
    ConsentEvent.objects.bulk_create(lines, batch_size=1000)
    return len(lines)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line that does not agree: "changed", "missing" (lines before it), "unchained", "standing", "rewritten"."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    lines: int
    head: str
    """The last line's hash; empty where there is none."""
    wrong: tuple[Wrong, ...]
    erased: int = 0
    """Lines whose owner had their data erased: chained as before, but nobody's."""

    @property
    def agrees(self) -> bool:
        return not self.wrong


SHOWN = 20
# A changed line fails its own hash; one that was hashed anew no longer fits the line behind it; a removed one leaves a gap.
# Of an erased line, which has a seal and no salt, the digest of what it said is all there is; the hash still covers it.
CHANGED = "(digest <> consent_digest(e) and not (salt = '' and number like '~%%'))"
WRONG = """
select id, case when {changed} or hash <> consent_hash(e) then 'changed'
                when id <> coalesce(before_id, 0) + 1 then 'missing' else 'unchained' end
from (select t as e, t.*, lag(id) over lines as before_id, lag(hash) over lines as before_hash
      from consent_consentevent t window lines as (order by id)) walked
where {changed} or hash <> consent_hash(e) or id <> coalesce(before_id, 0) + 1
   or previous <> coalesce(before_hash, repeat('0', 64))
order by id limit %(shown)s
""".replace("{changed}", CHANGED)
# What the ledger comes to must be what screening reads.
STANDS = """
select coalesce(s.event_id, l.id), 'standing'
from (select distinct on (number, topic) * from consent_consentevent order by number, topic, id desc) l
full join consent_standing s on s.number = l.number and s.topic = l.topic
where l.id is distinct from s.event_id or s.is_given <> (l.act = 'given') or s.until is distinct from l.until
limit %(shown)s
"""


@transaction.atomic
def verify(user: User | None = None, *, address: str | None = None) -> Verdict:
    """Prove the whole ledger; the proof is noted in the audit log. About five seconds for a million lines."""
    with connection.cursor() as cursor:
        cursor.execute(WRONG, {"shown": SHOWN})
        wrong = [Wrong(*row) for row in cursor.fetchall()]
        cursor.execute(STANDS, {"shown": SHOWN})
        wrong += [Wrong(*row) for row in cursor.fetchall()]
    last = ConsentEvent.objects.order_by("-id").values_list("id", "hash").first()
    noted = AuditEntry.objects.filter(action="consent.verified").order_by("-id").first()
    if noted and noted.detail.get("line"):
        line = int(noted.detail["line"])
        if not ConsentEvent.objects.filter(pk=line, hash=noted.detail.get("hash")).exists():
            wrong.append(Wrong(line, "rewritten"))
    verdict = Verdict(
        last[0] if last else 0,
        last[1] if last else "",
        tuple(wrong[:SHOWN]),
        ConsentEvent.objects.filter(salt="").count(),
    )
    # A chain that was found broken is no anchor for the next proof.
    audit.record(
        user, "consent.verified" if verdict.agrees else "consent.found_changed", summary=str(verdict.lines),
        detail={"line": verdict.lines, "hash": verdict.head, "wrong": [[one.line, one.why] for one in verdict.wrong]},
        address=address,
    )  # fmt: skip
    return verdict
