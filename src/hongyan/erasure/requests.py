"""Verbs of requests: ask what is known of a number, have it as a file, have it erased.

Erasing goes in this order: what still waits to be sent to the number is withdrawn; every place is gone through; what is on the
wire is waited for, because its receipts name the number, and then everything is gone through once more. Twice is once, so a job
that was killed simply runs again. What the number writes afterwards is new, and is kept like anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import Error, connection, transaction
from django.http import Http404
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.dispatch import control
from hongyan.dispatch.numbers import LAST_DIGITS, BadNumber, mask, normalise
from hongyan.erasure import journal, showing
from hongyan.erasure.models import Request
from hongyan.erasure.sweeping import Sweep
from hongyan.privacy import seal
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection
from hongyan.runtime.live import publish, publish_all
from hongyan.runtime.secrets import encrypt

log = structlog.get_logger()

Kind, State = Request.Kind, Request.State
FILE_KEPT_FOR = timedelta(days=7)
ERASED = "erased"
"""As the reason of messages that were withdrawn (`messaging/reasons.py`)."""
LOCK = 0x45726173
"""Kind of the advisory lock under which one number at a time is gone through."""
ON_THE_WIRE = (
    "select count(*) from dispatch_message where reverse(number) = reverse(%s) and state in ('queued', 'submitted')"
)


def check(user: User | None) -> None:
    """All that is known of anybody, whoever it belongs to; None: who runs the machine. Raises Refused."""
    if user is not None and not (user.may(Right.ANSWER_PEOPLE) and user.may(Right.SEE_NUMBERS)):
        raise Refused("not_allowed", _("Only administrators may answer requests about personal data."), status=403)


def read(typed: str) -> str:
    """A number that somebody typed, in E.164. Raises Refused."""
    try:
        return normalise(typed)
    except BadNumber as error:
        raise Refused("bad_number", _(str(error)), field="number") from error


@transaction.atomic
def ask(user: User | None, kind: Request.Kind, number: str, *, address: str | None = None) -> Request:
    """Have everything looked through for a number; nothing is changed by it. Raises Refused."""
    check(user)
    number = read(number)
    sealed = seal(number)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, sealed])
    same = Request.objects.filter(seal=sealed, kind=kind).exclude(number_encrypted="")
    if under_way := same.filter(state__in=[State.LOOKING, State.ERASING, State.HOLDING]).first():
        return under_way
    # What was found some time ago is not what would go now.
    Request.objects.filter(seal=sealed, kind=kind, state=State.READY).delete()
    row = Request.objects.create(
        kind=kind,
        seal=sealed,
        masked=mask(number),
        number_encrypted=encrypt(number),
        asked_by=user,
        asked_at=clock.now(),
    )
    audit.record(user, f"person.{kind}_asked", summary=row.masked, address=address)
    app.configure_task("erasure.look", allow_unknown=False).defer(request_id=row.pk)
    return row


def access_request(user: User | None, request_id: int) -> Request:
    """Raises Refused, or Http404 for missing."""
    check(user)
    found = Request.objects.select_related("asked_by").filter(pk=request_id).first()
    if found is None:
        raise Http404
    return found


def look(request_id: int) -> None:
    """Count what there is, and write the file of an access request. May be killed and run again."""
    with _alone(request_id):
        row = Request.objects.filter(pk=request_id, state=State.LOOKING).first()
        if row is None:
            return
        sweep = Sweep(row.number)
        row.found = sweep.found()
        row.waits_for = _on_the_wire(row.number)
        row.state = State.READY
        if row.kind == Kind.ACCESS:
            row.file_encrypted = showing.sealed_file(row, sweep)
            row.expires_at = clock.now() + FILE_KEPT_FOR
            row.ended_at = clock.now()
        row.save()
        publish("person-requests")


@transaction.atomic
def take(user: User | None, request_id: int, *, address: str | None = None) -> bytes:
    """The file of an access request, until its day. Audited. Raises Refused, Http404."""
    row = access_request(user, request_id)
    if not row.file_encrypted or row.expires_at is None or row.expires_at <= clock.now():
        raise Http404
    audit.record(user, "person.file_taken", summary=row.masked, address=address)
    return showing.opened(row)


def take_told(user: User | None, request_id: int, *, address: str | None = None) -> dict[str, Any]:
    """The same for programs. Audited. Raises as `take`."""
    return showing.told_in(take(user, request_id, address=address))


@transaction.atomic
def confirm(user: User | None, request_id: int, typed: str, *, address: str | None = None) -> Request:
    """Begin to erase. `typed` are the number's last digits, so that nobody erases whom they did not mean. Raises Refused."""
    access_request(user, request_id)
    row = Request.objects.select_for_update().get(pk=request_id)
    if row.kind != Kind.ERASURE or row.state != State.READY:
        raise Refused("not_ready", _("This request is not waiting for your word."), status=409)
    if typed.strip() != row.number[-LAST_DIGITS:]:
        raise Refused("not_confirmed", _("Type the last four digits of the number."), field="typed")
    row.state = State.ERASING
    row.save(update_fields=["state"])
    audit.record(user, "person.erasure_begun", summary=row.masked, detail={"found": row.found}, address=address)
    app.configure_task("erasure.erase", allow_unknown=False).defer(request_id=row.pk)
    return row


