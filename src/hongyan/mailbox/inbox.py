"""What people do with the replies in their mailboxes."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hongyan.accounts import audit
from hongyan.accounts.errors import Refused
from hongyan.accounts.models import User
from hongyan.accounts.rights import Reach, Right
from hongyan.consent import entering, optouts
from hongyan.consent.models import Source
from hongyan.consent.optouts import Refusal
from hongyan.dispatch.numbers import mask
from hongyan.mailbox.models import Reply, ReplyNote
from hongyan.messaging.models import Submission
from hongyan.runtime.live import publish, publish_all

LONGEST_NOTE = 500


def access_reply(user: User, reply_id: int) -> Reply:
    """A reply the user may see. Missing and forbidden answer alike."""
    reply = Reply.objects.visible_to(user).filter(hidden_at=None, pk=reply_id).first()
    if reply is None:
        raise Http404
    return reply


def unread_count(user: User) -> int:
    """Unread replies in the user's own mailbox; one index-only count."""
    return Reply.objects.filter(owner=user, read_at=None, hidden_at=None).count()


@transaction.atomic
def mark_read(user: User, replies: QuerySet[Reply]) -> int:
    """Only the owner's reading counts: who looks in from above leaves it unread."""
    changed = replies.filter(owner=user, read_at=None).update(read_at=timezone.now())
    if changed:
        publish(f"mailbox-{user.pk}")
    return changed


@transaction.atomic
def mark_unread(user: User, reply: Reply) -> None:
    Reply.objects.filter(pk=reply.pk, owner=user).update(read_at=None)
    publish(f"mailbox-{user.pk}")


@transaction.atomic
def set_favourite(user: User, reply: Reply, is_favourite: bool) -> None:
    Reply.objects.filter(pk=reply.pk, owner=user).update(is_favourite=is_favourite)


@transaction.atomic
def turn_favourite(user: User, replies: QuerySet[Reply]) -> None:
    """Make favourites of these; where all of them are already, of none of them."""
    own = Reply.objects.filter(pk__in=replies.filter(owner=user).values("pk"))
    own.update(is_favourite=own.filter(is_favourite=False).exists())


@transaction.atomic
def claim(user: User, reply: Reply) -> bool:
    """Take an unclaimed reply into one's own mailbox; False when somebody was first."""
    taken = Reply.objects.filter(pk=reply.pk, owner=None).update(owner=user, department=user.department)
    if taken:
        audit.record(user, "reply.claimed", reply, summary=reply.text[:40])
        publish("mailbox-unclaimed")
        publish(f"mailbox-{user.pk}")
    return bool(taken)


def colleagues(user: User) -> QuerySet[User]:
    """To whom the user may give a reply: who is active in the own department or below it, or anywhere within reach."""
    found = User.objects.filter(is_active=True).exclude(pk=user.pk)
    if user.reach is not Reach.EVERYTHING:
        found = found.filter(department__path__startswith=user.department.path)
    return found.order_by("name", "id")


@transaction.atomic
def assign(user: User, reply: Reply, to: User, *, held_by: int) -> int:
    """Give the reply, and what else this phone has said to whoever holds it, to a colleague; gives how many.

    `held_by` is the owner that the user saw (0: nobody's). Raises Refused when it has another by now.
    """
    if not user.may(Right.SEND):
        raise Refused("not_allowed", _("You may not send messages."), status=403)
    if not colleagues(user).filter(pk=to.pk).exists() or not to.may(Right.SEND):
        raise Refused("no_colleague", _("This person cannot take replies."))
    row = Reply.objects.visible_to(user).select_for_update().filter(hidden_at=None, pk=reply.pk).first()
    if row is None or (row.owner_id or 0) != held_by:
        raise Refused("taken", _("Someone else has taken it in the meantime."), status=409)
    held = Reply.objects.visible_to(user).filter(number=row.number, owner=row.owner_id, hidden_at=None)
    ids = list(held.values_list("pk", flat=True))
    given = Reply.objects.filter(pk__in=ids).update(owner=to, department=to.department)
    Reply.objects.filter(pk=row.pk).update(read_at=None)
    audit.record(user, "reply.assigned", row, summary=to.name, detail={"to": to.pk, "from": held_by, "count": given})
    publish_all([f"mailbox-{to.pk}", f"mailbox-{user.pk}", f"mailbox-{held_by}" if held_by else "mailbox-unclaimed"])
    return given


