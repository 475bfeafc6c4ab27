"""`hongyan send`: a message or a file of numbers from the command line, with a balance at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hongyan.cli.output import Json, refuse, say, set_up_django
from hongyan.inputs import Unreadable, read_moment
from hongyan.runtime.settings import settings

if TYPE_CHECKING:
    from hongyan.accounts.models import User
    from hongyan.messaging.canary import Terms
    from hongyan.messaging.recipients import Selection


def register(app: typer.Typer) -> None:
    app.command()(send)


def send(
    to: Annotated[
        str,
        typer.Option(help="Numbers separated by commas, or a file: a list of numbers, or a table (xlsx, xls, csv)."),
    ],
    text: Annotated[str, typer.Option(help="The text; {姓名} takes the value of the table's column.")],
    at: Annotated[
        str, typer.Option(help="When, as 2026-12-01T10:00: local time, or with a zone (+08:00, Z); now without it.")
    ] = "",
    category: Annotated[str, typer.Option(help="notice, marketing, verification or interactive.")] = "notice",
    signature: Annotated[
        str | None, typer.Option(help="One of the company's signatures. Left out: the default one; empty: none.")
    ] = None,
    title: str = "",
    as_user: Annotated[str, typer.Option("--as", help="Sign-in name; the first administrator without it.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Wait until everything has been handed over.")] = False,
    canary: Annotated[
        str,
        typer.Option(help="Try a part first: 1% or percent=1,least=100,most=2000,wait_minutes=10,failure_limit=10,…"),
    ] = "",
    as_json: Json = False,
) -> None:
    """Send TEXT to numbers, in a user's name and with that user's rights."""
    starts_at = _moment(at, as_json=as_json)
    set_up_django()
    terms = _terms(canary, as_json=as_json)
    from django.db import transaction

    from hongyan.accounts.models import User
    from hongyan.accounts.rights import Role
    from hongyan.messaging import accounting, signatures, submissions
    from hongyan.messaging.asking import Request
    from hongyan.messaging.models import Submission
    from hongyan.spreadsheets import SpreadsheetError

    users = User.objects.filter(is_active=True).order_by("pk")
    user = users.filter(username__iexact=as_user).first() if as_user else users.filter(role=Role.ADMINISTRATOR).first()
    if user is None:
        refuse("There is no such user." if as_user else "There is no administrator yet.", as_json=as_json)
    try:
        with transaction.atomic():
            selection, bad = _recipients(user, to, as_json=as_json)
            submission = submissions.submit(
                user,
                Request(
                    text=text, selection=selection, category=category, title=title,
                    signature=signatures.default_for(text) if signature is None else signature,
                    scheduled_at=starts_at, origin=Submission.Origin.COMMAND_LINE,
                    canary=terms,
                ),
            )  # fmt: skip
    except (SpreadsheetError, OSError) as error:
        refuse(str(error), as_json=as_json)
    if wait and not at:
        _follow(submission.pk, quiet=as_json)
    submission.refresh_from_db()
    balance = accounting.balance(submission)
    counts = {state: count for state, count in balance.by_state.items() if count}
    words = ", ".join(f"{state} {count}" for state, count in counts.items()) or "asked for"
    say(
        {
            "id": submission.pk,
            "state": submission.state,
            "total": balance.total,
            "balance": counts,
            "bad_numbers": bad,
        },
        f"Submission {submission.pk}: {words}" + (f"; {bad} bad numbers left out" if bad else ""),
        as_json=as_json,
    )


def _moment(given: str, *, as_json: bool) -> datetime | None:
    if not given:
        return None
    try:
        return read_moment(given, ZoneInfo(settings().time_zone))
    except Unreadable:
        refuse(
            f"--at: {given!r} is no time; write it as 2026-12-01T10:00 or 2026-12-01T10:00:00+08:00.", as_json=as_json
        )


def _terms(given: str, *, as_json: bool) -> Terms | None:
    """ "1%" or "name=value,..." as the terms of a trial part."""
    from hongyan.messaging.canary import Terms

    if not given:
        return None
    values: dict[str, Any] = {}
    for pair in given.split(","):
        name, _equals, value = (
            pair.strip().partition("=") if "=" in pair else ("percent", "=", pair.strip().rstrip("%"))
        )
        known = Terms.__dataclass_fields__.get(name)
        try:
            values[name] = (int if known and known.type == "int" else float)(value)
        except ValueError:
            known = None
        if known is None:
            refuse(
                f"--canary: {pair!r} is not understood; there are {', '.join(Terms.__dataclass_fields__)}.",
                as_json=as_json,
            )
    return Terms(**values)


def _recipients(user: User, to: str, *, as_json: bool) -> tuple[Selection, int]:
    """Who it is for, and how many entries are no numbers. A table's columns become variables."""
    from hongyan.contacts import columns, lists
    from hongyan.dispatch.numbers import BadNumber, normalise, read_many
    from hongyan.messaging.recipients import Selection
    from hongyan.spreadsheets import look, read
    from hongyan.uploads.columns import named

    path = Path(to)
    if not _is_file(path):
        typed = read_many(to)
        if not typed.good:
            is_name = not any(sign.isdigit() for sign in to) or path.suffix.lower() in TABLES or "/" in to
            sentence = f"There is no such file: {to}" if is_name else f"--to: {to!r} holds no mobile number."
            refuse(sentence, as_json=as_json)
        return Selection(numbers=tuple(typed.good)), len(typed.bad)
    shape = look(path)
    if shape.doubts:
        # Nobody here can be shown what the guesses would make of the file.
        refuse(
            f"{path.name} can be read in several ways ({', '.join(shape.doubts)}); give it on the page.",
            as_json=as_json,
        )
    if shape.header is None:
        found = read_many("\n".join(" ".join(cells) for chunk in read(path) for _line, cells, _fault in chunk))
        return Selection(numbers=tuple(found.good)), len(found.bad)
    header_line, headings, _fault = shape.rows[shape.header]
    names = named(headings + [""] * (shape.width - len(headings)))
    column = columns.guess(names, [cells for _line, cells, _fault in shape.rows[shape.header + 1 :]]).get("number")
    if column is None:
        refuse(f"No column of {path.name} holds mobile numbers.", as_json=as_json)
    number_at = names.index(column)
    bad = 0

    def rows() -> Iterator[tuple[int, str, dict[str, str]]]:
        nonlocal bad
        for chunk in read(path, shape.reading):
            for line, cells, fault in chunk:
                if line <= header_line:
                    continue
                if fault or len(cells) > len(names):
                    bad += 1
                    continue
                try:
                    number = normalise(cells[number_at] if number_at < len(cells) else "")
                except BadNumber:
                    bad += 1
                    continue
                yield line, number, dict(zip(names, cells, strict=False))

    made = lists.from_rows(user, path.name, names, rows())
    return Selection(list_ids=(made.pk,)), bad


TABLES = (".xlsx", ".xlsm", ".xls", ".csv", ".txt", ".tsv")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A long list of numbers is no name that a file could have.
        return False


def _follow(submission_id: int, *, quiet: bool) -> None:
    """Show progress until all is handed over, then a moment more for the receipts."""
    from hongyan.messaging import accounting
    from hongyan.messaging.models import Submission

    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, disable=quiet) as progress:
        task = progress.add_task("sending", total=None)
        ended_at = None
        while ended_at is None or time.monotonic() - ended_at < 15:
            submission = Submission.objects.get(pk=submission_id)
            balance = accounting.balance(submission)
            progress.update(
                task, total=balance.total + accounting.unplanned(submission, balance), completed=balance.done
            )
            if submission.state in ("finished", "cancelled", "failed"):
                ended_at = ended_at or time.monotonic()
                if not balance.by_state["submitted"]:
                    return
            time.sleep(0.3)
