"""A customer, an order or a product with its parts as one document: what an import finds, and what it leaves."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, models

from hongyan.crm.models import Customer, Order, OrderLine, Person, Product

RECORDS: dict[str, tuple[type[models.Model], type[models.Model] | None, str]] = {
    "customers": (Customer, Person, "customer_id"), "orders": (Order, OrderLine, "order_id"), "products": (Product, None, ""),
}  # fmt: skip
"""Kind of file -> the record's model, that of its parts, the column by which they belong to it."""
KEPT_BY_ITSELF = ["version", "updated_at", "search"]
"""Columns that follow from the others."""


def document(kind: str, pk: int) -> dict[str, Any] | None:
    """A record with its parts as it stands."""
    model, part, column = RECORDS[kind]
    parts = (
        f"(select coalesce(jsonb_agg(to_jsonb(p) order by p.id), '[]') from {part._meta.db_table} p where p.{column} = r.id)"  # noqa: S608
        if part is not None
        else "'[]'::jsonb"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"select jsonb_build_object('row', to_jsonb(r) - %s::text[], 'parts', {parts})"  # noqa: S608 - our own names
            f" from {model._meta.db_table} r where r.id = %s",
            [KEPT_BY_ITSELF, pk],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    read: dict[str, Any] = json.loads(found[0]) if isinstance(found[0], str) else found[0]
    return read
