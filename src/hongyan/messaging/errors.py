"""What can be wrong with a request to send: a stable code for programs, a sentence for people."""

from __future__ import annotations

from django.utils.functional import Promise


class MessagingError(Exception):
    """Nothing was changed. `status` is what an HTTP answer would be."""

    def __init__(self, code: str, sentence: str | Promise, *, field: str = "", status: int = 422) -> None:
        super().__init__(str(sentence))
        self.code = code
        self.sentence = sentence
        self.field = field
        self.status = status
