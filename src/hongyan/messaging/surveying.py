"""What a selection comes to, before the text is looked at: counted when it changes, not with each pause in typing.

The figures go with the page, signed, and come back with the next question. What would take seconds is counted in the
background meanwhile (`count_behind`), and the page asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import msgspec
from django.core import signing
from django.db import connection

from hongyan.accounts.models import User
from hongyan.consent import forbidding
from hongyan.consent.models import Policy
from hongyan.contacts import stock
from hongyan.contacts.models import RecipientList
from hongyan.messaging import accounting, counting, recipients
from hongyan.messaging.asking import Request, request_of
from hongyan.messaging.counting import Count
from hongyan.messaging.jobs import defer_count
from hongyan.messaging.merge import ALIASES
from hongyan.messaging.models import Category, Submission
from hongyan.reachability import pausing

SALT = "hongyan.survey"
GOOD_FOR_S = 300
"""A group changes while somebody writes; so old may figures be that are shown meanwhile."""


@dataclass(frozen=True, slots=True)
class Survey:
    people: int = 0
    """Distinct numbers."""
    differing: int = 0
    """As many as people, or more: each row of a list that says something else to one number counts."""
    messages: int = 0
    """What would be sent, by the choice that was made of the two."""
    duplicate: int = 0
    excluded: int = 0
    bad_number: int = 0
    blocked: int = 0
    opted_out: int = 0
    """Of marketing only; so is the next."""
    without_consent: int = 0
    paused: int = 0
    """Numbers that are not reached, by what is paused for them. Who is left out for several reasons counts with the first."""
    lacking: tuple[tuple[str, int], ...] = ()
    """Of the text's variables, how many messages have no value for which."""
    is_about: bool = False
    """There are no more people than that; how many exactly is being counted."""
    is_counting: bool = False
    """Who is left out and who lacks a value is being counted."""


def survey(user: User, draft: Submission, request: Request) -> Survey:
    """What can be told while somebody waits: all of it where few were chosen, or one list."""
    selection = request.selection
    if selection.is_empty:
        return Survey(bad_number=accounting.dropped(draft).bad_numbers)
    found = counting.uncounted(user, selection, by_row=not request.wording(user).is_shared)
    if found is None or found.differing <= counting.AT_ONCE:
        return survey_exactly(user, draft, request)
    if found.is_about or (told := _of_one_list(user, draft, request, found)) is None:
        return Survey(found.people, found.differing, found.messages, is_about=found.is_about, is_counting=True)
    return told


def survey_exactly(user: User, draft: Submission, request: Request) -> Survey:
    """One statement over everybody, and a few over what was chosen: some seconds for a million."""
    selection, wording = request.selection, request.wording(user)
    names = wording.template.names
    lacks, values = _lacking(names, wording.columns)
    is_marketing = request.category == Category.MARKETING
    asks = is_marketing and forbidding.policy().consent == Policy.Consent.ENFORCE
    about = {"topic": request.topic, "signature": request.signature}
    blocks, refuses = f"number in ({forbidding.BLOCKED})", f"number in ({forbidding.REFUSING})"
    earlier = [blocks, *([refuses] if is_marketing else []), *([forbidding.SILENT] if asks else [])]
    people, messages, blocked, opted_out, silent, paused, *without = recipients.figures(
        user, selection, by_row=bool(names),
        ask=[
            "count(distinct number)", "count(*)",
            f"count(distinct number) filter (where {blocks})",
            f"count(distinct number) filter (where {refuses} and not {blocks})" if is_marketing else "0",
            f"count(distinct number) filter (where {forbidding.SILENT} and not {refuses} and not {blocks})" if asks else "0",
            f"count(distinct number) filter (where number in ({pausing.HELD}) and not ({' or '.join(earlier)}))",
            *lacks,
        ],
        values={**values, **about, **pausing.of_category(request.category)},
    )  # fmt: skip
    differing = messages
    if names and selection.is_once and selection.list_ids:
        differing = recipients.count(user, recipients.each_row(selection), by_row=True)[1]
    dropped = accounting.dropped(draft).of(messages)
    return Survey(
        people, differing, messages, dropped.get("duplicate", 0), dropped.get("excluded", 0), dropped.get("bad_number", 0),
        blocked, opted_out, silent, paused, tuple((name, count) for name, count in zip(names, without, strict=True) if count),
    )  # fmt: skip


_STANDS = "exists (select from contacts_recipientlistrow r where r.list_id = %(list)s and r.number = {}.number)"
# By the index on numbers: as many look-ups as there are numbers that must not be written to.
LISTED = f"""
with blocked as materialized ({forbidding.BLOCKED} limit %(most)s),
refusing as materialized (select number from ({forbidding.REFUSING}) r where %(is_marketing)s limit %(most)s),
held as materialized ({pausing.HELD} limit %(most)s)
select (select count(*) from blocked b where {_STANDS.format("b")}),
       (select count(distinct number) from refusing o where {_STANDS.format("o")} and number not in (select number from blocked)),
       (select count(*) from held h where {_STANDS.format("h")}
          and number not in (select number from blocked) and number not in (select number from refusing)),
       %(most)s in ((select count(*) from blocked), (select count(*) from refusing), (select count(*) from held))
"""  # noqa: S608 - constants only


