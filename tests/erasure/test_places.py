"""Every column of the database that could hold a number is declared in a room's `privacy.py`."""

from __future__ import annotations

import pytest
from django.db import connection

from hongyan.erasure.places import PLACES
from hongyan.privacy import Place

# Arrays, texts, JSON, octets; parts of partitioned tables are their whole's.
COLUMNS = """
select c.table_name, c.column_name from information_schema.columns c
join pg_class t on t.relname = c.table_name and t.relnamespace = 'public'::regnamespace
where c.table_schema = 'public' and t.relkind in ('r', 'p') and not t.relispartition
  and c.udt_name not in ('int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'bool', 'date', 'time', 'timetz', 'timestamp',
                         'timestamptz', 'interval', 'uuid', 'oid', '_int4', '_int8')
  and c.udt_name not like 'procrastinate%'
order by 1, 2
"""


def _declared(place: Place) -> set[tuple[str, str]]:
    named = (*place.numbers, *place.words, *place.values, *place.files, *place.never)
    return {(place.table, column) for column in named}


@pytest.mark.django_db
def test_every_column_that_could_hold_a_number_is_declared() -> None:
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        there = {(table, column) for table, column in cursor.fetchall()}
    declared = set().union(*(_declared(place) for place in PLACES))
    assert there - declared == set(), "say in the room's privacy.py what these columns hold"
    assert declared - there == set(), "these are no more"


def test_no_table_is_declared_twice() -> None:
    tables = [place.table for place in PLACES]
    assert sorted(tables) == sorted(set(tables))
