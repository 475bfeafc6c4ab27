"""What people and programs write, read in one place for pages, API, command line and doors: ids, moments, texts.

Pure, knows no room above it. Each reader comes in two manners: `read_...` raises `Unreadable` with a code where the
caller wants to say what is wrong, `..._of` gives a value that finds nothing where an address or a form is only looked up.
"""

from __future__ import annotations

from hongyan.inputs.errors import Unreadable
from hongyan.inputs.ids import LARGEST_ID, id_of, ids_of, read_id, whole_of
from hongyan.inputs.moments import day_of, days_of, is_too_far, moment_of, read_day, read_moment
from hongyan.inputs.texts import asked_of, is_storable, query_of, read_text, words_of

__all__ = [
    "LARGEST_ID",
    "Unreadable",
    "asked_of",
    "day_of",
    "days_of",
    "id_of",
    "ids_of",
    "is_storable",
    "is_too_far",
    "moment_of",
    "query_of",
    "read_day",
    "read_id",
    "read_moment",
    "read_text",
    "whole_of",
    "words_of",
]
