"""Where a number may lie in this room's tables."""

from hongyan.privacy import Fate, Kind, Place, nothing

PLACES = (
    Place("audiences_traffic", Kind.AUDIENCES, numbers=("number",), fate=Fate.REMOVED),
    Place(
        "audiences_audience", Kind.AUDIENCES, words=("name", "note"), values=("conditions", "origin"),
        never=("kind", "sharing"),
    ),
    Place("audiences_version", Kind.AUDIENCES, words=("name",), values=("conditions",), never=("sharing",)),
    nothing("audiences_gathered", "tally"),
    nothing("audiences_grant", "role", "allows"),
)  # fmt: skip
