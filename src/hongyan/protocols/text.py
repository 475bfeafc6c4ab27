"""Alphabets and segments: what a text costs on the wire, and where it is cut.

Two rules of counting exist side by side. Mainland carriers bill every script by UTF-16 units, 70 in a single segment
and 67 in each of several. Abroad, a text of the GSM alphabet (3GPP TS 23.038) has 160 and 153 septets, any other the
70 and 67 of UCS-2. Both count by really splitting, since a cut never falls inside a surrogate pair, an escape or a
combining sequence, and so a text may need more segments than a division says.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from hongyan.protocols.errors import LocalProtocolError

GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_GSM_ENCODE = {char: bytes([code]) for code, char in enumerate(GSM_BASIC) if code != 0x1B} | {
    char: bytes([0x1B, code]) for char, code in GSM_EXTENSION.items()
}
_GSM_EXTENSION_DECODE = {code: char for char, code in GSM_EXTENSION.items()}
GSM_CHARACTERS = frozenset(_GSM_ENCODE)
MOST_SEGMENTS = 255
"""One octet of the header counts them (3GPP TS 23.040 §9.2.3.24.1)."""


class Alphabet(Enum):
    """How a segment's octets stand for characters."""

    GSM7 = "gsm7"
    """3GPP TS 23.038, one septet in each octet, as SMPP carries it."""
    ASCII = "ascii"
    LATIN1 = "latin1"
    UCS2 = "ucs2"
    """UTF-16BE without byte order mark, surrogates allowed."""
    GBK = "gbk"
    """Decoded as GB18030, its superset."""
    BINARY = "binary"


class TextTooLong(Exception):
    """More than 255 segments."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How many units a single segment holds, and each of several."""

    alphabet: Alphabet
    single: int
    part: int


UCS2_RULE = Rule(Alphabet.UCS2, 70, 67)
GSM_RULE = Rule(Alphabet.GSM7, 160, 153)


def rule_for(text: str, *, mainland: bool) -> Rule:
    """The rule that a channel uses: mainland channels send UCS-2 always, others GSM 7-bit where the text allows."""
    return GSM_RULE if not mainland and GSM_CHARACTERS.issuperset(text) else UCS2_RULE


def units(text: str, rule: Rule = UCS2_RULE) -> int:
    """Length of `text` in the rule's units: UTF-16 units or septets."""
    if rule.alphabet is Alphabet.GSM7:
        return sum(len(_GSM_ENCODE[char]) for char in text)
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _joins_previous(char: str, previous: str) -> bool:
    """Whether a cut between `previous` and `char` would tear one visible sign apart."""
    code = ord(char)
    if code < 0x300 or 0x4E00 <= code <= 0x9FFF:
        return False
    return (
        previous == "\u200d"
        or char == "\u200d"
        or 0xFE00 <= code <= 0xFE0F
        or 0x1F3FB <= code <= 0x1F3FF
        or unicodedata.combining(char) != 0
    )


def split(text: str, rule: Rule = UCS2_RULE) -> list[str]:
    """`text` cut into what each segment carries, in order; one piece when it fits a single segment.

    Raises TextTooLong beyond 255 segments.
    """
    if units(text, rule) <= rule.single:
        return [text]
    pieces: list[str] = []
    start = size = last_good = size_at_good = 0
    for index, char in enumerate(text):
        width = len(_GSM_ENCODE[char]) if rule.alphabet is Alphabet.GSM7 else (2 if ord(char) > 0xFFFF else 1)
        if index > start and not _joins_previous(char, text[index - 1]):
            last_good, size_at_good = index, size
        if size + width > rule.part:
            # A sequence longer than a segment has no good place: then between characters.
            cut, kept = (last_good, size_at_good) if last_good > start else (index, size)
            pieces.append(text[start:cut])
            start, size = cut, size - kept
        size += width
    pieces.append(text[start:])
    if len(pieces) > MOST_SEGMENTS:
        raise TextTooLong
    return pieces


def count_segments(text: str, rule: Rule = UCS2_RULE) -> int:
    """How many segments `text` takes; quick for short texts."""
    if len(text) * 2 <= rule.single:
        return 1
    return len(split(text, rule))


@dataclass(frozen=True, slots=True)
class Measure:
    """What a live counter shows of a text."""

    characters: int
    units: int
    segments: int
    free_units: int
    """Until the next segment begins."""
    cuts: tuple[int, ...]
    """Indexes in the text at which a new segment begins."""
    forces_unicode: tuple[str, ...]
    """The first few characters outside the GSM alphabet; empty for mainland channels, where nothing changes."""


