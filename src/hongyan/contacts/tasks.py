"""Background jobs of people: look at an upload and read it. Each may run twice."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hongyan.contacts import importing, loading, undoing
from hongyan.uploads import guesses
from hongyan.uploads.models import Upload

# A worker that dies gives its job back; a database that was away for a moment is asked again.
AGAIN = RetryStrategy(max_attempts=5, wait=5)


@app.task(name="contacts.inspect_upload", retry=AGAIN)
def inspect_upload(upload_id: int) -> None:
    """Find the columns of a large file."""
    upload = Upload.objects.select_related("owner").filter(pk=upload_id, state=Upload.State.UPLOADED).first()
    if upload is not None and not upload.columns:
        with translation.override(upload.owner.language or settings.LANGUAGE_CODE):
            guesses.inspect(upload, importing.propose)
            importing.start_if_plain(upload)


@app.task(name="contacts.load_upload", retry=AGAIN)
def load_upload(upload_id: int) -> None:
    """Read an upload into its book or list."""
    loading.load(upload_id)


@app.task(name="contacts.undo_upload", retry=AGAIN)
def undo_upload(upload_id: int) -> None:
    """Take an import of people back."""
    undoing.undo(upload_id)
