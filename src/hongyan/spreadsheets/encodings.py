"""Which characters a text is written in: certain where the file says so or nothing else can be, otherwise a guess.

What is guessed is judged by how usual the characters are that come out (GB 2312's and Big5's first levels were put
together by use), so that a Big5 file is not read as GB18030 merely because its bytes allow it.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from hongyan.spreadsheets.errors import SpreadsheetError, Trouble

_CHUNK = 1024 * 1024
_JUDGED = 64 * 1024
_ENOUGH_TO_TRUST = 20

OFFERED = ("utf-8", "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1251", "cp1252")
"""What a person may choose; with UTF-16 where it could be."""
_KNOWN = {*OFFERED, "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"}
_TOLD = re.compile(
    "姓名|名字|名称|名稱|手机|手機|电话|電話|号码|號碼|客户|客戶|联系|聯絡|行動|備註|备注|公司|金额|金額|氏名|携帯|携帯電話|이름|전화"
)
_DOUBTFUL = re.compile("[\ufffd\ue000-\uf8ff\x80-\x84\x86-\x9f]").search


def is_known(codec: str) -> bool:
    return codec in _KNOWN


def is_damaged(line: str, *, is_unicode: bool) -> bool:
    """Whether characters of a line were lost, or came out as ones that nobody writes."""
    return not line.isascii() and ("\ufffd" in line if is_unicode else bool(_DOUBTFUL(line)))


@dataclass(frozen=True, slots=True)
class Guess:
    """The likeliest encoding, whether there is doubt, and what else it could be, likeliest first."""

    codec: str
    is_certain: bool
    others: tuple[str, ...] = ()


def guess(path: Path) -> Guess:
    """Judge the text at `path`. Reads it once through for UTF-8 (about 1 GB/s), else its beginning."""
    with path.open("rb") as file:
        head = file.read(_JUDGED)
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return Guess(codec, is_certain=True)
    if head.count(0) * 5 > len(head):
        # No mark, but every second byte of ASCII is zero.
        little = head[1::2].count(0) >= head[0::2].count(0)
        return Guess("utf-16-le" if little else "utf-16-be", is_certain=True)
    before = _decoded_before_fault(path, "utf-8")
    if before is None:
        return Guess("utf-8", is_certain=True)
    if before >= _ENOUGH_TO_TRUST:
        # A few broken characters in a text that is UTF-8 elsewhere; their rows say so.
        return Guess("utf-8", is_certain=True, others=OFFERED[1:3])
    return _judge(_sample(path))


def _sample(path: Path) -> bytes:
    """Lines that hold more than ASCII, up to 64 kB of them from the first 8 MB."""
    kept = bytearray()
    with path.open("rb") as file:
        read = 0
        while read < 8 * _CHUNK and len(kept) < _JUDGED:
            line = file.readline(4096)
            if not line:
                break
            read += len(line)
            if not line.isascii():
                kept += line
    return bytes(kept)


def _judge(raw: bytes) -> Guess:
    marks = {codec: _plausible(raw, codec) for codec in OFFERED[1:]}
    ranked = sorted(marks, key=lambda codec: -marks[codec])
    best, second = ranked[0], ranked[1]
    if marks[best] < 0.05:
        raise SpreadsheetError(Trouble.ENCODING)
    text = raw.decode(best, "replace")
    # Nothing but GB18030 is taken without a question: it is what offices here have.
    is_certain = best == "gb18030" and (
        bool(_TOLD.search(text)) or (marks[best] > 0.93 and marks[best] - marks[second] > 0.2 and len(raw) >= 40)
    )
    readable = [
        codec for codec in OFFERED[1:] if codec != best and raw.decode(codec, "replace").count("\ufffd") * 8 < len(raw)
    ]  # fmt: skip
    return Guess(best, is_certain, tuple(readable or ranked[1:3]))


def _plausible(raw: bytes, codec: str) -> float:
    """0 to 1: how usual the characters are that `codec` makes of `raw`."""
    text = raw.decode(codec, "replace")
    beyond = [char for char in text if char > "\x7f"]
    if not beyond:
        return 0.0
    told = 0.15 if _TOLD.search(text) else 0.0
    if codec == "cp1252":
        return _latin(text, len(beyond))
    if codec == "cp1251":
        return _cyrillic(text, len(beyond))
    lost = sum(char == "\ufffd" or "\ue000" <= char <= "\uf8ff" for char in beyond)
    usual = sum(_USUAL[codec](char) for char in beyond)
    return max(0.0, (usual - 3 * lost) / len(beyond)) + told


def _latin(text: str, beyond: int) -> float:
    """Accented letters stand among plain ones; several in a row are another script's bytes."""
    alone = len(
        re.findall(
            r"(?<![\x80-\uffff])[\u00c0-\u00ff\u2018\u2019\u20ac\u00a3\u0152\u0153\u0160\u0161](?![\x80-\uffff])", text
        )
    )
    return 0.9 * alone / beyond


def _cyrillic(text: str, beyond: int) -> float:
    """Words in one case, or with a capital at their beginning, of the letters that words are made of; other scripts'
    bytes mix both, and signs."""
    words = re.findall(r"(?<![\x80-\uffff])(?:[А-ЯЁ]?[а-яё]{2,}|[А-ЯЁ]{3,})(?![\x80-\uffff])", text)
    letters = "".join(words).lower()
    usual = sum(letters.count(one) for one in "оеаинтсрвлкмдпу")
    return 0.9 * len(letters) / beyond if usual * 2 > len(letters) else 0.0


def _gb(char: str) -> float:
    try:
        raw = char.encode("gb2312")
    except UnicodeEncodeError:
        return 0.0
    return 1.0 if 0xB0 <= raw[0] <= 0xD7 or raw[0] in (0xA1, 0xA3) else 0.7


def _big5(char: str) -> float:
    try:
        raw = char.encode("big5")
    except UnicodeEncodeError:
        return 0.0
    return 1.0 if 0xA1 <= raw[0] <= 0xC6 else 0.4


def _japanese(char: str) -> float:
    if "\u3040" <= char <= "\u30ff":
        return 1.0
    if "\uff61" <= char <= "\uff9f":
        return 0.1  # narrow katakana: what other scripts' bytes look like
    try:
        raw = char.encode("cp932")
    except UnicodeEncodeError:
        return 0.0
    return 0.9 if 0x81 <= raw[0] <= 0x97 else 0.3


def _korean(char: str) -> float:
    if "\uac00" <= char <= "\ud7a3":
        try:
            return 0.95 if 0xB0 <= char.encode("euc_kr")[0] <= 0xC8 else 0.2
        except UnicodeEncodeError:
            return 0.0
    return 0.3


_USUAL = {"gb18030": _gb, "big5hkscs": _big5, "cp932": _japanese, "euc_jp": _japanese, "cp949": _korean}


def _decoded_before_fault(path: Path, codec: str) -> int | None:
    """How many characters beyond ASCII decode before the first fault; None if there is no fault."""
    beyond = 0
    decoder = codecs.getincrementaldecoder(codec)()
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return beyond + len(re.findall(r"[^\x00-\x7f]", error.object[: error.start].decode(codec, "ignore")))
            if not text.isascii():
                beyond += len(text) - len(text.encode("ascii", "ignore"))
            if not chunk:
                return None