@transaction.atomic
def drop(user: User | None, request_id: int, *, address: str | None = None) -> None:
    """Nothing is to be done any more; what is being erased goes on. Raises Refused, Http404."""
    row = access_request(user, request_id)
    if row.state in (State.ERASING, State.HOLDING, State.ERASED):
        raise Refused("too_late", _("What has begun to be erased cannot be stopped."), status=409)
    audit.record(user, "person.request_dropped", summary=row.masked, address=address)
    row.delete()


def erase(request_id: int) -> None:
    """Take the number out of everything. May be killed and run again."""
    with _alone(request_id):
        row = Request.objects.filter(pk=request_id, state__in=[State.ERASING, State.HOLDING]).first()
        if row is None:
            return
        number = row.number
        _withdraw(number)
        sweep = Sweep(number)
        sweep.erase()
        if waits_for := _on_the_wire(number):
            Request.objects.filter(pk=row.pk).update(state=State.HOLDING, waits_for=waits_for)
        else:
            # Whatever came to an end or was written while we went through the rest.
            sweep.erase()
            _end(row)
        publish("person-requests")


@transaction.atomic
def _withdraw(number: str) -> None:
    _count, touched = control.withdraw(raw_connection(), [control.Refused(number, ERASED)], clock.now())
    if touched:
        publish_all(["submissions", *(f"submission-{one}" for one in dict.fromkeys(touched))])


def _end(row: Request) -> None:
    """The journal is written first: a restored database must meet it, and a line too many does no harm."""
    now = clock.now()
    journal.note(row.seal, now)
    with transaction.atomic():
        Request.objects.filter(seal=row.seal).exclude(pk=row.pk).filter(kind=Kind.ACCESS).update(
            file_encrypted="", number_encrypted="", expires_at=now
        )
        Request.objects.filter(pk=row.pk).update(state=State.ERASED, number_encrypted="", waits_for=0, ended_at=now)
        audit.record(row.asked_by, "person.erased", summary=row.masked, detail={"found": row.found})
    log.info("a number has been erased", request=row.pk)


def begin_again(number: str) -> Request:
    """Erase what a restore brought back."""
    sealed = seal(number)
    row = Request.objects.create(
        kind=Kind.ERASURE, state=State.ERASING, seal=sealed, masked=mask(number), number_encrypted=encrypt(number),
        asked_at=clock.now(),
    )  # fmt: skip
    erase(row.pk)
    return row


def look_again(now: datetime) -> int:
    """Hourly: go on with what waited for receipts, forget files past their day; gives how many."""
    count = (
        Request.objects.filter(expires_at__lte=now)
        .exclude(file_encrypted="")
        .update(file_encrypted="", number_encrypted="")
    )
    for pk in Request.objects.filter(state__in=[State.ERASING, State.HOLDING]).values_list("pk", flat=True):
        erase(pk)
        count += 1
    return count


def _on_the_wire(number: str) -> int:
    row = raw_connection().execute(ON_THE_WIRE, [number]).fetchone()
    return int(row[0])


@contextmanager
def _alone(request_id: int) -> Iterator[None]:
    """No two go through everything for one request, even if the first was taken for dead."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s, %s)", [LOCK, request_id])
    try:
        yield
    finally:
        with suppress(Error), connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s, %s)", [LOCK, request_id])
