"""Where a number may lie in this room's tables, and what of it the law lets stay.

A refusal works on: its number becomes a seal, its words go. The ledger's lines stay, because a company must be able to show
what it sent by: when which consent was given and taken back, by which road, for how long; whose it was is a seal. A file that
is evidence goes with the last line that names it.
"""

from __future__ import annotations

from hongyan.consent.models import ConsentEvent, Evidence, Listed, OptOut, Standing
from hongyan.privacy import Digits, Fate, Kind, Place, nothing, seal

SLICE = 500


def _seal_refusals(number: str) -> int:
    found = OptOut.objects.filter(number=number)
    for one in found:
        same = OptOut.objects.filter(number=seal(number), topic=one.topic, signature=one.signature)
        same.delete()
    return found.update(number=seal(number), evidence="")


def _seal_lists(number: str) -> int:
    """What forbids works on; a favour, or a phone to test with, is nobody's any more."""
    gone = Listed.objects.filter(number=number).exclude(kind__in=[Listed.Kind.BLOCK, Listed.Kind.VIP]).delete()[0]
    found = Listed.objects.filter(number=number)
    Listed.objects.filter(number=seal(number), kind__in=list(found.values_list("kind", flat=True))).delete()
    return gone + found.update(number=seal(number), reason="")


def _seal_ledger(number: str) -> int:
    # A writer would meanwhile make a standing of the clear number: it waits for us, as we do for it.
    lines = ConsentEvent.objects.filter(number=number)
    files = set(lines.exclude(file=None).values_list("file_id", flat=True))
    newer = Standing.objects.filter(number=number)
    Standing.objects.filter(number=seal(number), topic__in=list(newer.values_list("topic", flat=True))).delete()
    newer.update(number=seal(number))
    count = lines.update(number=seal(number), evidence="", wording="", operator="", salt="", file=None)
    Evidence.objects.filter(pk__in=files, events=None).delete()
    return count


def files_with(digits: Digits) -> list[int]:
    """Files of evidence that name the number and prove the consent of others as well: they stay until those go."""
    found = Evidence.objects.exclude(events=None).order_by("pk")
    return [one.pk for one in found.iterator(chunk_size=4) if digits.are_in_file(bytes(one.content))]


PLACES = (
    Place("consent_optout", Kind.REFUSALS, numbers=("number",), fate=Fate.SEALED, words=("evidence",),
          never=("topic", "signature", "source"), erase=_seal_refusals),
    Place("consent_listed", Kind.REFUSALS, numbers=("number",), fate=Fate.SEALED, words=("reason",),
          never=("kind", "source"), erase=_seal_lists),
    # Words of a line are the person's own; who is named in somebody else's evidence is said by `files_with` and its page.
    Place("consent_consentevent", Kind.CONSENTS, numbers=("number",), fate=Fate.SEALED, erase=_seal_ledger,
          never=("topic", "act", "source", "evidence", "wording", "frequency", "operator", "file_sha256", "salt", "digest",
                 "previous", "hash")),
    Place("consent_standing", Kind.CONSENTS, never=("number", "topic")),
    Place("consent_evidence", Kind.CONSENTS, words=("name",), files=("content",), never=("sha256",)),
    Place("consent_ownrule", words=("pattern", "like", "unlike"), never=("label",)),
    Place("consent_topic", words=("name", "words"), never=("code",)),
    nothing("consent_policy", "consent"),
)  # fmt: skip
