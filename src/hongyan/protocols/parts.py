"""Long texts from the octets of their parts: joined first, decoded once.

Senders cut where a segment is full: inside a surrogate pair, a GBK pair, between an escape and its code, even inside a
UCS-2 unit. A part that is decoded by itself then loses what stands at the cut.
"""

from __future__ import annotations

from collections.abc import Mapping

from hongyan.protocols.events import IncomingSegment
from hongyan.protocols.text import Alphabet, Concatenation, decode, unpack

_NAMES = frozenset(one.value for one in Alphabet)
_MARK = b"\xfe\xff"


def of_part(content: bytes, alphabet: Alphabet, *, behind: int = 0) -> tuple[bytes, str]:
    """A part's octets and the name of their alphabet, as `join` takes them; `behind`: octets of the header before them.

    Packed septets begin anew in each part, so they are unpacked here.
    """
    if alphabet is Alphabet.GSM7_PACKED:
        return unpack(content, behind=behind), Alphabet.GSM7.value
    return content, alphabet.value


def segment(
    sender: str, service_number: str, content: bytes, alphabet: Alphabet | str, one: Concatenation | None,
    carrier_id: str = "", *, behind: int = 0, is_name: bool = False, link_id: str = "",
) -> IncomingSegment:  # fmt: skip
    """What a phone wrote, from a content without its header; of a part with its octets."""
    octets, name = (content, alphabet) if isinstance(alphabet, str) else of_part(content, alphabet, behind=behind)
    text = read(octets, name)
    if one is None or one.total == 1:
        return IncomingSegment(sender, service_number, text, one, carrier_id, is_name, link_id=link_id)
    return IncomingSegment(sender, service_number, text, one, carrier_id, is_name, octets, name, link_id)


def join(parts: Mapping[int, tuple[bytes, str]]) -> str:
    """The text of parts (number -> octets and alphabet) in their order.

    Neighbours of one alphabet are decoded as one; at a part that never came, or with another alphabet (CMPP allows it),
    decoding begins anew. An alphabet is named by `Alphabet` or is a codec of Python's.
    """
    texts: list[str] = []
    run, written, last = bytearray(), "", 0
    for number in sorted(parts):
        octets, alphabet = parts[number]
        if run and (number != last + 1 or alphabet != written):
            texts.append(read(bytes(run), written))
            run.clear()
        if alphabet == Alphabet.UCS2.value and not len(run) % 2:
            # Some senders put a byte order mark before each part.
            octets = octets.removeprefix(_MARK)
        run += octets
        written, last = alphabet, number
    texts.append(read(bytes(run), written or Alphabet.UCS2.value))
    return "".join(texts)


def read(octets: bytes, alphabet: str) -> str:
    """Octets in an alphabet or codec of this name. Never fails."""
    if alphabet in _NAMES:
        return decode(octets, Alphabet(alphabet))
    return octets.decode(alphabet, "replace").replace("\0", "")
