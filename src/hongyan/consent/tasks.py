"""Background jobs of this room, by the names under which they are deferred."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from procrastinate.contrib.django import app

from hongyan.consent import importing
from hongyan.uploads.models import Upload


@app.task(name="consent.inspect_file", retry=3)
def inspect_file(upload_id: int) -> None:
    """Look at a large file of opt-outs, lists or consents."""
    upload = Upload.objects.select_related("owner").filter(pk=upload_id, state=Upload.State.UPLOADED).first()
    if upload is not None and not upload.columns:
        with translation.override(upload.owner.language or settings.LANGUAGE_CODE):
            importing.inspect(upload)


@app.task(name="consent.load_file", retry=3)
def load_file(upload_id: int) -> None:
    """Read a file of opt-outs, lists or consents."""
    importing.load(upload_id)
