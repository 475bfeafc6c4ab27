"""Live updates as pages use them: a signed list of topics, made where the rights were checked."""

from __future__ import annotations

from collections.abc import Iterable

from django.core import signing

SALT = "hongyan.live"
VALID_S = 12 * 3600


def token(topics: Iterable[str]) -> str:
    """What a page gives the live process, which checks nothing but the signature."""
    return signing.dumps(sorted(set(topics)), salt=SALT, compress=True)


def topics(signed: str) -> list[str]:
    """Raises signing.BadSignature for what no page of ours made, or made too long ago."""
    return list(signing.loads(signed, salt=SALT, max_age=VALID_S))
