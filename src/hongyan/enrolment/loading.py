"""The import itself: a hundred rows a transaction. The upload keeps the line it is at, so that a job may run twice."""

from __future__ import annotations

from itertools import islice

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _

from hongyan.accounts import audit, departments
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import Invitation, User
from hongyan.accounts.rights import Right
from hongyan.accounts.users import access_user, change_user, create_user
from hongyan.enrolment.importing import error_of, terms_of
from hongyan.enrolment.planning import Planned, Planner, Wrong
from hongyan.messaging import inviting
from hongyan.runtime import clock
from hongyan.spreadsheets import SpreadsheetError
from hongyan.uploads import receiving
from hongyan.uploads.errors import ROW_REASONS, file_words
from hongyan.uploads.models import Upload, UploadError, UploadPart
from hongyan.uploads.rows import rows_of

SLICE = 100
"""Rows of one transaction: few enough that nobody waits at a sign-in for the rows of users that it holds."""


def load(upload_id: int) -> None:
    """Read the file to its end, from where an earlier job came to. May run twice, and twice at once."""
    upload = (
        Upload.objects.select_related("owner__department").filter(pk=upload_id, purpose=Upload.Purpose.USERS).first()
    )
    if upload is None or upload.state != Upload.State.RUNNING:
        return
    actor = upload.owner
    with translation.override(actor.language or settings.LANGUAGE_CODE):
        if not actor.may(Right.MANAGE_USERS):
            receiving.fail(upload, _("The owner of this upload may no longer change this."))
            return
        planner = Planner(actor, upload, terms_of(upload))
        try:
            planned = (one for rows in rows_of(upload) for one in planner.chunk(rows))
            while part := list(islice(planned, SLICE)):
                if not _take(upload.pk, actor, planner, part):
                    return
        except SpreadsheetError as error:
            receiving.fail(upload, file_words(error))
            return
        _finish(upload.pk, actor)


def _locked(upload_id: int) -> Upload | None:
    """The upload while it runs, for one job alone."""
    found: Upload | None = Upload.objects.select_for_update().filter(pk=upload_id, state=Upload.State.RUNNING).first()
    return found


@transaction.atomic
def _take(upload_id: int, actor: User, planner: Planner, part: list[Planned | Wrong]) -> bool:
    """Do a slice of rows, but what has been done; False when the import runs no more."""
    upload = _locked(upload_id)
    if upload is None:
        return False
    done_line = upload.target.get("done_line", 0)
    created: list[int] = []
    errors: list[Wrong] = []
    for one in part:
        if one.line <= done_line:
            continue
        if isinstance(one, Wrong):
            errors.append(one)
        elif one.act in ("new", "changed"):
            try:
                made = _do(actor, planner, one, upload.target.get("address") or None)
            except Refused as error:
                errors.append(Wrong(one.line, error.field or "username", one.username, _known(error.code)))
            except Http404:
                errors.append(Wrong(one.line, "username", one.username, "user_gone"))
            else:
                upload.rows_good += 1
                upload.rows_updated += one.act == "changed"
                created += [made.pk] if one.act == "new" else []
        else:
            upload.rows_duplicate += 1
        upload.rows_done += 1
    UploadError.objects.bulk_create(error_of(upload, one) for one in errors)
    upload.rows_bad += len(errors)
    upload.target = upload.target | {
        "done_line": max(done_line, part[-1].line), "created": [*upload.target.get("created", []), *created],
    }  # fmt: skip
    upload.save(update_fields=["target", "rows_done", "rows_good", "rows_updated", "rows_bad", "rows_duplicate"])
    receiving.tell(upload)
    return True


def _known(code: str) -> str:
    return code if code in ROW_REASONS else "refused"


def _do(actor: User, planner: Planner, one: Planned, address: str | None) -> User:
    """The row by the verbs of its page, all of it or nothing. Raises Refused, Http404."""
    facts, made = dict(one.facts), []
    with transaction.atomic():
        if one.place is not None:
            # Named by an earlier row too, it may be there by now.
            place = planner.places.again(one.place)
            facts["department"] = place.department
            for name in place.missing:
                facts["department"] = departments.add(actor, name, facts["department"], address=address)
                made.append(facts["department"])
        if one.act == "new":
            user = create_user(actor, address=address, **facts)
        else:
            assert one.user_id is not None
            user = access_user(actor, one.user_id)
            change_user(actor, user, address=address, **facts)
    if one.place is not None and made:
        planner.places.made(place, made)
    return user


@transaction.atomic
def _finish(upload_id: int, actor: User) -> None:
    upload = _locked(upload_id)
    if upload is None:
        return
    upload.state, upload.finished_at, upload.total_rows = Upload.State.FINISHED, clock.now(), upload.rows_done
    upload.save(update_fields=["state", "finished_at", "total_rows"])
    UploadPart.objects.filter(upload=upload).delete()
    if terms_of(upload).invites:
        invite(actor, upload, address=upload.target.get("address") or None)
    created = len(upload.target.get("created", []))
    audit.record(
        actor, "user.imported", upload, address=upload.target.get("address") or None,
        detail={"rows": upload.rows_done, "good": created, "updated": upload.rows_updated, "bad": upload.rows_bad},
    )  # fmt: skip
    receiving.tell(upload)


def uninvited(upload: Upload) -> list[User]:
    """Who is new by this file and can neither sign in nor has a link that is good."""
    made = User.objects.filter(pk__in=upload.target.get("created", []), is_active=True)
    linked = Invitation.objects.filter(user__in=made, closed_at=None, expires_at__gt=clock.now()).values("user")
    return [one for one in made.exclude(pk__in=linked) if not one.has_usable_password()]


@transaction.atomic
def invite(actor: User, upload: Upload, *, address: str | None = None) -> int:
    """Send a link to each who is new, has a mobile number and no link yet; gives how many. Why not is kept with the upload."""
    reached = [one for one in uninvited(upload) if one.phone]
    if not reached:
        return 0
    try:
        with transaction.atomic():
            inviting.send(actor, reached, upload.target["site"], address=address)
    except Refused as error:
        sent, why = 0, str(error)
    else:
        sent, why = len(reached), ""
    upload.target = upload.target | {"invited": upload.target.get("invited", 0) + sent, "uninvited_why": why}
    upload.save(update_fields=["target"])
    return sent
