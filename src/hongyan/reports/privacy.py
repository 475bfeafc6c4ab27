"""Where a number may lie in this room's tables: nowhere but in an error that somebody's words went into."""

from hongyan.privacy import Place, nothing

PLACES = (
    Place("reports_backup", words=("error",), never=("name",)),
    Place("reports_chorerun", words=("error",), never=("name",)),
    nothing("reports_retentionterm", "category"),
)
