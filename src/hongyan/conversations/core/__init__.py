"""The dialogue engine: plain data and one pure function. No Django, no store, no clock."""

from hongyan.conversations.core.definition import Dialogue, decoded, encoded, hash_of
from hongyan.conversations.core.happening import Effect, Event, How, State
from hongyan.conversations.core.stepping import step

__all__ = ["Dialogue", "Effect", "Event", "How", "State", "decoded", "encoded", "hash_of", "step"]
