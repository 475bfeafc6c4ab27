"""Where a number may lie in this room's tables. A merge of somebody who is erased goes whole: it cannot be undone any more."""

from hongyan.privacy import Fate, Kind, Place, nothing

PLACES = (
    Place(
        "duplicates_merge", Kind.PEOPLE, words=("name", "other_name"), values=("before", "after", "chosen", "followed"),
        own="jsonb_path_exists(jsonb_build_array(before, after), '$.** ? (@ == $number)', jsonb_build_object('number', %(number)s::text))",
        fate=Fate.REMOVED,
    ),
    nothing("duplicates_pair", "kind", "state"),
)  # fmt: skip
