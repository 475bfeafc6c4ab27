"""Drafts: what somebody is writing, saved as they write, so that nothing typed is ever lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.consent.lists import test_numbers
from hongyan.contacts import lists
from hongyan.contacts.models import Contact
from hongyan.inputs import id_of
from hongyan.messaging import confirming, unseen
from hongyan.messaging.asking import rehearse, request_of
from hongyan.messaging.jobs import defer_plan
from hongyan.messaging.merge import MissingVariable, parse
from hongyan.messaging.models import Category, Submission
from hongyan.messaging.recipients import Selection, stream
from hongyan.messaging.submissions import locked, may_steer, submit, told
from hongyan.runtime.live import publish

State = Submission.State
KEPT_FOR = timedelta(days=90)


def find(user: User, draft_id: int) -> Submission | None:
    """One's own draft, while it is one."""
    return Submission.objects.filter(pk=draft_id, owner=user, state=State.DRAFT).first()


def access_draft(user: User, draft_id: int) -> Submission:
    """One's own draft; Http404 for everything else."""
    draft = find(user, draft_id)
    if draft is None:
        raise Http404
    return draft


@transaction.atomic
def save(user: User, draft: Submission | None, **facts: Any) -> Submission:
    """Keep what has been written so far; nothing is checked yet. What has been sent meanwhile stays as it is."""
    if draft is not None:
        draft = Submission.objects.select_for_update().filter(pk=draft.pk, owner=user, state=State.DRAFT).first()
    if draft is None:
        draft = Submission(owner=user, department=user.department, state=State.DRAFT)
    for name, value in facts.items():
        setattr(draft, name, value)
    draft.save()
    return draft


@transaction.atomic
def send(user: User, draft: Submission, *, shown: str, address: str | None = None) -> Submission:
    """Ask for what the draft says: it becomes a submission. Twice is once.

    `shown` is the mark of what the person confirmed (`confirming`). Raises Refused; ChangedSince when the draft, or
    what it stands for, is another by now.
    """
    row = Submission.objects.select_for_update().filter(pk=draft.pk, owner=user).first()
    if row is None:
        raise Http404
    if row.state != State.DRAFT:
        return row
    request = request_of(row)
    rehearsal = rehearse(user, request)
    confirming.check(shown, request, rehearsal)
    people, row.expected, row.is_expected_about = rehearsal.people, rehearsal.recipients, rehearsal.is_about
    if row.replaces_id:
        return _change(user, row, address)
    row.department = user.department
    row.opt_out_tail = request.opt_out_tail
    row.state = State.SCHEDULED if row.scheduled_at else State.PLANNING
    row.save()
    audit.record(
        user, "submission.asked", row, detail={"recipients": people, "category": row.category}, address=address
    )
    if row.state == State.PLANNING:
        defer_plan(row)
    publish("submissions")
    return row


def put_default(user: User, draft: Submission, name: str, default: str) -> None:
    """Let whoever has no value for `name` read `default`. Raises Refused for what would end the braces."""
    if not default or len(default) > LONGEST_DEFAULT or set(default) & set("{}|｜\n"):
        raise Refused(
            "bad_default", _("Write up to %(most)d characters without braces and bars.") % {"most": LONGEST_DEFAULT}
        )
    save(user, draft, text=parse(draft.text).with_default(name, default))


def try_on_oneself(user: User, draft: Submission, whose: str, *, address: str | None = None) -> Submission:
    """The text as one recipient would read it (a person, "c17", or a bare number), to the phone of the person's profile and the company's test numbers.

    A submission of its own; of marketing it is a notice that reads like it, since whoever tests has nothing to agree to.
    Raises Refused.
    """
    phones = tuple(dict.fromkeys(filter(None, (user.phone, *test_numbers()[:MOST_TESTED]))))
    if not phones:
        raise Refused("no_phone", _("There is no mobile number in your profile."))
    request = request_of(draft)
    wording = request.wording(user)
    people = Contact.objects.sendable_by(user).filter(pk=id_of(whose[1:])) if whose.startswith("c") else None
    number = whose if people is None else people.values_list("number", flat=True).first() or ""
    found = stream(user, request.selection, by_row=False, only=[number])
    person = next((one for chunk in found for one in chunk), None)
    if person and whose == number and unseen.of_chosen(user, user, [person.contact_id]):
        # Numbers that are tried one by one must not find anybody.
        person = None
    if person is None:
        raise Refused("not_chosen", _("Nobody of that number is among the recipients."))
    try:
        body = wording.template.render(person.values, wording.columns)
    except MissingVariable as missing:
        raise Refused(
            "missing_variable",
            _("The variable “%(name)s” has no value for this recipient.") % {"name": missing.variable},
        ) from None
    return submit(
        user,
        replace(
            request, category=Category.NOTICE if request.category == Category.MARKETING else request.category, topic="",
            text=(body + request.opt_out_tail).replace("{", "{{").replace("}", "}}"), selection=Selection(numbers=phones),
            title=str(_("Test: %(title)s") % {"title": draft.title or draft.text[:20]}), scheduled_at=None, canary=None, reminds_id=None,
        ),
        address=address,
    )  # fmt: skip


