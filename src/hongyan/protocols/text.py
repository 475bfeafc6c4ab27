"""Alphabets and segments: what a text costs on the wire, and where it is cut.

Two rules of counting exist side by side. Mainland carriers bill every script by UTF-16 units, 70 in a single segment
and 67 in each of several. Abroad, a text of the GSM alphabet (3GPP TS 23.038) has 160 and 153 septets, any other the
70 and 67 of UCS-2. Both count by really splitting, since a cut never falls inside a surrogate pair, an escape or a
combining sequence, and so a text may need more segments than a division says.

Beside them, what a channel may ask for: Latin-1 and ASCII octets, GBK, GSM septets packed as they go on the air, and
references of sixteen bits, whose header takes one octet more from each part.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
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
    GSM7_PACKED = "gsm7_packed"
    """The same, eight septets in seven octets, as they go on the air."""
    ASCII = "ascii"
    LATIN1 = "latin1"
    UCS2 = "ucs2"
    """UTF-16BE without byte order mark, surrogates allowed."""
    GBK = "gbk"
    """Decoded as GB18030, its superset."""
    BINARY = "binary"

    __hash__ = object.__hash__
    """Enum's own is Python code, and tables are looked up by alphabet for each segment."""


class TextTooLong(Exception):
    """More than 255 segments."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How many units a single segment holds, and each of several."""

    alphabet: Alphabet
    single: int
    part: int
    is_wide: bool = False
    """The parts' reference has sixteen bits."""


UCS2_RULE = Rule(Alphabet.UCS2, 70, 67)
GSM_RULE = Rule(Alphabet.GSM7, 160, 153)
RULES: dict[Alphabet, tuple[Rule, Rule]] = {
    Alphabet.GSM7: (GSM_RULE, Rule(Alphabet.GSM7, 160, 152, is_wide=True)),
    Alphabet.GSM7_PACKED: (Rule(Alphabet.GSM7_PACKED, 160, 153), Rule(Alphabet.GSM7_PACKED, 160, 152, is_wide=True)),
    # 160 characters of ASCII would go into a single segment in CMPP and SGIP; 140 do everywhere.
    Alphabet.ASCII: (Rule(Alphabet.ASCII, 140, 134), Rule(Alphabet.ASCII, 140, 133, is_wide=True)),
    Alphabet.LATIN1: (Rule(Alphabet.LATIN1, 140, 134), Rule(Alphabet.LATIN1, 140, 133, is_wide=True)),
    Alphabet.GBK: (Rule(Alphabet.GBK, 140, 134), Rule(Alphabet.GBK, 140, 133, is_wide=True)),
    Alphabet.UCS2: (UCS2_RULE, Rule(Alphabet.UCS2, 70, 66, is_wide=True)),
}
"""For references of eight bits, and of sixteen."""


def can_hold(alphabet: Alphabet, text: str) -> bool:
    """Whether each character of `text` has its octets in the alphabet."""
    match alphabet:
        case Alphabet.UCS2:
            return True
        case Alphabet.GSM7 | Alphabet.GSM7_PACKED:
            return GSM_CHARACTERS.issuperset(text)
        case Alphabet.ASCII:
            return text.isascii()
        case Alphabet.LATIN1:
            return all(char <= "\xff" for char in text)
        case Alphabet.GBK:
            # All of Unicode but halves of surrogate pairs.
            return not any("\ud800" <= char <= "\udfff" for char in text)
        case Alphabet.BINARY:
            return False


def rule_of(text: str, preferred: Alphabet, *, wide: bool = False) -> Rule:
    """How a channel sends `text`: in the alphabet it prefers where that has all of it, else in UCS-2.

    `wide`: the parts of a long text carry a reference of sixteen bits.
    """
    return RULES[preferred if can_hold(preferred, text) else Alphabet.UCS2][wide]


def rule_for(text: str, *, mainland: bool) -> Rule:
    """The rule that a text is counted and billed by: mainland channels by UTF-16 units always, others by septets where
    GSM's alphabet has all of it."""
    return GSM_RULE if not mainland and GSM_CHARACTERS.issuperset(text) else UCS2_RULE


def _width(char: str, alphabet: Alphabet) -> int:
    """Units of one character: septets, octets or UTF-16 units. Raises KeyError or UnicodeEncodeError for a stranger."""
    match alphabet:
        case Alphabet.UCS2:
            return 2 if ord(char) > 0xFFFF else 1
        case Alphabet.GSM7 | Alphabet.GSM7_PACKED:
            return len(_GSM_ENCODE[char])
        case _:
            return len(encode(char, alphabet))


