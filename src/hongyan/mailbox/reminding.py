"""A reminder: a draft for those who have not answered, with what each was told.

Who answers between the draft and its sending is not reminded: the screen "answered" looks again when it is planned.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Right
from hongyan.dispatch.models import Message
from hongyan.mailbox import rollcall
from hongyan.messaging import drafts, resending
from hongyan.messaging.models import Submission
from hongyan.messaging.submissions import may_steer


@transaction.atomic
def remind(user: User, submission: Submission) -> Submission:
    """The draft. Raises Refused."""
    if submission.origin == Submission.Origin.DOOR:
        raise Refused("of_a_door", _("The customer's system decides what is sent again."), status=409)
    if not may_steer(user, submission) or (submission.owner_id != user.pk and not user.may(Right.SEE_NUMBERS)):
        raise Refused("not_allowed", _("You may not change this submission."), status=403)
    silent = rollcall.without_answer(submission, got=True)
    messages = list(Message.objects.filter(pk__in=silent).order_by("id"))
    if not messages:
        raise Refused("nobody_silent", _("Everybody who received it has replied."), status=409)
    text, selection = resending.as_they_were(user, submission, messages)
    chosen = selection.to_json()
    if selection.is_only_numbers and len(selection.numbers) <= drafts.MOST_TYPED:
        chosen["typed"] = "\n".join(selection.numbers)
    return drafts.save(
        user,
        None,
        title=str(_("Reminder: %(title)s") % {"title": str(submission)})[:120],
        text=str(_("Reminder: %(title)s") % {"title": text}),
        category=submission.category,
        topic=submission.topic,
        signature=submission.signature,
        personal_signature=submission.personal_signature,
        source_number=submission.source_number,
        recipients=chosen,
        reminds=submission,
    )
