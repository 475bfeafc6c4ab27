"""What a text says in answer to a question: a choice, yes or no, a number, a day. Pure: no Django, no clock, no store."""

from hongyan.understanding.answers.questions import Direction, Kind, Option, Question, Reading, Status, Value, stored
from hongyan.understanding.answers.reading import read_answer
from hongyan.understanding.answers.telling import told

__all__ = [
    "Direction", "Kind", "Option", "Question", "Reading", "Status", "Value", "read_answer", "stored", "told",
]  # fmt: skip
