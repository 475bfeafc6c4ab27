"""Background jobs of customers. Each may run twice."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hongyan.crm import classifying, failing, importing, loading, undoing
from hongyan.crm.models import Rule
from hongyan.runtime import clock
from hongyan.uploads import guesses
from hongyan.uploads.models import Upload

# A worker that dies gives its job back; a database that was away for a moment is asked again.
AGAIN = RetryStrategy(max_attempts=5, wait=5)


@app.task(name="crm.run_rule", retry=AGAIN)
def run_rule(rule_id: int) -> None:
    """Put everybody into a class whose rule was changed, and out of it."""
    rule = Rule.objects.filter(pk=rule_id).first()
    if rule is not None:
        classifying.run(rule, clock.now())


@app.task(name="crm.inspect_upload", retry=AGAIN)
def inspect_upload(upload_id: int) -> None:
    """Find the columns of a large file."""
    upload = Upload.objects.select_related("owner").filter(pk=upload_id, state=Upload.State.UPLOADED).first()
    if upload is not None and not upload.columns:
        with translation.override(upload.owner.language or settings.LANGUAGE_CODE):
            guesses.inspect(upload, importing.propose)


@app.task(name="crm.load_upload", retry=AGAIN)
def load_upload(upload_id: int) -> None:
    """Read a file of customers, orders or products, or try it."""
    loading.load(upload_id)


@app.task(name="crm.undo_upload", retry=AGAIN)
def undo_upload(upload_id: int) -> None:
    """Take an import of customers, orders or products back."""
    undoing.undo(upload_id)


@app.periodic(cron="*/10 * * * *")
@app.task(name="crm.note_dead_numbers", queueing_lock="crm.note_dead_numbers", lock="crm.note_dead_numbers")
def note_dead_numbers(timestamp: int) -> None:
    """Give salespersons the numbers that failed for good again."""
    failing.note(clock.now())
