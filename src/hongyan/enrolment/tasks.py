"""Background jobs of this room, by the names under which they are deferred. Each may run twice."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hongyan.enrolment import importing, loading
from hongyan.uploads import guesses
from hongyan.uploads.models import Upload

AGAIN = RetryStrategy(max_attempts=5, wait=5)


@app.task(name="enrolment.inspect_users", retry=AGAIN)
def inspect_users(upload_id: int) -> None:
    """Find the columns of a large file."""
    upload = _waiting(upload_id)
    if upload is not None and not upload.columns:
        with translation.override(upload.owner.language or settings.LANGUAGE_CODE):
            guesses.inspect(upload, importing.propose)


@app.task(name="enrolment.check_users", retry=AGAIN)
def check_users(upload_id: int) -> None:
    """Find out what a long file would do."""
    upload = _waiting(upload_id)
    if upload is not None and upload.target.get("is_checking"):
        with translation.override(upload.owner.language or settings.LANGUAGE_CODE):
            importing.find_out(upload)


@app.task(name="enrolment.load_users", retry=AGAIN)
def load_users(upload_id: int) -> None:
    """Create and change the users of a file."""
    loading.load(upload_id)


def _waiting(upload_id: int) -> Upload | None:
    found: Upload | None = (
        Upload.objects.select_related("owner__department")
        .filter(pk=upload_id, purpose=Upload.Purpose.USERS, state=Upload.State.UPLOADED)
        .first()
    )
    return found