def units(text: str, rule: Rule = UCS2_RULE) -> int:
    """Length of `text` in the rule's units: UTF-16 units, septets or octets."""
    match rule.alphabet:
        case Alphabet.UCS2:
            return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
        case Alphabet.GSM7 | Alphabet.GSM7_PACKED:
            return sum(len(_GSM_ENCODE[char]) for char in text)
        case _:
            return len(encode(text, rule.alphabet))


_JOINER = "\u200d"
_VIRAMA = 9
"""Combining class of the sign that binds an Indic consonant to the next."""
_MARKS = frozenset({"Mn", "Mc", "Me"})


def _joins_previous(char: str, previous: str) -> bool:
    """Whether a cut between `previous` and `char` would tear one visible sign apart.

    Marks and variation selectors, skin tones, tags (flags of regions), whatever stands beside a joiner, and vowels and
    finals of Korean syllables written apart. Flags of two letters need more than two characters: see `_is_flag_half`.
    """
    code = ord(char)
    if code < 0x300 or 0x4E00 <= code <= 0x9FFF:
        return previous == _JOINER
    return (
        _JOINER in {char, previous}
        or 0x1F3FB <= code <= 0x1F3FF
        or 0xE0020 <= code <= 0xE007F
        or 0x1160 <= code <= 0x11FF
        or unicodedata.category(char) in _MARKS
        or unicodedata.combining(previous) == _VIRAMA
    )


def _is_flag_half(text: str, index: int) -> bool:
    """Whether the character at `index` is the second of two regional indicators, which make one flag."""
    count = 0
    while index - count >= 0 and "\U0001f1e6" <= text[index - count] <= "\U0001f1ff":
        count += 1
    return count > 0 and count % 2 == 0


def split(text: str, rule: Rule = UCS2_RULE) -> list[str]:
    """`text` cut into what each segment carries, in order; one piece when it fits a single segment.

    Raises TextTooLong beyond 255 segments.
    """
    if units(text, rule) <= rule.single:
        return [text]
    pieces: list[str] = []
    alphabet, part = rule.alphabet, rule.part
    start = size = last_good = size_at_good = 0
    for index, char in enumerate(text):
        width = _width(char, alphabet)
        if index > start and not _joins_previous(char, text[index - 1]) and not _is_flag_half(text, index):
            last_good, size_at_good = index, size
        if size + width > part:
            # A sequence longer than a segment has no good place: then between characters.
            cut, kept = (last_good, size_at_good) if last_good > start else (index, size)
            pieces.append(text[start:cut])
            if len(pieces) >= MOST_SEGMENTS:
                raise TextTooLong
            start, size = cut, size - kept
        size += width
    pieces.append(text[start:])
    return pieces


