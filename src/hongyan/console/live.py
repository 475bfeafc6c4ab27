"""Live updates as pages use them: a signed list of topics, made where the rights were checked, for one session of a user.

The session travels encrypted: the token stands in an address, and whoever reads it there cannot sign in with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core import signing
from django.utils.crypto import salted_hmac

from hongyan.runtime.secrets import SecretUnreadable, decrypt, encrypt

if TYPE_CHECKING:
    # The process of the live updates reads this file too, and needs neither requests nor models: 10 MB.
    from django.http import HttpRequest

SALT = "hongyan.live"
VALID_S = 12 * 3600


@dataclass(frozen=True, slots=True)
class Follower:
    """Who opened the page, and what it may be told of."""

    topics: tuple[str, ...]
    user: int
    session: str
    stamp: str
    """Of the password: with a new one, the streams of all other sessions end."""


def token(request: HttpRequest, topics: Iterable[str]) -> str:
    """What a page of this request gives the live process."""
    user, session = request.user, request.session.session_key or ""
    assert user.pk is not None
    said = [sorted(set(topics)), user.pk, encrypt(session), stamp_of(user.password)]
    return signing.dumps(said, salt=SALT, compress=True)


def follower(signed: str) -> Follower:
    """Raises signing.BadSignature for what no page of ours made, or made too long ago."""
    said = signing.loads(signed, salt=SALT, max_age=VALID_S)
    try:
        topics, user, session, stamp = said
        return Follower(tuple(topics), user, decrypt(session), stamp)
    except (ValueError, SecretUnreadable) as error:
        # A page from before an update, or of another key.
        raise signing.BadSignature from error


def stamp_of(password: str) -> str:
    """Says whether a stored password is still the one it was, and nothing else of it."""
    return salted_hmac(SALT, password).hexdigest()[:16]
