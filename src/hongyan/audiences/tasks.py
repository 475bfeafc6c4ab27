"""Background jobs of audiences. Each may run twice."""

from __future__ import annotations

from procrastinate.contrib.django import app

from hongyan.audiences import traffic


@app.periodic(cron="* * * * *")
@app.task(name="audiences.gather", queueing_lock="audiences.gather", pass_context=False)
def gather(timestamp: int) -> None:
    """Bring what passed with each number up to date."""
    traffic.gather_now()
