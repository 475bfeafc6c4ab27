"""Secrets at rest: channel passwords and two-step keys, encrypted with a key derived from the installation's."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from cryptography.fernet import Fernet, InvalidToken

from hongyan.runtime.settings import settings


class SecretUnreadable(Exception):
    """The stored secret was written with another key: the data folder's `secret_key` is not the one it was."""


@cache
def _cipher() -> Fernet:
    key = hashlib.scrypt(settings().secret().encode(), salt=b"hongyan secrets", n=2**12, r=8, p=1, dklen=32)
    return Fernet(base64.urlsafe_b64encode(key))


def encrypt(secret: str) -> str:
    """`secret` as printable text that only this installation can read."""
    return _cipher().encrypt(secret.encode()).decode() if secret else ""


def decrypt(stored: str) -> str:
    """What was given to `encrypt`. Raises SecretUnreadable."""
    if not stored:
        return ""
    try:
        return _cipher().decrypt(stored.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable from error
