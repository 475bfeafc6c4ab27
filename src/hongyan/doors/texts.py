"""What a door's rule for signatures makes of a text, and the opt-out wording that law asks for on marketing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hongyan.doors.models import Door
from hongyan.messaging.asking import opt_out_tail
from hongyan.messaging.models import Signature

_AT_START, _AT_END = re.compile(r"\s*【([^【】]{1,20})】"), re.compile(r"【([^【】]{1,20})】\s*\Z")
NO_SIGNATURE, UNKNOWN_SIGNATURE = "missing_signature", "unknown_signature"


@dataclass(frozen=True, slots=True)
class Policy:
    """A door's rule with what it needs to know; read once for a chunk."""

    rule: str
    own: str
    registered: frozenset[str]
    category: str

    def worded(self, text: str) -> tuple[str, str]:
        """The text as it goes out, and why it may not ("" where it may)."""
        found = _AT_START.match(text) or _AT_END.search(text)
        reason = ""
        if self.rule != Door.SignaturePolicy.FREE:
            if found and found[1].strip() in self.registered:
                pass
            elif found:
                reason = UNKNOWN_SIGNATURE
            elif self.rule == Door.SignaturePolicy.ADD and self.own:
                text = f"【{self.own}】{text}"
            else:
                reason = NO_SIGNATURE
        return text + opt_out_tail(text, self.category), reason


def policy_of(door: Door) -> Policy:
    """Two queries at most."""
    registered = dict(Signature.objects.values_list("text", "is_default"))
    own = door.signature or next((text for text, is_default in registered.items() if is_default), "")
    return Policy(door.signature_policy, own, frozenset(registered), door.category)
