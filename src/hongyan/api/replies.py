"""Endpoint: fetch replies."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_noop
from ninja import Router

from hongyan.api.keys import user_of
from hongyan.api.shapes import After, Limit, ReplyPage, shown
from hongyan.mailbox.models import Reply
from hongyan.messaging import unseen

router = Router(tags=["replies"])


@router.get(
    "/replies",
    response=ReplyPage,
    summary=gettext_noop("Replies"),
    description=gettext_noop("Replies in order of id, after `after`: keep the last id and ask again."),
)
def replies(request: HttpRequest, after: After, limit: Limit) -> dict[str, Any]:
    user = user_of(request)
    rows = list(Reply.objects.visible_to(user).filter(pk__gt=after, hidden_at=None).order_by("pk")[:limit])
    unseen.look_at_replies(user, rows)
    return {
        "items": [
            {
                "id": one.pk,
                "number": shown(user, one.number, one.sight),  # type: ignore[attr-defined]
                "service_number": one.service_number,
                "text": one.text,
                "received_at": one.received_at,
                "submission_id": one.submission_id,
                "message_id": one.message_id,
            }
            for one in rows
        ],
        "next": rows[-1].pk if rows else None,
    }