LONGEST_DEFAULT = 40
MOST_TESTED = 20
CONTENT = (
    "title", "category", "topic", "text", "signature", "personal_signature", "recipients", "source_number", "scheduled_at",
    "validity_minutes", "canary_terms",
)  # fmt: skip
"""What a person says of a submission; all else follows from it."""
MOST_TYPED = 500
"""So many numbers still are a text that one can edit; more become a list."""


@transaction.atomic
def copy(user: User, submission: Submission) -> Submission:
    """A new draft that says what the submission said; its time has passed or is another one's."""
    return _copied(user, submission, scheduled_at=None)


@transaction.atomic
def edit(user: User, submission: Submission) -> Submission:
    """A draft in which what is scheduled may be changed; it stays as it is until that is confirmed. Raises Refused."""
    row = locked(user, submission, State.SCHEDULED)
    if row.owner_id != user.pk:
        raise Refused("not_allowed", _("Only the person who created it may change it."), status=403)
    earlier = Submission.objects.filter(owner=user, state=State.DRAFT, replaces=row)
    earlier.delete()
    return _copied(user, row, replaces=row, reminds=row.reminds)


def _copied(user: User, submission: Submission, **facts: Any) -> Submission:
    if submission.origin == Submission.Origin.DOOR or submission.state == State.DRAFT:
        raise Refused("of_a_door", _("This has no text or recipients of its own to copy."), status=409)
    if not may_steer(user, submission) or (submission.owner_id != user.pk and not user.may(Right.SEE_NUMBERS)):
        raise Refused("not_allowed", _("You may not change this submission."), status=403)
    said = {name: getattr(submission, name) for name in CONTENT} | facts
    said["text"] = submission.told_to(user, submission.text)
    chosen = dict(said["recipients"])
    chosen.pop("taken_for", None)
    numbers = chosen.pop("numbers", [])
    if len(numbers) > MOST_TYPED:
        made = lists.from_numbers(user, str(submission)[:100], numbers)
        chosen["list_ids"] = [*chosen.get("list_ids", ()), made.pk]
        chosen.pop("typed", None)
    elif numbers:
        chosen = {"typed": "\n".join(numbers)} | chosen | {"numbers": numbers}
    return Submission.objects.create(
        owner=user, department=user.department, state=State.DRAFT, **said | {"recipients": chosen}
    )


def _change(user: User, draft: Submission, address: str | None) -> Submission:
    """What the draft says takes the place of what was scheduled; the audit keeps both."""
    row = locked(user, Submission(pk=draft.replaces_id, owner=user), State.SCHEDULED)
    before = _in_words(row)
    for name in (*CONTENT, "expected", "is_expected_about"):
        setattr(row, name, getattr(draft, name))
    row.opt_out_tail = request_of(row).opt_out_tail
    after = _in_words(row)
    row.state = State.SCHEDULED if row.scheduled_at else State.PLANNING
    row.save()
    changed = [name for name in before if before[name] != after[name]]
    audit.record(
        user, "submission.changed", row, address=address,
        detail={"before": {name: before[name] for name in changed}, "after": {name: after[name] for name in changed}},
    )  # fmt: skip
    draft.delete()
    if row.state == State.PLANNING:
        defer_plan(row)
    told(row)
    return row


def _in_words(row: Submission) -> dict[str, str]:
    """Without numbers: the audit holds none."""
    return {
        "text": row.listed_text, "signature": row.signature, "category": row.category, "recipients": str(row.expected),
        "time": row.scheduled_at.isoformat() if row.scheduled_at else "",
    }  # fmt: skip


def delete(user: User, draft: Submission) -> None:
    Submission.objects.filter(pk=draft.pk, owner=user, state=State.DRAFT).delete()


def drop_old(now: datetime) -> int:
    """Remove drafts that nobody has touched for three months; gives how many."""
    return Submission.objects.filter(state=State.DRAFT, updated_at__lt=now - KEPT_FOR).delete()[0]
