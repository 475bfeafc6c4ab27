"""Background jobs of duplicates. Each may run twice."""

from __future__ import annotations

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from hongyan.accounts.models import User
from hongyan.duplicates import finding, merging
from hongyan.duplicates.models import Pair
from hongyan.runtime import clock

AGAIN = RetryStrategy(max_attempts=5, wait=5)
AT_ONCE = 200


@app.task(name="duplicates.look", retry=AGAIN)
def look() -> None:
    """Look through everybody."""
    finding.look(clock.now())


@app.task(name="duplicates.merge_clear", retry=AGAIN)
def merge_clear(user_id: int) -> None:
    """Merge all clear pairs of a user, each by itself; a kill loses nothing."""
    user = User.objects.get(pk=user_id)
    behind = 0
    while some := list(
        Pair.objects.visible_to(user)
        .filter(state=Pair.State.OPEN, is_clear=True, pk__gt=behind)
        .order_by("pk")[:AT_ONCE]
    ):
        merging.merge_clear(user, some)
        behind = some[-1].pk
