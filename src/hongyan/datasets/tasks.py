"""Background jobs of tables. Each may run twice."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hongyan.datasets import defining, importing, loading, storing
from hongyan.datasets.models import Table
from hongyan.uploads.models import Upload

AGAIN = RetryStrategy(max_attempts=5, wait=5)


@app.task(name="datasets.look", retry=AGAIN)
def look(upload_id: int) -> None:
    """Find the columns of a large file."""
    upload = Upload.objects.select_related("owner").filter(pk=upload_id, state=Upload.State.UPLOADED).first()
    if upload is not None and not upload.columns:
        with translation.override(upload.owner.language or settings.LANGUAGE_CODE):
            importing.look(upload)


@app.task(name="datasets.load", retry=AGAIN)
def load(upload_id: int) -> None:
    """Read a file into its table, or try it."""
    loading.load(upload_id)


@app.task(name="datasets.index", lock="datasets.index", retry=AGAIN)
def index(table_id: int) -> None:
    """Make the indexes that a table of many rows needs."""
    table = Table.objects.filter(pk=table_id).first()
    if table is not None:
        storing.ensure_indexes(table)


@app.task(name="datasets.strip", retry=AGAIN)
def strip(table_id: int, key: str) -> None:
    """Take the values of a removed field out of its rows."""
    defining.strip(table_id, key)
