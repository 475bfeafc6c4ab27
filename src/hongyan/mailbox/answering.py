"""What an answer takes with it of the reply that it answers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.dispatch import links
from hongyan.mailbox.models import Reply
from hongyan.messaging import unseen
from hongyan.messaging.models import Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection


def whom(user: User, reply: Reply) -> Selection:
    """The phone that wrote; where its number is kept from `user`, the person, so that nothing that is kept names it.

    Raises Refused where that person is not open to the user any more.
    """
    if reply.number not in unseen.of_numbers(user, [reply.number]):
        return Selection(numbers=(reply.number,))
    person = unseen.person_to_answer(user, reply.number)
    if person is None:
        raise Refused("person_closed", _("You may no longer send to this person."), status=403)
    return Selection(contact_ids=(person,))


def carry_link(submission: Submission) -> None:
    """The LinkID of the incoming text, where its carrier gave one."""
    reply = Reply.objects.only("incoming_id").get(pk=submission.answers_id or 0)
    links.carry(raw_connection(), incoming_id=reply.incoming_id, submission_id=submission.pk, now=clock.now())
