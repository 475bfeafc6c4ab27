"""Where a number may lie in this room's tables."""

from hongyan.privacy import Fate, Kind, Place, nothing

PLACES = (
    Place(
        "reachability_number",
        Kind.MESSAGES,
        numbers=("number",),
        fate=Fate.REMOVED,
        never=("state", "code", "protocol"),
    ),
    nothing("reachability_gathered", "tally"),
    nothing("reachability_policy", "paused"),
)
