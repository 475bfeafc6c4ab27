"""The journal of erasures, and what a restored backup brings back.

Whoever reads a backup into a database has all that was in it, and nothing that happened since: neither an erasure nor the word of
it. So the seals of those who were erased also stand in a file beside the data, a line each. What that file has and the database
has not is erased again: soon after a restore by itself, or at once by `hongyan person again`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import connection

from hongyan.erasure.models import Request
from hongyan.erasure.places import PLACES
from hongyan.privacy import seal
from hongyan.runtime.settings import settings

# Whatever looks like a mobile number in the words of a column.
NAMED = "select distinct (regexp_matches({column}::text, '(?<![0-9])1[3-9][0-9]{{9}}(?![0-9])', 'g'))[1] from {table}"


def file() -> Path:
    """It holds no number, and means nothing without the installation's secret. It moves with the data folder."""
    return settings().data_path / "erased"


def note(sealed: str, at: datetime) -> None:
    """A line, on the disk before anybody reads on."""
    descriptor = os.open(file(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(f"{sealed} {at.isoformat()}\n")
        opened.flush()
        os.fsync(opened.fileno())


def unknown() -> set[str]:
    """Seals of the file that this database has never heard of."""
    try:
        lines = file().read_text().splitlines()
    except FileNotFoundError:
        return set()
    noted = {line.split(" ", 1)[0] for line in lines if line.startswith("~")}
    return noted - set(
        Request.objects.filter(kind=Request.Kind.ERASURE, state=Request.State.ERASED).values_list("seal", flat=True)
    )


def brought_back(seals: set[str]) -> dict[str, str]:
    """Numbers of this database that have one of these seals: seal -> number. Reads every number and every text."""
    found: dict[str, str] = {}
    for number in _numbers():
        if number and (sealed := seal(number)) in seals:
            found[sealed] = number
    return found


def _numbers() -> Iterator[str]:
    for place in PLACES:
        for column in place.numbers:
            yield from _read(f"select distinct {column} from {place.table}")  # noqa: S608 - declared names
        for column in (*place.words, *place.values):
            for one in _read(NAMED.format(column=f'"{column}"', table=place.table)):
                yield f"+86{one}"


def _read(statement: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        while rows := cursor.fetchmany(5000):
            yield from (row[0] for row in rows)
