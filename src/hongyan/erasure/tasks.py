"""Background jobs of requests about personal data."""

from __future__ import annotations

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hongyan.erasure import echoes, requests, restoring

AGAIN = RetryStrategy(max_attempts=20, wait=5)


@app.task(name="erasure.look", lock="erasure", priority=-10, retry=AGAIN)
def look(request_id: int) -> None:
    """Look through everything for one number."""
    requests.look(request_id)


@app.task(name="erasure.erase", lock="erasure", priority=-10, retry=AGAIN)
def erase(request_id: int) -> None:
    """Erase one number."""
    requests.erase(request_id)


@app.periodic(cron="20 * * * *")
@app.task(name="erasure.look_again", queueing_lock="erasure.look_again", lock="erasure")
def look_again(timestamp: int) -> None:
    """Go on with what waited for receipts, and erase again what a restore brought back."""
    requests.look_again(timezone.now())
    restoring.erase_again()


@app.periodic(cron="50 3 * * *")
@app.task(name="erasure.forget_echoes", queueing_lock="erasure.forget_echoes", priority=-10)
def forget_echoes(timestamp: int) -> None:
    """Nightly: receipts that carriers sent after their number had been erased."""
    echoes.forget()
