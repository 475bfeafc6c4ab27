"""The proof pack of a number: everything the ledger and the lists say of it, readable and provable without this product."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.consent import entering
from hongyan.consent.models import ConsentEvent, Listed, OptOut
from hongyan.consent.policy import topic_names
from hongyan.dispatch.numbers import mask

HOW = (
    "digest = sha256(packed(salt, number, evidence, wording, operator)); "
    "hash = sha256(packed(previous, line, at, act, topic, source, frequency, until, file_sha256, digest)); "
    "packed joins each field as <length in octets>:<field> in UTF-8, in this order; a date that is missing is empty."
)
CHECK = '''"""Proves proof.json: python check.py"""
import hashlib, json


def packed(*fields):
    return "".join(f"{len(str(one).encode())}:{one}" for one in fields).encode()


def sha(*fields):
    return hashlib.sha256(packed(*fields)).hexdigest()


proof = json.load(open("proof.json", encoding="utf-8"))
good = True
for one in proof["ledger"]:
    digest = sha(one["salt"], one["number"], one["evidence"], one["wording"], one["operator"])
    chained = sha(one["previous"], one["line"], one["at"], one["act"], one["topic"], one["source"], one["frequency"],
                  one["until"], one["file_sha256"], one["digest"])
    # An erased line says no more whose it was; that it stood here is proved all the same.
    erased = not one["salt"] and one["number"].startswith("~")
    holds = (erased or digest == one["digest"]) and chained == one["hash"]
    good = good and holds
    print("line", one["line"], "holds" if holds else "WAS CHANGED")
print("the proof holds" if good else "the proof does not hold")
raise SystemExit(not good)
'''


def pack(user: User, number: str, *, address: str | None = None) -> bytes:
    """A zip with proof.html, proof.json, check.py and the files that are evidence. Audited. Raises Refused."""
    entering.check(user)
    if not user.may(Right.SEE_NUMBERS):
        raise Refused("not_allowed", "", status=403)
    events = list(ConsentEvent.objects.filter(number=number).select_related("file").order_by("id"))
    last = ConsentEvent.objects.order_by("-id").values_list("id", "hash").first()
    now = timezone.now()
    told = {
        "number": number,
        "made_at": now.isoformat(),
        "made_by": user.name,
        "how": HOW,
        "head": {"line": last[0], "hash": last[1]} if last else None,
        "topics": topic_names(),
        "ledger": [_line(one) for one in events],
        "opt_outs": [
            {"topic": one.topic, "signature": one.signature, "source": one.source, "evidence": one.evidence,
             "at": one.at.isoformat(), "expires_at": one.expires_at and one.expires_at.isoformat()}
            for one in OptOut.objects.filter(number=number).order_by("id")
        ],
        "lists": [
            {"list": one.kind, "source": one.source, "reason": one.reason, "at": one.at.isoformat(),
             "expires_at": one.expires_at and one.expires_at.isoformat()}
            for one in Listed.objects.filter(number=number).order_by("id")
        ],
    }  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("proof.html", _page(told, events))
        zipped.writestr("proof.json", json.dumps(told, ensure_ascii=False, indent=2))
        zipped.writestr("check.py", CHECK)
        for file in {one.file for one in events if one.file}:
            zipped.writestr(f"evidence/{file.sha256[:12]}-{_plain(file.name)}", bytes(file.content))
    audit.record(user, "consent.proof_taken", summary=mask(number), detail={"lines": len(events)}, address=address)
    return packed.getvalue()


def _line(one: ConsentEvent) -> dict[str, Any]:
    at = one.at.astimezone(UTC)
    return {
        "line": one.pk, "number": one.number, "act": one.act, "topic": one.topic, "at": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z",
        "source": one.source, "evidence": one.evidence, "wording": one.wording, "frequency": one.frequency,
        "until": f"{one.until:%Y-%m-%d}" if one.until else "", "operator": one.operator, "file_sha256": one.file_sha256,
        "file": f"evidence/{one.file.sha256[:12]}-{_plain(one.file.name)}" if one.file else "",
        "salt": one.salt, "digest": one.digest, "previous": one.previous, "hash": one.hash,
    }  # fmt: skip


def _plain(name: str) -> str:
    """A file's name without what a path is made of."""
    return "".join(sign if sign.isalnum() or sign in ".-_" else "_" for sign in name)[-80:]


def _page(told: dict[str, Any], events: list[ConsentEvent]) -> str:
    lines = [{"row": one, "file": told["ledger"][at]["file"]} for at, one in enumerate(events)]
    return render_to_string("consent/proof.html", {"told": told, "lines": lines, "topics": told["topics"]})
