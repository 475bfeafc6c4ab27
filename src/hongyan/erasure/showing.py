"""The file of an access request: everything about a number, to be read by its owner, with the same for programs."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from hongyan.erasure.models import Request
from hongyan.erasure.sweeping import Sweep
from hongyan.erasure.words import COLUMNS, KINDS
from hongyan.privacy import Place
from hongyan.runtime import clock
from hongyan.runtime.secrets import decrypt, encrypt

MOST_OF_A_ROW = 4000
"""Signs of one value on the page; the file for programs has them all."""


def sealed_file(row: Request, sweep: Sweep) -> str:
    """The zip, encrypted, as it is kept."""
    own, named = _gathered(sweep)
    about = {
        "number": sweep.digits.number, "made_at": clock.now().isoformat(),
        "own": own, "named_elsewhere": named,
    }  # fmt: skip
    language = row.asked_by.language if row.asked_by else ""
    with translation.override(language or settings.LANGUAGE_CODE):
        sections = [
            {"title": KINDS.get(kind, kind), "rows": [_readable(one) for one in rows]} for kind, rows in own.items()
        ]
        elsewhere = [{"title": KINDS.get(kind, kind), "count": len(rows)} for kind, rows in named.items()]
        page = render_to_string(
            "erasure/person.html",
            {"number": sweep.digits.number, "at": clock.now(), "sections": sections, "elsewhere": elsewhere},
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("person.html", page)
        zipped.writestr("person.json", json.dumps(about, ensure_ascii=False, indent=2, default=str))
    return encrypt(base64.b64encode(packed.getvalue()).decode())


def opened(row: Request) -> bytes:
    """The zip of a request that has one."""
    return base64.b64decode(decrypt(row.file_encrypted))


def told_in(content: bytes) -> dict[str, Any]:
    """What the zip says to programs."""
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        told: dict[str, Any] = json.loads(zipped.read("person.json"))
    return told


def _gathered(sweep: Sweep) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """Rows that are the person's own, whole; and where else the number stands, without what is said there of others."""
    own: dict[str, list[dict[str, Any]]] = {}
    named: dict[str, list[dict[str, Any]]] = {}
    for place, is_own, row in sweep.rows():
        if is_own or _is_about(place, row, sweep):
            kept = {
                name: value for name, value in row.items() if value not in (None, "", {}, []) and "search" not in name
            }
            own.setdefault(place.kind, []).append({"table": place.table, **kept})
        else:
            named.setdefault(place.kind, []).append({"table": place.table, "id": row.get("id")})
    return own, named


def _is_about(place: Place, row: dict[str, Any], sweep: Sweep) -> bool:
    """A row of somebody's table that has the number as a value of its own is the person's too."""
    data = row.get("data") if place.table == "datasets_row" else None
    return isinstance(data, dict) and sweep.digits.number in data.values()


def _readable(row: dict[str, Any]) -> list[tuple[Any, str]]:
    facts = []
    for name, label in COLUMNS.items():
        value = row.get(name)
        if value in (None, "", {}, []):
            continue
        if isinstance(value, dict):
            value = "; ".join(f"{key}: {one}" for key, one in value.items())
        facts.append((label, str(value)[:MOST_OF_A_ROW]))
    return facts
