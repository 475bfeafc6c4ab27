"""Taking an import of people back, in the frame of `uploads/undoing.py`.

People who are new by it go, unless somebody has changed, tagged or grouped them since; others get their old values. It
leaves the groups it put people into, and the groups, tags and columns it made go where nobody uses them.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.contacts import fields, needs, people
from hongyan.contacts.loading import check_may
from hongyan.contacts.models import Contact, Field, Group, Tag
from hongyan.uploads import undoing
from hongyan.uploads.models import Upload
from hongyan.uploads.undoing import STAYING, Undone

WORDS = STAYING | {
    "grouped": _("put into a group since"),
    "tagged": _("tagged since"),
    "related": _("related to somebody since"),
    "number_taken": _("somebody else has the old number now"),
    "out_of_reach": _("no longer in a group that you may change"),
}
_JOINED = """exists (
    select from {table} l where l.contact_id = r.id and not exists (
        select from uploads_touched o where o.upload_id = t.upload_id and o.kind = '{kind}' and o.record_id = r.id
        and (o.new->>'id')::bigint = l.{column}))"""
FURTHER = f"""
    when t.old is null and {_JOINED.format(table="contacts_group_contacts", kind="membership", column="group_id")} then 'grouped'
    when t.old is null and {_JOINED.format(table="contacts_contact_tags", kind="tagging", column="tag_id")} then 'tagged'
    when t.old is null and exists (select from contacts_relation x where x.other_id = r.id) then 'related'
    when t.old ? 'number' and exists (select from contacts_contact x where x.book_id = r.book_id
        and x.number = t.old->>'number' and x.id <> r.id) then 'number_taken'
"""  # noqa: S608 - our own names
_OUTSIDE = """
    when not exists (select from contacts_group_contacts l where l.contact_id = r.id and l.group_id in ({groups})) then 'out_of_reach'
"""
# Of people who were there before; those who stay as they are stay where they are.
LEAVE = """
delete from {table} l using uploads_touched t
where t.upload_id = %(upload)s and t.kind = %(kind)s and l.contact_id = t.record_id
and l.{column} = (t.new->>'id')::bigint
and not exists (select from fate f where f.id = t.record_id and f.fate not in ('restored', 'removed'))
"""

LEAVE_PHONES = """
with gone as (
    delete from contacts_phone l using uploads_touched t
    where t.upload_id = %(upload)s and t.kind = 'phone' and l.contact_id = t.record_id and l.number = t.new->>'number'
    and not exists (select from fate f where f.id = t.record_id and f.fate not in ('restored', 'removed'))
    returning l.contact_id, ' ' || regexp_replace(l.number, '^[+](86)?', '') || ' ' as words
)
update contacts_contact c set search = rtrim(replace(c.search || ' ', words, ' ')),
    search_further = rtrim(replace(c.search_further || ' ', words, ' '))
from gone where c.id = gone.contact_id
"""


def foretell(upload: Upload) -> Undone | None:
    """What undoing would do; None where there is too much to look at while somebody waits."""
    if undoing.size(upload, "contact") > undoing.FORETOLD:
        return None
    with transaction.atomic(), connection.cursor() as cursor:
        try:
            return undoing.decide(cursor, upload, "contact", Contact, _further(upload))
        except Refused:
            return None


def _further(upload: Upload) -> str:
    """Who stays, of the people whom the owner may change. Raises Refused where that is nobody."""
    _book, within = check_may(upload.owner, upload)
    return FURTHER if within is None else _OUTSIDE.format(groups=", ".join(map(str, within))) + FURTHER


def begin(user: User, upload: Upload) -> None:
    """Undo an import in the background. Raises Refused."""
    check_may(user, upload)
    undoing.begin(
        user, upload, lambda: app.configure_task("contacts.undo_upload", allow_unknown=False).defer(upload_id=upload.pk)
    )


def undo(upload_id: int) -> None:
    """The job itself. May run twice."""
    undoing.run(upload_id, _undo)


def _undo(upload: Upload, cursor: Any) -> Undone:
    book, _within = check_may(upload.owner, upload)
    cursor.execute("select pg_advisory_xact_lock(hashtext('address book'), %s)", [book.pk % 2**31])
    undoing.hold(cursor, upload, "contact", Contact)
    found = undoing.decide(cursor, upload, "contact", Contact, _further(upload))
    undoing.restore(cursor, Contact)
    for table, column, kind in (
        ("contacts_group_contacts", "group_id", "membership"), ("contacts_contact_tags", "tag_id", "tagging"),
    ):  # fmt: skip
        cursor.execute(LEAVE.format(table=table, column=column), {"upload": upload.pk, "kind": kind})
    cursor.execute(LEAVE_PHONES, {"upload": upload.pk})
    for ids in undoing.removed(cursor):
        needs.check_contacts(Contact.objects.filter(pk__in=ids))
        people.remove(ids)
    _clear_away(upload)
    undoing.forgotten(upload)
    return found


def _clear_away(upload: Upload) -> None:
    """What the import made beside people, where nobody uses it."""
    for group in Group.objects.filter(pk__in=undoing.made(upload, "group")).order_by("-path"):
        if group.contacts.exists() or group.children.exists():
            continue
        try:
            needs.check_group(group)
        except Refused:
            continue
        group.delete()
    Tag.objects.filter(pk__in=undoing.made(upload, "tag"), contacts=None).delete()
    for one in Field.objects.filter(pk__in=undoing.made(upload, "field")):
        if (
            not any(True for needing in fields.who_needs for _label in needing(one))
            and not Contact.objects.filter(fields__has_key=one.name).exists()
        ):
            one.delete()
