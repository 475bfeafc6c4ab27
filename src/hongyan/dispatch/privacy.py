"""Where a number may lie in this room's tables. What is still on the wire waits until it has come to an end."""

from hongyan.privacy import Fate, Kind, Place, nothing

OVER = "state not in ('queued', 'submitted')"
PLACES = (
    Place(
        "dispatch_batch",
        Kind.MESSAGES,
        fate=Fate.EMPTIED,
        empties=("text",),
        own="""size = 1 and text <> '' and state = 'sent' and id in (
            select id / 1000 from dispatch_message where reverse(number) = reverse(%(number)s))""",
        words=("text",),
        never=("category", "source_number", "state", "stop", "leased_by", "last_code"),
    ),
    Place(
        "dispatch_message",
        Kind.MESSAGES,
        numbers=("number",),
        fate=Fate.EMPTIED,
        empties=("name", "text"),
        settled=OVER,
        words=("name", "text"),
        never=("state", "reason"),
        indexed_backwards=True,
    ),
    Place(
        "dispatch_incoming",
        Kind.REPLIES,
        numbers=("number",),
        fate=Fate.EMPTIED,
        empties=("text",),
        words=("text",),
        # Carriers number texts by sender, and no two of one carrier may be alike: without a sender they might be.
        also="carrier_id = ''",
        never=("carrier_id", "service_number", "link_id"),
    ),
    Place(
        "dispatch_incoming_part",
        Kind.REPLIES,
        numbers=("number",),
        words=("text",),
        never=("service_number", "carrier_id", "alphabet", "octets", "link_id"),
    ),
    Place(
        "dispatch_parked_report",
        Kind.WIRE,
        numbers=("number",),
        own="number ~ %(pattern)s",
        never=("carrier_id", "outcome", "code"),
    ),
    Place("dispatch_parked_result", Kind.WIRE, words=("payload", "error")),
    Place("dispatch_ported_number", Kind.WIRE, numbers=("number",), never=("carrier", "source")),
    # Traffic is noted with its numbers masked.
    Place("dispatch_connection", Kind.WIRE, words=("detail", "last_error"), values=("trace",), never=("node", "state")),
    Place("dispatch_ended", Kind.WIRE, words=("why",), values=("trace",)),
    nothing("dispatch_channel", "name", "protocol", "host", "login", "secret_encrypted", "service_number", "options"),
    nothing("dispatch_code_rule", "protocol", "code", "action"),
    nothing("dispatch_followed", "follower"),
    nothing("dispatch_link", "link_id"),
    nothing("dispatch_move", "why", "code"),
    nothing("dispatch_node", "name", "kind", "process"),
    nothing("dispatch_number_range", "prefix", "carrier"),
    # What carriers gave and said of segments, by message.
    nothing("dispatch_packed_segments", "payload"),
    nothing("dispatch_packing", "state"),
    nothing("dispatch_price", "carrier", "category"),
    nothing("dispatch_route", "name", "carriers", "prefixes", "categories"),
    nothing("dispatch_segment", "carrier_id", "state", "code", "found_by"),
    nothing("dispatch_settled", "follower", "state", "reason"),
    nothing("dispatch_tally", "state", "reason"),
)
