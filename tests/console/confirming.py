"""Pressing the button of a confirmation that has been looked at."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client


def shown(page: str) -> str:
    """The mark that a confirmation carries."""
    found = re.search(r'name="shown" value="([^"]+)"', page)
    return found[1] if found else ""


def send(client: Client, confirm: str) -> Any:
    """Look at the confirmation, then send."""
    mark = shown(client.get(confirm, follow=True).content.decode())
    return client.post(confirm.replace("confirm", "send"), {"shown": mark})
