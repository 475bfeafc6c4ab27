"""`hongyan balance`: the account of a submission, or of all, counted anew; exit code 1 when it does not add up."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hongyan.cli.output import Json, refuse, say, set_up_django


def register(app: typer.Typer) -> None:
    app.command()(balance)


def balance(
    submission: Annotated[int | None, typer.Argument(help="Its id.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every submission there is: only what does not agree.")] = False,
    as_json: Json = False,
) -> None:
    """Count the messages of SUBMISSION and compare them with the kept sums, line by line."""
    if all_ == (submission is not None):
        refuse("Give a submission's id, or --all.", as_json=as_json)
    set_up_django()
    if submission is None:
        _house(as_json=as_json)
        return
    from hongyan.messaging import accounting
    from hongyan.messaging.models import Submission

    found = Submission.objects.filter(pk=submission).first()
    if found is None:
        refuse("There is no such submission.", as_json=as_json)
    sheet, verdict = accounting.sheet(found), accounting.prove(found)
    lines = [
        {
            "state": line.state,
            "reason": line.reason,
            "tallied": line.tallied,
            "counted": line.counted,
            "agrees": line.agrees,
        }
        for line in verdict.lines
    ]
    result: dict[str, Any] = {
        "submission": found.pk, "agrees": verdict.agrees, "removed": verdict.is_removed, "loaded": sheet.loaded, "planned": verdict.planned,
        "counted": verdict.counted, "dropped": found.dropped, "unplanned": sheet.count("unplanned"), "unwritten": sheet.count("unwritten"),
        "in_flight": sheet.count("in_flight"), "seconds": round(verdict.seconds, 3), "lines": lines,
    }  # fmt: skip
    words = [f"Submission {found.pk}: {sheet.loaded:,} asked for"]
    words += [f"  dropped, {what}: {count:,}" for what, count in sorted(found.dropped.items())]
    if unplanned := sheet.count("unplanned"):
        words.append(f"  not prepared yet: {unplanned:,}")
    if unwritten := sheet.count("unwritten"):
        words.append(f"  stopped before they were prepared: {unwritten:,}")
    for line in verdict.lines:
        name = f"{line.state}, {line.reason}" if line.reason else line.state
        words.append(
            f"  {name}: {line.tallied if verdict.is_removed else line.counted:,}"
            + ("" if line.agrees or verdict.is_removed else f"  [red]but {line.tallied:,} are kept[/red]")
        )
    words.append(
        "Its messages have been removed; their sums are all there is."
        if verdict.is_removed
        else f"[green]✓[/green] {verdict.counted:,} messages, every line agrees ({verdict.seconds:.2f} s)"
        if verdict.agrees
        else f"[red]✗ {verdict.planned:,} were planned, {verdict.counted:,} are there: it does not add up[/red]"
    )
    say(result, "\n".join(words), as_json=as_json)
    if not verdict.agrees:
        raise typer.Exit(1)


def _house(*, as_json: bool) -> None:
    from hongyan.messaging import accounting
    from hongyan.messaging.models import Submission

    found = accounting.house_imbalances()
    lines = [
        {
            "submission": one.submission_id,
            "state": one.state,
            "reason": one.reason,
            "tallied": one.tallied,
            "counted": one.counted,
        }
        for one in found
    ]
    words = [
        f"[red]✗[/red] submission {one.submission_id}, {one.state} {one.reason}: {one.tallied:,} kept, {one.counted:,} counted"
        for one in found
    ] or [f"[green]✓[/green] {Submission.objects.count():,} submissions, every line agrees"]
    say({"agrees": not found, "lines": lines}, "\n".join(words), as_json=as_json)
    if found:
        raise typer.Exit(1)
