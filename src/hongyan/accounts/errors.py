"""What can be wrong with a change of accounts; nothing was changed."""

from __future__ import annotations


class AccountsError(Exception):
    """The text is a translated sentence for people."""
