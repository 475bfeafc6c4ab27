"""A number in an address: sealed, so that no log and no browser's history holds a digit."""

from __future__ import annotations

import re

from django.http import Http404

from hongyan.runtime.secrets import SecretUnreadable, decrypt, encrypt


def token_of(number: str) -> str:
    return encrypt(number)


def number_of(token: str) -> str:
    """Raises Http404."""
    try:
        number = decrypt(token)
    except (SecretUnreadable, ValueError):
        raise Http404 from None
    # The seal of somebody who was erased has a page as well: what still forbids, and what the ledger may keep.
    if not re.fullmatch(r"\+\d{4,15}|~[\w-]{19}", number):
        raise Http404
    return number
