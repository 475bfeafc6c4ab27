"""What the verbs of all rooms raise when they refuse, so that page, API and command line can take them alike."""

from __future__ import annotations

from django.utils.functional import Promise


class Refused(Exception):
    """Nothing was changed. `code` is stable and for programs, `sentence` for people in their language.

    `field` is what to correct, where that is one thing; `status` is what an HTTP answer would be.
    """

    def __init__(self, code: str, sentence: str | Promise, *, field: str = "", status: int = 422) -> None:
        super().__init__(str(sentence))
        self.code = code
        self.sentence = sentence
        self.field = field
        self.status = status
