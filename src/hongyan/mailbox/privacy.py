"""Where a number may lie in this room's tables."""

from hongyan.privacy import Fate, Kind, Place

PLACES = (
    Place(
        "mailbox_replynote", Kind.REPLIES, words=("text",), fate=Fate.REMOVED,
        own="reply_id in (select id from mailbox_reply where number = %(number)s)",
    ),
    # The row stays: what answered it points there.
    Place(
        "mailbox_reply", Kind.REPLIES, numbers=("number",), fate=Fate.EMPTIED, empties=("text",), words=("text",),
        also="hidden_at = coalesce(hidden_at, now())", never=("service_number", "meaning"),
    ),
)  # fmt: skip
