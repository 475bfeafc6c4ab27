"""Verbs of people's own refusals: of all marketing, of a topic, of a signature. The ledger hears of each that takes a consent back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from hongyan.accounts import audit
from hongyan.accounts.models import User
from hongyan.consent import entering, ledger
from hongyan.consent.ledger import Terms
from hongyan.consent.models import ConsentEvent, OptOut, Source, Standing, Topic
from hongyan.consent.sealed import seals_of
from hongyan.dispatch.numbers import Numbers, mask
from hongyan.privacy import is_sealed
from hongyan.understanding import Label, Recognised
from hongyan.understanding.folding import folded, letters


@dataclass(frozen=True, slots=True)
class Refusal:
    """That a number refuses, in its own words."""

    number: str
    words: str
    topic: str = ""
    signature: str = ""


@transaction.atomic
def add(
    user: User,
    text: str,
    evidence: str = "",
    *,
    topic: str = "",
    signature: str = "",
    expires_at: datetime | None = None,
    source: str = Source.CONSOLE,
    address: str | None = None,
) -> tuple[int, Numbers]:
    """Note for each number of a pasted text that its owner refuses marketing; gives how many are new. Raises Refused."""
    entering.check(user)
    found = entering.read(text)
    asked = [Refusal(number, evidence.strip()[:500], topic, signature) for number in found.good]
    new = note(asked, source=source, by=user, expires_at=expires_at)
    if new:
        entering.record(user, "refusal.added", "opted out", new, address)
        entering.tell(new)
    return len(new), found


@transaction.atomic
def note(
    refusals: Iterable[Refusal], *, source: str, by: User | None = None, expires_at: datetime | None = None
) -> list[str]:
    """Gives the numbers whose refusal is new. The caller tells what waits for them (`entering.tell`)."""
    wanted = {(one.number, one.topic, one.signature): one for one in refusals}
    numbers = sorted({one.number for one in wanted.values()})
    OptOut.objects.filter(number__in=numbers, expires_at__lte=timezone.now()).delete()
    known = set(OptOut.objects.filter(number__in=numbers).values_list("number", "topic", "signature"))
    new = [one for key, one in wanted.items() if key not in known]
    OptOut.objects.bulk_create(
        [OptOut(number=one.number, topic=one.topic, signature=one.signature, source=source, evidence=one.words[:500],
                added_by=by, expires_at=expires_at) for one in new],
        ignore_conflicts=True, batch_size=2000,
    )  # fmt: skip
    ledger.withdraw(
        [(one.number, one.topic, one.words) for one in new if not one.signature],
        source=source,
        operator=by.name if by else "",
    )
    return [one.number for one in new]


def topic_of(text: str, read: Recognised, topics: Sequence[Topic]) -> str:
    """The code of our topic that a refusal names; empty: all marketing, also where it names a kind that we do not know."""
    if read.label is not Label.OPTOUT_TOPIC:
        return ""
    core = letters(folded(text))
    for one in topics:
        code = one.code.lower()
        named = [one.name, *one.words.replace("，", ",").split(",")]
        if core.endswith(code) and not core[: -len(code)].endswith(tuple("0123456789")):
            return one.code
        if any(word and word in core for word in (letters(folded(name)) for name in named)):
            return one.code
    return ""


def take_back(replies: Mapping[str, tuple[int, str]]) -> list[int]:
    """Who answered that they want messages again, number -> (reply, words), is no longer among those who refuse.

    Gives the replies that took a refusal back. In the caller's transaction. The block list is the company's word, not theirs.
    """
    # Who was erased and writes again is known by the seal.
    sealed = dict(zip(seals_of(list(replies)), replies, strict=False))
    known = [*replies, *sealed]
    found = list(OptOut.objects.select_for_update().filter(number__in=known).order_by("number", "id"))
    OptOut.objects.filter(pk__in=[one.pk for one in found]).delete()
    for one in found:
        one.number = sealed.get(one.number, one.number)
    for number in dict.fromkeys(one.number for one in found):
        reply_id, words = replies[number]
        ledger.agree([number], Terms(source=Source.REPLY, evidence=words))
        audit.record(None, "refusal.taken_back", summary=mask(number), detail={"source": "reply", "answers": reply_id})
    return [replies[number][0] for number in dict.fromkeys(one.number for one in found)]


@transaction.atomic
def undo(number: str, words: str, *, operator: str) -> int:
    """What a reply was taken for was none: its refusals go, and consents that they took back hold again; gives how many."""
    found = OptOut.objects.filter(number=number, source=Source.REPLY, evidence=words[:500])
    count, _by_model = found.delete()
    taken = Standing.objects.filter(number=number, is_given=False)
    lines = ConsentEvent.objects.filter(pk__in=taken.values("event_id"), source=Source.REPLY, evidence=words[:2000])
    for one in lines.order_by("pk"):
        ledger.agree([number], Terms(one.topic, Source.CONSOLE, words), operator=operator)
    return count


@transaction.atomic
def remove(user: User, row: OptOut, *, address: str | None = None) -> None:
    """Marketing may go to this number again: its owner has agreed, as `user` says. Raises Refused."""
    entering.check(user)
    entering.record(user, "refusal.removed", "opted out", [row.number], address)
    if not row.signature and not is_sealed(row.number):
        ledger.agree([row.number], Terms(row.topic, Source.CONSOLE, user.name), operator=user.name)
    row.delete()
