"""Backups that the installation makes by itself or on a click: a folder beside the data, one row for each.

The rows tell what was tried; the files are the truth. One is made at a time, by the worker, and lies on its machine.
"""

from __future__ import annotations

import contextlib
import os
from copy import copy
from datetime import datetime, time, timedelta
from pathlib import Path

import structlog
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from hongyan.accounts import audit, changes
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right, Role
from hongyan.reports.models import Backup, BackupPlan
from hongyan.runtime import backup
from hongyan.runtime.settings import settings

log = structlog.get_logger()

MOST_KEPT = 365


def folder() -> Path:
    """Where the files lie; nobody else may look in."""
    path = settings().data_path / "backups"
    path.mkdir(parents=True, exist_ok=True)
    os.chmod(path, 0o700)
    return path


def plan() -> BackupPlan:
    return BackupPlan.objects.first() or BackupPlan()


def check(user: User) -> None:
    """A backup holds everything of everybody. Raises Refused."""
    if user.role != Role.ADMINISTRATOR or not user.may(Right.MANAGE_CHANNELS):
        raise Refused("not_allowed", _("Only administrators may make and download backups."), status=403)


@transaction.atomic
def change_plan(user: User, *, is_on: bool, at: time, kept: int, address: str | None = None) -> None:
    check(user)
    row = plan()
    before = copy(row)
    row.is_on, row.at, row.kept = is_on, at, kept
    row.save()
    audit.record(user, "backup.planned", detail=changes.between(before, row), address=address)


@transaction.atomic
def ask(user: User | None, *, address: str | None = None) -> Backup:
    """Have one made as soon as the worker is free; while one is waited for, that is the one."""
    if user is not None:
        check(user)
    waiting = Backup.objects.select_for_update().filter(ended_at=None, began_at=None).first()
    if waiting is not None:
        return waiting
    row = Backup.objects.create(asked_by=user)
    app.configure_task("reports.backup", allow_unknown=False).defer(backup_id=row.pk)
    if user is not None:
        audit.record(user, "backup.asked", row, address=address)
    return row


def make(backup_id: int) -> None:
    """Write the file of a row, then take away those that are too many. Only one runs at a time, so what looks as if it
    did has been cut off."""
    now = timezone.now()
    Backup.objects.filter(ended_at=None, began_at__isnull=False).update(ended_at=now, error="interrupted")
    row = Backup.objects.filter(pk=backup_id, ended_at=None).first()
    if row is None:
        return
    row.name = f"hongyan-{timezone.localtime(now):%Y%m%d-%H%M%S}-{row.pk}.backup"
    row.began_at = now
    row.save()
    try:
        row.octets = backup.write(settings(), folder() / row.name)
    except (backup.BackupError, OSError) as error:
        log.warning("a backup failed", error=str(error))
        row.error = str(error)[:500] or type(error).__name__
    row.ended_at = timezone.now()
    row.save()
    if not row.error:
        _thin_out()


def _thin_out() -> None:
    for old in Backup.objects.filter(error="", removed_at=None, ended_at__isnull=False).order_by("-pk")[plan().kept :]:
        with contextlib.suppress(OSError):
            (folder() / old.name).unlink(missing_ok=True)
            Backup.objects.filter(pk=old.pk).update(removed_at=timezone.now())


def ask_if_due(now: datetime) -> bool:
    """At the plan's time, or soon after a start that missed it; a try that failed is repeated after an hour."""
    found = plan()
    if not found.is_on:
        return False
    local = timezone.localtime(now)
    turn = timezone.make_aware(datetime.combine(local.date(), found.at))
    if turn > now:
        turn = timezone.make_aware(datetime.combine(local.date() - timedelta(days=1), found.at))
    if Backup.objects.filter(ended_at__isnull=False, error="", began_at__gte=turn).exists():
        return False
    if Backup.objects.filter(asked_at__gt=now - timedelta(hours=1), asked_at__gte=turn).exists():
        return False
    ask(None)
    return True


def last() -> Backup | None:
    """The newest whose file is there: a restored database tells of files that lie elsewhere."""
    rows = Backup.objects.filter(error="", removed_at=None, ended_at__isnull=False)[:MOST_KEPT]
    return next((one for one in rows if (folder() / one.name).is_file()), None)


def written(row: Backup) -> int:
    """How many octets of a running one are on the disk."""
    with contextlib.suppress(OSError):
        return (folder() / f"{row.name}.part").stat().st_size
    return 0


def take(user: User, backup_id: int, *, address: str | None = None) -> Path:
    """The file of a finished one, for who may have it; written down. Missing and removed answer alike."""
    check(user)
    row = Backup.objects.filter(pk=backup_id, error="", removed_at=None, ended_at__isnull=False).first()
    if row is None or not (folder() / row.name).is_file():
        raise Http404
    audit.record(user, "backup.downloaded", row, detail={"size": row.octets}, address=address)
    return folder() / row.name
