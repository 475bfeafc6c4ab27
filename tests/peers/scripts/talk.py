"""What the scripts have in common: what was asked of them, and how they say what happens."""

from __future__ import annotations

import json
import sys
from typing import Any

ASKED: dict[str, Any] = json.loads(sys.argv[1])


def say(what: str, **more: Any) -> None:
    print(json.dumps({"said": what, **more}), flush=True)


def parts(text: str, reference: int = 7) -> list[bytes]:
    """UCS-2 contents, behind a concatenation header where there are several."""
    if len(text) <= 70:
        return [text.encode("utf-16-be")]
    pieces = [text[start : start + 67] for start in range(0, len(text), 67)]
    return [
        bytes((5, 0, 3, reference, len(pieces), number)) + piece.encode("utf-16-be")
        for number, piece in enumerate(pieces, start=1)
    ]


def tell_delivered(esm_class: int, text: bytes, receipted_id: str | None, sender: str) -> None:
    """What a deliver_sm is: a receipt in the form of SMPP 3.4's appendix B, or what a phone wrote."""
    if esm_class & 0x3C == 4:
        fields = dict(pair.split(":", 1) for pair in text.decode("ascii").split(" ") if ":" in pair)
        say("receipt", id=fields["id"], tlv_id=receipted_id, stat=fields["stat"])
    else:
        say("incoming", text=text.decode("utf-16-be"), sender=sender)