def measure(text: str, *, mainland: bool = True) -> Measure:
    rule = rule_for(text, mainland=mainland)
    pieces = split(text, rule)
    cuts, position = [], 0
    for piece in pieces[:-1]:
        position += len(piece)
        cuts.append(position)
    room = rule.single if len(pieces) == 1 else rule.part
    foreign = [] if mainland else [char for char in dict.fromkeys(text) if char not in GSM_CHARACTERS]
    return Measure(
        characters=len(text),
        units=units(text, rule),
        segments=len(pieces),
        free_units=room - units(pieces[-1], rule),
        cuts=tuple(cuts),
        forces_unicode=tuple(foreign[:5]),
    )


@lru_cache(maxsize=256)
def _gsm_encoded(text: str) -> bytes:
    return b"".join([_GSM_ENCODE[char] for char in text])


def encode(text: str, alphabet: Alphabet) -> bytes:
    """Octets of `text`. Raises UnicodeEncodeError or KeyError for characters the alphabet lacks."""
    match alphabet:
        case Alphabet.UCS2:
            return text.encode("utf-16-be", "surrogatepass")
        case Alphabet.GSM7:
            return _gsm_encoded(text)
        case Alphabet.ASCII:
            return text.encode("ascii")
        case Alphabet.LATIN1:
            return text.encode("latin-1")
        case Alphabet.GBK:
            return text.encode("gb18030")
        case Alphabet.BINARY:
            return text.encode("latin-1")


def _decode_gsm(content: bytes) -> str:
    out, escaped = [], False
    for octet in content:
        code = octet & 0x7F
        if escaped:
            out.append(_GSM_EXTENSION_DECODE.get(code, GSM_BASIC[code] if code != 0x1B else " "))
            escaped = False
        elif code == 0x1B:
            escaped = True
        else:
            out.append(GSM_BASIC[code])
    return "".join(out)


def decode(content: bytes, alphabet: Alphabet) -> str:
    """Text of received octets. Never fails: what cannot be read becomes U+FFFD, and NUL, which no store takes, goes."""
    match alphabet:
        case Alphabet.UCS2:
            # An odd last octet is a peer's slip; a byte order mark is theirs too.
            even = content[: len(content) & ~1].removeprefix(b"\xfe\xff")
            text = even.decode("utf-16-be", "replace")
        case Alphabet.GSM7:
            text = _decode_gsm(content)
        case Alphabet.GBK:
            text = content.decode("gb18030", "replace")
        case Alphabet.ASCII if content.isascii():
            text = content.decode("ascii")
        case Alphabet.ASCII:
            # Format 0 with the high bit set comes from gateways that mean GBK.
            try:
                text = content.decode("gb18030")
            except UnicodeDecodeError:
                text = content.decode("latin-1")
        case Alphabet.LATIN1:
            text = content.decode("latin-1")
        case Alphabet.BINARY:
            return content.hex()
    return text.replace("\0", "")


def segments(text: str, rule: Rule, reference: int) -> list[bytes]:
    """The content of each PDU: bare for a single segment, else behind a concatenation header of six octets.

    `reference` counts 0-255 and is shared by the parts (3GPP TS 23.040 §9.2.3.24.1).
    """
    pieces = split(text, rule)
    if len(pieces) == 1:
        return [encode(text, rule.alphabet)]
    total = len(pieces)
    return [
        bytes((5, 0, 3, reference & 0xFF, total, number)) + encode(piece, rule.alphabet)
        for number, piece in enumerate(pieces, start=1)
    ]


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Which part of which long text a segment is."""

    reference: int
    total: int
    part: int

    def header(self) -> bytes:
        """The user-data header that says so: six octets, or seven for a reference above 255.

        Raises LocalProtocolError for more than 255 parts.
        """
        try:
            if self.reference <= 0xFF:
                return bytes((5, 0, 3, self.reference, self.total, self.part))
            return b"\x06\x08\x04" + self.reference.to_bytes(2, "big") + bytes((self.total, self.part))
        except (OverflowError, ValueError):
            raise LocalProtocolError("a long text has 255 parts at most") from None


def take_header(content: bytes) -> tuple[Concatenation | None, bytes]:
    """Split a user-data header off `content`; (None, content) where it makes no sense."""
    if not content or content[0] >= len(content):
        return None, content
    end = content[0] + 1
    position, found = 1, None
    while position + 2 <= end:
        element, size = content[position], content[position + 1]
        data = content[position + 2 : position + 2 + size]
        if position + 2 + size > end:
            return None, content
        if element == 0 and size == 3:
            found = Concatenation(data[0], data[1], data[2])
        elif element == 8 and size == 4:
            found = Concatenation(data[0] << 8 | data[1], data[2], data[3])
        position += 2 + size
    if found and not 1 <= found.part <= found.total:
        found = None
    return found, content[end:]


def looks_like_header(content: bytes) -> bool:
    """Whether a concatenation header stands there though the peer forgot the flag."""
    return len(content) > 6 and content[:3] == b"\x05\x00\x03" and content[4] >= 2 and 1 <= content[5] <= content[4]