@transaction.atomic
def refuse_for(user: User, reply: Reply, *, address: str | None = None) -> None:
    """Take a reply for what it may be: its writer refuses marketing, and nothing of it goes to them. Raises Refused."""
    row = _steerable(user, reply)
    optouts.note([Refusal(row.number, row.text)], source=Source.REPLY, by=user)
    Reply.objects.filter(pk=row.pk).update(is_opt_out=True, needs_look=False)
    audit.record(user, "reply.taken_for_refusal", row, summary=mask(row.number), address=address)
    entering.tell([row.number])


@transaction.atomic
def no_refusal(user: User, reply: Reply, *, address: str | None = None) -> None:
    """A reply is no refusal; one that had been taken for one gives back what that took. Raises Refused."""
    row = _steerable(user, reply)
    if row.is_opt_out:
        optouts.undo(row.number, row.text, operator=user.name)
    Reply.objects.filter(pk=row.pk).update(is_opt_out=False, needs_look=False)
    audit.record(user, "reply.found_no_refusal", row, summary=mask(row.number), address=address)


def _steerable(user: User, reply: Reply) -> Reply:
    """Whoever may answer a reply may say what it means."""
    if not user.may(Right.SEND):
        raise Refused("not_allowed", _("You may not send messages."), status=403)
    row = Reply.objects.visible_to(user).select_for_update(of=("self",)).filter(hidden_at=None, pk=reply.pk).first()
    if row is None:
        raise Http404
    return row


@transaction.atomic
def note(user: User, reply: Reply, text: str) -> None:
    """Write down what a colleague should know. Raises Refused."""
    said = text.strip()
    if not said or len(said) > LONGEST_NOTE:
        raise Refused("note", _("A note has 1 to %(most)d characters.") % {"most": LONGEST_NOTE})
    ReplyNote.objects.create(reply=reply, author=user, text=said)
    audit.record(user, "reply.noted", reply)
    publish_all([f"mailbox-{user.pk}", f"mailbox-{reply.owner_id}" if reply.owner_id else "mailbox-unclaimed"])


def next_unread(user: User, other_than: int = 0) -> int | None:
    """The latest unread reply in the user's own mailbox."""
    found = Reply.objects.filter(owner=user, read_at=None, hidden_at=None).exclude(pk=other_than)
    return found.order_by("-received_at", "-id").values_list("pk", flat=True).first()


@transaction.atomic
def delete(user: User, replies: QuerySet[Reply]) -> int:
    """Out of sight for everybody; rows and audit stay (row B19). Only from the user's own mailbox."""
    ids = list(replies.filter(owner=user, hidden_at=None).values_list("pk", flat=True))
    Reply.objects.filter(pk__in=ids).update(hidden_at=timezone.now())
    if ids:
        audit.record(user, "reply.deleted", summary=str(len(ids)), detail={"ids": ids[:1000]})
        publish(f"mailbox-{user.pk}")
    return len(ids)


def conversation(user: User, number: str, most: int = 200) -> list[Reply]:
    """The visible replies of one phone, oldest first."""
    replies = Reply.objects.visible_to(user).filter(number=number, hidden_at=None).select_related("submission")
    return list(replies.order_by("-received_at")[:most])[::-1]


def answerable(user: User, reply: Reply) -> Submission | None:
    """The submission that a reply answers, when the user may see it."""
    if reply.submission_id is None:
        return None
    return Submission.objects.visible_to(user).filter(pk=reply.submission_id).first()
