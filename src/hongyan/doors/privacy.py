"""Where a number may lie in this room's tables: with what a customer's system gave us, and with what it is to be given."""

from hongyan.privacy import Fate, Kind, Place, nothing

PART = ("source", "ids", "alphabet", "service")
PLACES = (
    # Numbers stand here as the customer wrote them.
    Place("doors_delivery", Kind.WIRE, own="number ~ %(pattern)s", fate=Fate.REMOVED, words=("number", "text"),
          never=("carrier_id", "outcome", "code", "service_number")),
    Place("doors_receipt", Kind.WIRE, own="number ~ %(pattern)s", fate=Fate.REMOVED, words=("number",), never=("carrier_id", "source")),
    Place("doors_part", Kind.WIRE, own="numbers ~ %(pattern)s and numbers !~ '[,; ]'", words=("numbers", "written", "content"), never=PART),
    Place("doors_scheduled", Kind.WIRE, own="numbers ~ %(pattern)s and numbers !~ '[,; ]'", words=("numbers", "written", "content"), never=PART),
    Place("doors_refusal", Kind.WIRE, words=("what",), never=("family", "peer", "reason", "code")),
    Place("doors_connection", Kind.WIRE, values=("trace",), never=("node", "peer")),
    nothing("doors_door", "name", "family", "login", "secret_encrypted", "category", "signature_policy", "signature",
            "sources", "default_source", "addresses", "callback_host", "default_alphabet"),
    nothing("doors_gathering", "taken"),
    nothing("doors_given", "carrier_id", "service"),
    nothing("doors_joined", "mark"),
)  # fmt: skip
