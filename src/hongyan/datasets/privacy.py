"""Where a number may lie in this room's tables. A row of somebody's table keeps what else it says; its number goes."""

from hongyan.privacy import Kind, Place

PLACES = (
    Place("datasets_row", Kind.TABLES, words=("search",), values=("data",)),
    Place("datasets_change", Kind.TABLES, values=("old", "new"), never=("act",)),
    Place("datasets_field", Kind.TABLES, words=("name", "default", "help"), values=("choices",), never=("kind_code",)),
    Place("datasets_table", Kind.TABLES, words=("name", "purpose")),
    Place("datasets_filling", Kind.TABLES, words=("file_name",)),
    Place("datasets_grant", Kind.TABLES, never=("role",)),
)
