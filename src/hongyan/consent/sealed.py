"""Refusals of people whose number has been erased: a seal stands in the number's place, and screening asks for it too."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from hongyan.privacy import seal

ANY = """
select exists (select from consent_optout where number like '~%%') or exists (select from consent_listed where number like '~%%')
"""


def seals_of(numbers: Sequence[str]) -> list[str]:
    """The numbers' seals, in their order; none as long as nobody who refused has been erased."""
    with connection.cursor() as cursor:
        cursor.execute(ANY, [])
        if not cursor.fetchone()[0]:
            return []
    return [seal(number) for number in numbers]