def count_segments(text: str, rule: Rule = UCS2_RULE) -> int:
    """How many segments `text` takes; quick for short texts."""
    if len(text) * (4 if rule.alphabet is Alphabet.GBK else 2) <= rule.single:
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
    """Never too long: a counter has to show something while somebody pastes a book. Beyond 255 segments it says 256."""
    rule = rule_for(text, mainland=mainland)
    try:
        pieces = split(text, rule)
    except TextTooLong:
        # So few characters fit, however wide each is.
        pieces = [*split(text[: MOST_SEGMENTS * (rule.part // 4)], rule)[:MOST_SEGMENTS], ""]
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
        case Alphabet.GSM7_PACKED:
            return pack(_gsm_encoded(text))
        case Alphabet.ASCII:
            return text.encode("ascii")
        case Alphabet.LATIN1:
            return text.encode("latin-1")
        case Alphabet.GBK:
            return text.encode("gb18030")
        case Alphabet.BINARY:
            return text.encode("latin-1")


def pack(septets: bytes, *, behind: int = 0) -> bytes:
    """Septets, one in each octet, as they go on the air: the first in the lowest bits (3GPP TS 23.038 §6.1.2.1).

    `behind`: octets of the header before them; fill bits then let the text begin at a septet's boundary.
    """
    bits, value = -8 * behind % 7, 0
    for septet in septets:
        value |= (septet & 0x7F) << bits
        bits += 7
    return value.to_bytes((bits + 7) // 8, "little")


def unpack(octets: bytes, *, behind: int = 0) -> bytes:
    """Septets of packed octets. Seven bits of filling at the end, zeros or a CR, are no septet."""
    fill = -8 * behind % 7
    value, count = int.from_bytes(octets, "little") >> fill, max(0, (len(octets) * 8 - fill) // 7)
    septets = bytes([value >> 7 * index & 0x7F for index in range(count)])
    # Seven spare bits are there only where the last octet holds nothing but them; "@" is zero too, and is lost then.
    if septets and (len(octets) * 8 - fill) % 7 == 0 and septets[-1] in {0, 0x0D}:
        septets = septets[:-1]
    return septets


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
    if escaped:
        out.append("\ufffd")
    return "".join(out)


def decode(content: bytes, alphabet: Alphabet, *, behind: int = 0) -> str:
    """Text of received octets. Never fails: what cannot be read becomes U+FFFD, and NUL, which no store takes, goes.

    `behind`: octets of the header that stood before them; only packed septets need to know.
    """
    match alphabet:
        case Alphabet.UCS2:
            # A byte order mark is a peer's slip, and so is a NUL too many at the end; half a character is shown as one.
            even = content[: len(content) & ~1].removeprefix(b"\xfe\xff")
            text = even.decode("utf-16-be", "replace") + ("\ufffd" if len(content) % 2 and content[-1] else "")
        case Alphabet.GSM7:
            text = _decode_gsm(content)
        case Alphabet.GSM7_PACKED:
            text = _decode_gsm(unpack(content, behind=behind))
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
    """The content of each PDU: bare for a single segment, else behind a concatenation header.

    `reference` is shared by the parts and counts in eight bits, or in sixteen where the rule leaves room for those
    (3GPP TS 23.040 §9.2.3.24.1, §9.2.3.24.8).
    """
    if rule.alphabet is Alphabet.UCS2 and len(whole := encode(text, rule.alphabet)) <= 2 * rule.single:
        return [whole]
    pieces = split(text, rule)
    if len(pieces) == 1:
        return [encode(text, rule.alphabet)]
    total = len(pieces)
    head = bytes((5, 0, 3, reference & 0xFF))
    if rule.is_wide:
        head = b"\x06\x08\x04" + (reference & 0xFFFF).to_bytes(2, "big")
    contents = []
    for number, piece in enumerate(pieces, start=1):
        header = head + bytes((total, number))
        if rule.alphabet is Alphabet.GSM7_PACKED:
            contents.append(header + pack(_gsm_encoded(piece), behind=len(header)))
        else:
            contents.append(header + encode(piece, rule.alphabet))
    return contents


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Which part of which long text a segment is."""

    reference: int
    total: int
    part: int
    is_wide: bool = field(default=False, compare=False)
    """The reference was written in sixteen bits, though it may fit eight."""

    @property
    def key(self) -> int:
        """The reference as it tells texts apart: 7 of eight bits and 7 of sixteen are two (3GPP TS 23.040 §9.2.3.24.8)."""
        return self.reference + (1 << 16 if self.is_wide or self.reference > 0xFF else 0)

    def header(self) -> bytes:
        """The user-data header that says so: six octets, or seven for a wide reference.

        Raises LocalProtocolError for more than 255 parts.
        """
        try:
            if self.reference <= 0xFF and not self.is_wide:
                return bytes((5, 0, 3, self.reference, self.total, self.part))
            return b"\x06\x08\x04" + self.reference.to_bytes(2, "big") + bytes((self.total, self.part))
        except (OverflowError, ValueError):
            raise LocalProtocolError("a long text has 255 parts at most") from None


def take_header(content: bytes) -> tuple[Concatenation | None, bytes]:
    """Split a user-data header off `content`; (None, content) where it makes no sense."""
    # A length of zero is no header but a text's first octet: UCS-2 of Latin letters with the flag set by mistake.
    if not content or not 0 < content[0] < len(content):
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
            found = Concatenation(data[0] << 8 | data[1], data[2], data[3], is_wide=True)
        position += 2 + size
    if position != end:
        return None, content
    if found and not 1 <= found.part <= found.total:
        found = None
    return found, content[end:]


def looks_like_header(content: bytes) -> bool:
    """Whether a concatenation header stands there though the peer forgot the flag."""
    return len(content) > 6 and content[:3] == b"\x05\x00\x03" and content[4] >= 2 and 1 <= content[5] <= content[4]
