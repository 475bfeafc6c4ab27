"""Recipient lists: numbers with their variables, from a file or typed, used once or kept until they expire."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.contacts import needs, stock
from hongyan.contacts.models import RecipientList
from hongyan.dispatch.numbers import home_carrier
from hongyan.uploads.models import Upload

KEPT_UNUSED = timedelta(days=30)
"""A list that is not kept serves one submission; a month covers the longest schedule and a resend."""


def access_list(user: User, list_id: int) -> RecipientList:
    """The user's own list, unless it has expired; Http404 for missing and forbidden alike."""
    found: RecipientList | None = (
        RecipientList.objects.visible_to(user)
        .filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), pk=list_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


def prepare(user: User, upload: Upload, *, name: str, keep_days: int | None) -> RecipientList:
    """The empty list that an upload will fill."""
    return RecipientList.objects.create(
        owner=user,
        upload=upload,
        name=(name.strip() or Path(upload.file_name).stem or upload.file_name)[:120],
        columns=upload.columns,
        is_kept=keep_days is not None,
        expires_at=timezone.now() + (timedelta(days=keep_days) if keep_days else KEPT_UNUSED),
    )


@transaction.atomic
def from_numbers(user: User, name: str, numbers: Sequence[str], *, is_kept: bool = False) -> RecipientList:
    """A list of distinct E.164 `numbers`, as `numbers.read_many` gives them. Written by COPY."""
    if not user.may(Right.SEND):
        raise Refused("not_allowed", _("You may not send messages."), status=403)
    made = RecipientList.objects.create(
        owner=user, name=name[:120], is_kept=is_kept, size=len(numbers), expires_at=timezone.now() + KEPT_UNUSED,
        carriers=dict(Counter(home_carrier(number).value for number in numbers)),
    )  # fmt: skip
    with (
        connection.cursor() as cursor,
        cursor.copy("copy contacts_recipientlistrow (list_id, line, number, variables) from stdin") as copy,
    ):
        for line, number in enumerate(numbers, start=1):
            copy.write_row((made.pk, line, number, "{}"))
    stock.take(made)
    return made


@transaction.atomic
def from_rows(
    user: User, name: str, columns: Sequence[str], rows: Iterable[tuple[int, str, dict[str, str]]]
) -> RecipientList:
    """A list for one submission from (line, E.164 number, variables). Streamed by COPY: memory stays flat."""
    if not user.may(Right.SEND):
        raise Refused("not_allowed", _("You may not send messages."), status=403)
    made = RecipientList.objects.create(
        owner=user, name=name[:120], columns=list(columns), expires_at=timezone.now() + KEPT_UNUSED
    )
    carriers: Counter[str] = Counter()
    with (
        connection.cursor() as cursor,
        cursor.copy("copy contacts_recipientlistrow (list_id, line, number, variables) from stdin") as copy,
    ):
        for line, number, variables in rows:
            copy.write_row((made.pk, line, number, json.dumps(variables, ensure_ascii=False)))
            carriers[home_carrier(number).value] += 1
    made.size, made.carriers = carriers.total(), dict(carriers)
    made.save(update_fields=["size", "carriers"])
    stock.take(made)
    return made


@transaction.atomic
def keep(user: User, one: RecipientList, *, days: int) -> None:
    """Show the list among the reusable ones until `days` from now."""
    one = access_list(user, one.pk)
    one.is_kept = True
    one.expires_at = timezone.now() + timedelta(days=days)
    one.save(update_fields=["is_kept", "expires_at"])


@transaction.atomic
def delete(user: User, one: RecipientList) -> None:
    """Delete a list with its rows. What was sent to them stays. Raises Refused while something needs it."""
    one = access_list(user, one.pk)
    needs.check_list(one.pk)
    audit.record(user, "recipient_list.deleted", one, detail={"size": one.size})
    _drop([one.pk])


def drop_expired(now: datetime, *, spared: Iterable[int] = ()) -> int:
    """Delete up to 500 lists past their day, but none of `spared`; gives how many."""
    expired = RecipientList.objects.filter(expires_at__lt=now).exclude(pk__in=list(spared))
    ids = list(expired.values_list("pk", flat=True)[:500])
    with transaction.atomic():
        _drop(ids)
    return len(ids)


def _drop(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from contacts_recipientlistrow where list_id = any(%s)", [ids])
        cursor.execute("delete from contacts_recipientlist where id = any(%s)", [ids])
