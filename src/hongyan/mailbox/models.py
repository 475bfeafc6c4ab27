"""What phones wrote, in somebody's mailbox."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q

from hongyan.accounts.models import Department, User, within_reach
from hongyan.messaging.models import Submission


class ReplyQuerySet(models.QuerySet["Reply"]):
    def visible_to(self, user: User) -> Self:
        """Replies in one's own mailbox, and those within reach; unclaimed ones are for who reaches everything."""
        return self.filter(within_reach(user))


class Reply(models.Model):
    """An incoming message in somebody's mailbox, threaded with the message it answers."""

    incoming_id = models.BigIntegerField(unique=True)
    """Of `dispatch_incoming`: routing twice makes one reply."""
    number = models.CharField(max_length=20)
    service_number = models.CharField(max_length=21)
    text = models.TextField()
    received_at = models.DateTimeField()
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="replies")
    """Null: unclaimed."""
    department = models.ForeignKey(Department, models.PROTECT, null=True, related_name="replies")
    submission = models.ForeignKey(Submission, models.PROTECT, null=True, related_name="replies")
    message_id = models.BigIntegerField(null=True)
    """The message it answers, of `dispatch_message`."""
    is_opt_out = models.BooleanField(default=False)
    is_opt_in = models.BooleanField(default=False, db_default=False)
    """It took an earlier refusal back."""
    meaning = models.CharField(max_length=16, blank=True, default="", db_default="")
    """An `understanding.Label`; empty where nobody has looked."""
    needs_look = models.BooleanField(default=False, db_default=False)
    """It may be a refusal: somebody should say whether it is."""
    is_favourite = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)

    objects = ReplyQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        indexes = [
            models.Index(fields=["owner", "-received_at"], name="reply_mailbox"),
            models.Index(fields=["number", "-received_at"], name="reply_conversation"),
            models.Index(fields=["-received_at", "-id"], name="reply_newest"),
            # What waits for somebody's word, in the filter and its count.
            models.Index(
                fields=["-received_at"], condition=Q(needs_look=True, hidden_at=None), name="reply_needs_look"
            ),
            # The unread count in every page's header.
            models.Index(fields=["owner"], condition=Q(read_at=None, hidden_at=None), name="reply_unread"),
        ]


class ReplyNote(models.Model):
    """What a colleague should know of a reply; the phone never sees it."""

    reply = models.ForeignKey(Reply, models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    text = models.CharField(max_length=500)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
