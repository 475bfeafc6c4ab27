"""Rules by which incoming texts are understood, written in the console: each has to pass its own examples, and no other may fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.consent import entering
from hongyan.consent.models import OwnRule
from hongyan.understanding import Label, Rule, RuleBook, WrongPattern, built_in, own_rule, recognise

MOST = 200


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _rule(row: OwnRule) -> Rule:
    return own_rule(
        Label(row.label), row.pattern, built_in().words, number=row.pk or -1, is_aside=row.is_aside,
        is_doubtful=row.is_doubtful, like=_lines(row.like), unlike=_lines(row.unlike),
    )  # fmt: skip


def book(rows: Sequence[OwnRule] | None = None) -> RuleBook:
    """The product's rules with those written here. One query of a few rows."""
    own = list(OwnRule.objects.all()) if rows is None else rows
    return built_in().with_own(_rule(row) for row in own) if own else built_in()


@dataclass(frozen=True, slots=True)
class Failed:
    """An example that a rule gives and does not keep."""

    text: str
    expected: str
    read: str


def failing(one: RuleBook) -> list[Failed]:
    """Examples of all rules that are read otherwise than their rule says."""
    found = []
    for rule in one.rules:
        for text in rule.like:
            read = recognise(text, book=one)
            if read.label.is_refusal if rule.is_aside else read.label is not rule.label:
                found.append(Failed(text, rule.label.value, read.label.value))
        for text in rule.unlike:
            read = recognise(text, book=one)
            is_kept = read.label.is_refusal if rule.is_aside else read.rule is not rule
            if not is_kept:
                found.append(Failed(text, "", read.label.value))
    return found


@transaction.atomic
def add(
    user: User,
    *,
    label: str,
    pattern: str,
    like: str,
    unlike: str = "",
    is_aside: bool = False,
    is_doubtful: bool = False,
    address: str | None = None,
) -> OwnRule:
    """A rule of one's own, if it can be used and every example of every rule still holds. Raises Refused."""
    entering.check(user)
    if label not in [one.value for one in Label]:
        raise Refused("unknown_label", _("Choose what such a text means."), field="label")
    if not _lines(like):
        raise Refused("no_examples", _("Give at least one text that the rule must take."), field="like")
    rows = list(OwnRule.objects.select_for_update())
    if len(rows) >= MOST:
        raise Refused("too_many", _("There are 200 rules of your own already; remove one first."))
    row = OwnRule(
        label=label, pattern=pattern.strip(), like=like.strip()[:2000], unlike=unlike.strip()[:2000], is_aside=is_aside,
        is_doubtful=is_doubtful, added_by=user,
    )  # fmt: skip
    try:
        failed = failing(book([*rows, row]))
    except WrongPattern as wrong:
        raise Refused("pattern", _wrong(wrong), field="pattern") from None
    if failed:
        first = failed[0]
        raise Refused(
            "example_fails",
            _("With this rule the example “%(text)s” is read as something else. Change the rule or the example.")
            % {"text": first.text},
            field="like",
        )
    row.save()
    audit.record(user, "reading_rule.added", summary=row.pattern, detail={"label": label}, address=address)
    return row


@transaction.atomic
def remove(user: User, row: OwnRule, *, address: str | None = None) -> None:
    """Raises Refused."""
    entering.check(user)
    audit.record(user, "reading_rule.removed", summary=row.pattern, detail={"label": row.label}, address=address)
    row.delete()


def _wrong(wrong: WrongPattern) -> str:
    match wrong.args[0]:
        case "long":
            return _("A pattern has 1 to 100 characters.")
        case "brackets":
            return _("A bracket is missing, or a ? stands behind nothing.")
        case "word":
            return _("There is no word list <%(name)s>.") % {"name": wrong.args[1]}
        case "everything":
            return _("This would take almost every text. Write at least two characters that must be there.")
        case _:
            return _("Use only letters, digits, blanks and the signs ( ) | ? … ^ $ and <word>.")
