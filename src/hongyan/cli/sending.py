"""`hongyan send`: a message or a file of numbers from the command line, with a balance at the end."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hongyan.cli.output import Json, fail, say, set_up_django


def register(app: typer.Typer) -> None:
    app.command()(send)


def send(
    to: Annotated[str, typer.Option(help="Numbers separated by commas, or a file with numbers.")],
    text: Annotated[str, typer.Option(help="The text.")],
    at: Annotated[datetime | None, typer.Option(help="When, local time; now without it.")] = None,
    category: str = "notice",
    signature: str = "",
    as_user: Annotated[str, typer.Option("--as", help="Sign-in name; the first administrator without it.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until everything has been handed over.")] = False,
    as_json: Json = False,
) -> None:
    """Send TEXT to numbers, in a user's name and with that user's rights."""
    set_up_django()
    from django.utils import timezone

    from hongyan.accounts.models import User
    from hongyan.accounts.rights import Role
    from hongyan.dispatch.numbers import read_many
    from hongyan.messaging import submissions
    from hongyan.messaging.asking import Request
    from hongyan.messaging.errors import MessagingError
    from hongyan.messaging.models import Submission
    from hongyan.messaging.recipients import Selection

    users = User.objects.filter(is_active=True)
    user = users.filter(username=as_user).first() if as_user else users.filter(role=Role.ADMINISTRATOR).first()
    if user is None:
        fail("There is no such user.", as_json=as_json)
    path = Path(to)
    numbers = read_many(path.read_text(errors="replace") if path.is_file() else to)
    try:
        submission = submissions.submit(
            user,
            Request(
                text=text, selection=Selection(numbers=tuple(numbers.good)), category=category, signature=signature,
                scheduled_at=timezone.make_aware(at) if at else None, origin=Submission.Origin.COMMAND_LINE,
            ),
        )  # fmt: skip
    except MessagingError as error:
        fail(str(error), as_json=as_json)
    if wait and not at:
        _follow(submission.pk, quiet=as_json)
    submission.refresh_from_db()
    balance = submissions.balance(submission)
    counts = {state: count for state, count in balance.by_state.items() if count}
    words = ", ".join(f"{state} {count}" for state, count in counts.items()) or "asked for"
    say(
        {
            "id": submission.pk,
            "state": submission.state,
            "total": balance.total,
            "balance": counts,
            "bad_numbers": len(numbers.bad),
        },
        f"Submission {submission.pk}: {words}" + (f"; {len(numbers.bad)} bad numbers left out" if numbers.bad else ""),
        as_json=as_json,
    )


def _follow(submission_id: int, *, quiet: bool) -> None:
    """Show progress until all is handed over, then a moment more for the receipts."""
    from hongyan.messaging import submissions
    from hongyan.messaging.models import Submission

    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=quiet) as progress:
        task = progress.add_task("sending", total=None)
        ended_at = None
        while ended_at is None or time.monotonic() - ended_at < 15:
            submission = Submission.objects.get(pk=submission_id)
            balance = submissions.balance(submission)
            progress.update(task, total=submission.expected, completed=balance.done)
            if submission.state in ("finished", "cancelled", "failed"):
                ended_at = ended_at or time.monotonic()
                if not balance.by_state["submitted"]:
                    return
            time.sleep(0.3)
