"""What rooms say of where a number may lie, and how digits are known in words, values and files. No table, no Django."""

from hongyan.privacy.digits import Digits
from hongyan.privacy.places import Fate, Kind, Place, nothing
from hongyan.privacy.seals import is_sealed, seal

__all__ = ["Digits", "Fate", "Kind", "Place", "is_sealed", "nothing", "seal"]
