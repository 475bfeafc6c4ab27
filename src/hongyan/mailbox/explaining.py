"""What people answered to a message, as steps of its explanation."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from hongyan.accounts.models import User
from hongyan.dispatch.models import Message
from hongyan.mailbox.models import Reply
from hongyan.messaging.explaining import Step


def what_followed(viewer: User, message: Message) -> Iterator[Step]:
    """The first twenty answers that `viewer` may see."""
    replies = Reply.objects.visible_to(viewer).filter(message_id=message.pk, hidden_at=None)
    for reply in replies.order_by("received_at")[:20]:
        facts = [(_("Text"), reply.text), (_("Service number"), reply.service_number)]
        title = _("They replied")
        if reply.is_opt_out:
            title = _("Opted out")
        elif reply.is_opt_in:
            title = _("Opted back in")
        link = [(_("Open the reply"), "reply", reply.pk)]
        yield Step("reply", title, reply.received_at, "info", facts, links=link)
