"""Where a number may lie in this room's tables."""

from hongyan.privacy import Fate, Kind, Place, nothing

PLACES = (
    # A text that went to nobody else is that person's. Comes before the messages, by whose numbers it is known.
    Place(
        "messaging_submission", Kind.SUBMISSIONS, fate=Fate.EMPTIED, empties=("text", "title"),
        own="""planned = 1 and text <> '' and state in ('finished', 'cancelled', 'failed') and id in (
            select submission_id from dispatch_message where reverse(number) = reverse(%(number)s))""",
        words=("title", "text", "error"), values=("recipients", "canary_terms", "dropped", "answer_groups"),
        never=("category", "origin", "state", "signature", "personal_signature", "opt_out_tail", "source_number",
               "idempotency_key", "request_digest", "topic"),
    ),
    Place("messaging_canary", Kind.SUBMISSIONS, values=("numbers", "figures"), never=("carriers", "state", "reason")),
    Place("messaging_counted", Kind.SUBMISSIONS, words=("question", "basis"), values=("figures",)),
    Place("messaging_phrase", Kind.SUBMISSIONS, words=("folder", "title", "text"), never=("category",)),
    Place("messaging_signature", Kind.SUBMISSIONS, words=("text",)),
    nothing("messaging_holiday", "name"),
    nothing("messaging_sendinghours", "category"),
)  # fmt: skip
