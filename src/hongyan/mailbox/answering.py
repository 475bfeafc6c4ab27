"""What an answer takes with it of the reply that it answers."""

from __future__ import annotations

from hongyan.dispatch import links
from hongyan.mailbox.models import Reply
from hongyan.messaging.models import Submission
from hongyan.runtime import clock
from hongyan.runtime.database import raw_connection


def carry_link(submission: Submission) -> None:
    """The LinkID of the incoming text, where its carrier gave one."""
    reply = Reply.objects.only("incoming_id").get(pk=submission.answers_id or 0)
    links.carry(raw_connection(), incoming_id=reply.incoming_id, submission_id=submission.pk, now=clock.now())