def _of_one_list(user: User, draft: Submission, request: Request, found: Count) -> Survey | None:
    """What is kept with the one list that was chosen; None where that does not say everything."""
    lists = recipients.lists_of(user, request.selection)
    names = request.wording(user).template.names
    if len(lists) != 1 or (lacking := _lacking_of(lists[0], names, is_once=request.selection.is_once)) is None:
        return None
    is_marketing = request.category == Category.MARKETING
    if is_marketing and forbidding.policy().consent == Policy.Consent.ENFORCE:
        # Who has not agreed is most of a list, or hardly anybody: that is counted over the list itself.
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            LISTED,
            {"most": counting.AT_ONCE + 1, "list": lists[0].pk, "is_marketing": is_marketing, "topic": request.topic,
             "signature": request.signature, **pausing.of_category(request.category)},
        )  # fmt: skip
        blocked, opted_out, paused, are_more = cursor.fetchone()
    if are_more:
        return None
    dropped = accounting.dropped(draft).of(found.messages)
    return Survey(
        found.people, found.differing, found.messages, dropped.get("duplicate", 0), 0, dropped.get("bad_number", 0),
        blocked, opted_out, 0, paused, lacking,
    )  # fmt: skip


def _lacking_of(one: RecipientList, names: Sequence[str], *, is_once: bool) -> tuple[tuple[str, int], ...] | None:
    """As `_lacking`, from what is kept; None where two columns may stand for one name, or equal rows count once."""
    kept_of = stock.of(one)
    told = []
    for name in names:
        columns = [key for key in _keys_of(name, one.columns) if key in one.columns]
        if len(columns) > 1 or kept_of.rows != kept_of.differing:
            return None
        lack = kept_of.lacks.get(columns[0]) if columns else stock.Lack(kept_of.rows, kept_of.people)
        if lack is not None:
            told.append((name, lack.people if is_once else lack.rows))
    return tuple((name, lacking) for name, lacking in told if lacking)


def _keys_of(name: str, columns: Sequence[str]) -> list[str]:
    """Where `merge.value_of` looks for a value, the first that has one."""
    keys = [name, ALIASES.get(name, "")]
    if name.isdigit() and 0 < int(name) <= len(columns):
        keys.append(columns[int(name) - 1])
    return list(filter(None, keys))


def _lacking(names: Sequence[str], columns: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """A count for each variable of the rows that have no value for it, as `merge.value_of` looks for one."""
    asked, values = [], {}
    for place, name in enumerate(names):
        found = []
        for nth, key in enumerate(_keys_of(name, columns)):
            values[f"v{place}_{nth}"] = key
            found.append(f"nullif(btrim(values->>%(v{place}_{nth})s), '')")
        asked.append(f"count(*) filter (where coalesce({', '.join(found)}) is null)")
    return asked, values


def kept(user: User, draft: Submission, request: Request, given: str) -> tuple[Survey, str]:
    """The survey, and itself signed; `given` is an earlier one, used while it is of the same question."""
    of = _question(user, request)
    try:
        stored = signing.loads(given, salt=SALT, max_age=GOOD_FOR_S)
        if stored["of"] == of:
            earlier = msgspec.convert(stored["is"], Survey)
            if not earlier.is_counting:
                return earlier, given
            counted = counting.stored(of, stored["basis"])
            return (
                (earlier, given) if counted is None else (told := msgspec.convert(counted, Survey), _signed(of, told))
            )
    except (signing.BadSignature, msgspec.ValidationError, KeyError, TypeError):
        pass
    found, basis = survey(user, draft, request), ""
    if found.is_counting:
        basis = counting.basis(user, request.selection)
        if (counted := counting.stored(of, basis)) is not None:
            found = msgspec.convert(counted, Survey)
        elif draft.pk and counting.begin(of, basis):
            defer_count(draft.pk)
    return found, _signed(of, found, basis)


def _signed(of: str, found: Survey, basis: str = "") -> str:
    return signing.dumps({"of": of, "is": asdict(found), "basis": basis}, salt=SALT, compress=True)


def count_behind(draft_id: int) -> None:
    """Count exactly what a draft stands for, and keep the figures for who asks next."""
    draft = Submission.objects.select_related("owner").filter(pk=draft_id, state=Submission.State.DRAFT).first()
    if draft is None:
        return
    request = request_of(draft)
    by_row = not request.wording(draft.owner).is_shared
    basis = counting.keep_exactly(draft.owner, request.selection, by_row=by_row)
    counting.store(_question(draft.owner, request), basis, asdict(survey_exactly(draft.owner, draft, request)))


def _question(user: User, request: Request) -> str:
    return counting.digest([
        user.pk, request.selection.to_json(), request.wording(user).template.names, request.category == Category.MARKETING,
    ])  # fmt: skip
