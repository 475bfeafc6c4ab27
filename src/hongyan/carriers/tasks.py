"""Background jobs of this room, by the names under which they are deferred; an alias is a name from before, of jobs that wait."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from procrastinate.contrib.django import app

from hongyan.carriers import ported
from hongyan.uploads.models import Upload


@app.task(name="carriers.inspect_ported", aliases=["messaging.inspect_ported"], retry=3)
def inspect_ported(upload_id: int) -> None:
    """Look at a large file of ported numbers."""
    upload = Upload.objects.select_related("owner").filter(pk=upload_id, state=Upload.State.UPLOADED).first()
    if upload is not None and not upload.columns:
        with translation.override(upload.owner.language or settings.LANGUAGE_CODE):
            ported.inspect(upload)


@app.task(name="carriers.load_ported", aliases=["messaging.load_ported"], retry=3)
def load_ported(upload_id: int) -> None:
    """Read a file of ported numbers."""
    ported.load(upload_id)
