"""Taking an import of customers, orders or products back, record by record as it came in.

A record with its parts (a customer's people, an order's lines) is one document. What the import wrote must still stand
there; then the document before it is put back, or a new record removed if nothing rests on it.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.crm import classifying, customers
from hongyan.crm.documents import KEPT_BY_ITSELF, RECORDS, document
from hongyan.crm.importing import check_may, kind_of
from hongyan.crm.models import Category, Customer, FormerNumber, Order, Person
from hongyan.uploads import undoing
from hongyan.uploads.models import Touched, Upload
from hongyan.uploads.undoing import SHOWN, STAYING, Undone

FORETOLD = 100
"""Of so many records it is tried, while somebody waits, what undoing would do."""
WORDS = STAYING | {
    "needed": _("something rests on it since"),
    "beyond": _("belongs to somebody else now"),
    "taken": _("its old number is somebody else's now"),
}


def note(upload: Upload, kind: str, pk: int, old: dict[str, Any] | None) -> None:
    """Keep what the import did to a record, in the transaction that did it."""
    new = document(kind, pk)
    if new is not None and new != old:
        Touched.objects.create(upload=upload, kind=kind, record_id=pk, old=old, new=new)


def foretell(upload: Upload) -> Undone | None:
    """What undoing would do, by doing it and taking that back; None where there is too much."""
    if undoing.size(upload, kind_of(upload)) > FORETOLD:
        return None
    with transaction.atomic(), connection.cursor() as cursor:
        found = _undo(upload, cursor)
        transaction.set_rollback(True)
    return found


def begin(user: User, upload: Upload) -> None:
    """Undo an import in the background. Raises Refused."""
    check_may(user, kind_of(upload))
    undoing.begin(
        user, upload, lambda: app.configure_task("crm.undo_upload", allow_unknown=False).defer(upload_id=upload.pk)
    )


def undo(upload_id: int) -> None:
    """The job itself. May run twice."""
    undoing.run(upload_id, _undo_and_forget)


def _undo_and_forget(upload: Upload, cursor: Any) -> Undone:
    kind = kind_of(upload)
    if not upload.owner.is_active:
        raise Refused("not_allowed", _("The owner of this upload may no longer change this."), status=403)
    check_may(upload.owner, kind)
    done = _undo(upload, cursor)
    for pk in undoing.made(upload, "category"):
        try:
            with transaction.atomic():
                Category.objects.filter(pk=pk).delete()
        except ProtectedError:
            continue
    undoing.forgotten(upload)
    return done


def _undo(upload: Upload, cursor: Any) -> Undone:
    """The youngest first: a record that two rows of the file touched goes back step by step."""
    kind, removed, restored = kind_of(upload), 0, 0
    stayed: dict[int, str] = {}
    again: set[int] = set()
    for one in Touched.objects.filter(upload=upload, kind=kind).order_by("-id").iterator(200):
        if one.record_id in stayed:
            continue
        try:
            with transaction.atomic():
                why = _put_back(upload.owner, kind, one, cursor)
        except ProtectedError:
            why = "needed"
        except IntegrityError:
            why = "taken"
        if why not in ("", "gone"):
            stayed[one.record_id] = why
        elif not why:
            removed, restored = removed + (one.old is None), restored + (one.old is not None)
            if kind != "products":
                again |= {one.record_id} if kind == "customers" else {one.new["row"]["customer_id"]}
    classifying.classify(sorted(Customer.objects.filter(pk__in=again).values_list("pk", flat=True)))
    return Undone(removed, restored, len(stayed), sorted(stayed.items())[:SHOWN])


def _put_back(user: User, kind: str, one: Touched, cursor: Any) -> str:
    """Why it stays as it is; nothing where it went back."""
    model = RECORDS[kind][0]
    cursor.execute(f"select 1 from {model._meta.db_table} where id = %s for update", [one.record_id])  # noqa: S608
    if cursor.fetchone() is None:
        return "gone"
    if document(kind, one.record_id) != one.new:
        return "changed"
    seen: Any = Customer.objects.visible_to(user) if kind == "customers" else None
    seen = Order.objects.visible_to(user) if kind == "orders" else seen
    if seen is not None and not seen.filter(pk=one.record_id).exists():
        return "beyond"
    if one.old is None:
        model._default_manager.get(pk=one.record_id).delete()
        return ""
    _restore(kind, one, cursor)
    return ""


def _restore(kind: str, one: Touched, cursor: Any) -> None:
    model, part, column = RECORDS[kind]
    assert one.old is not None
    own = [str(each.column) for each in model._meta.concrete_fields if not each.primary_key]
    columns = [each for each in own if each not in KEPT_BY_ITSELF]
    # Who has read the record meanwhile sees that it is another version again.
    newer = ", version = r.version + 1, updated_at = now()" if "version" in own else ""
    if part is not None:
        _restore_parts(part, column, one, cursor)
    cursor.execute(
        f"update {model._meta.db_table} r set ({', '.join(columns)}) ="  # noqa: S608 - our own names
        f" (select {', '.join(f'p.{each}' for each in columns)} from jsonb_populate_record(r, %s::jsonb) p){newer}"
        " where r.id = %s",
        [json.dumps(one.old["row"]), one.record_id],
    )
    if kind == "customers":
        customers.index(Customer.objects.get(pk=one.record_id))


def _restore_parts(part: type[models.Model], column: str, one: Touched, cursor: Any) -> None:
    """Parts that are new go, parts that were there stand as they stood. Numbers may have changed hands among them."""
    assert one.old is not None
    table = part._meta.db_table
    was = {each["id"]: each for each in one.old["parts"]}
    part._default_manager.filter(**{column: one.record_id}).exclude(pk__in=was).delete()
    if part is Person:
        Person.objects.filter(pk__in=was).update(number="")
        for each in one.new["parts"]:
            # The number it gets back is no former one.
            old = was.get(each["id"])
            if old is not None and old["number"] != each["number"]:
                FormerNumber.objects.filter(person=each["id"], number=old["number"]).delete()
    own = [str(each.column) for each in part._meta.concrete_fields]
    cursor.execute(
        f"insert into {table} ({', '.join(own)})"  # noqa: S608 - our own names
        f" select {', '.join(own)} from jsonb_populate_recordset(null::{table}, %s::jsonb)"
        f" on conflict (id) do update set {', '.join(f'{each} = excluded.{each}' for each in own if each != 'id')}",
        [json.dumps(one.old["parts"])],
    )
