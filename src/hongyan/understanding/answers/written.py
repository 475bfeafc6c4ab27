"""What is taken as it is written: free text, codes, phone numbers."""

from __future__ import annotations

import re
import unicodedata

from hongyan.understanding.answers.folding import core
from hongyan.understanding.answers.patterns import LONGEST, safe
from hongyan.understanding.answers.questions import Question, Reading, ask, ok

LONGEST_TEXT = 2000
_PHONE = re.compile(r"(?<!\d)(?:\+?(?:00)?86[ -]?)?(1[3-9]\d(?:[ -]?\d){8})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)\(?0([1-9]\d{1,2})\)?[ -]?([2-9]\d{2,3}[ -]?\d{4})(?!\d)")
_ABROAD = re.compile(r"(?<!\d)\+(?!86)([1-9](?:[ -]?\d){6,14})(?!\d)")
_RUN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 \-_./]*[A-Za-z0-9])?")


def free_text(text: str) -> Reading:
    """A text that says anything, as it was written."""
    if not any(unicodedata.category(one)[0] in "LNS" for one in text):
        return ask("no_answer")
    kept = "".join(
        one if one == "\n" or unicodedata.category(one)[0] != "C" or one == "\u200d" else " "
        for one in text[:LONGEST_TEXT]
    )
    return ok(kept.strip())


def phone(text: str) -> Reading:
    """A phone number as E.164, of a folded text."""
    found = {"+86" + re.sub(r"[ -]", "", one) for one in _PHONE.findall(text)}
    rest = _PHONE.sub(" ", text)
    found |= {"+86" + re.sub(r"[ -]", "", area + local) for area, local in _LANDLINE.findall(rest)}
    found |= {"+" + re.sub(r"[ -]", "", one) for one in _ABROAD.findall(rest)}
    rest = _ABROAD.sub(" ", _LANDLINE.sub(" ", rest))
    if len(found) > 1:
        return ask("two_answers")
    if not found:
        return ask("unclear" if re.search(r"\d{3}", text) else "no_answer")
    # More digits beside it: an extension, half of a second number.
    return ask("unclear", hint=rest) if re.search(r"\d{2}", rest) else ok(found.pop())


def code(question: Question, text: str) -> Reading:
    """What matches the pattern, whole; of the codes that there are, where these are known."""
    known = {_bare(option.code): option.code for option in question.options}
    raw = unicodedata.normalize("NFKC", text).strip()[: LONGEST * 2]
    # 会员号AB123456: what is no letter or digit of ours is words around it.
    runs = [one for one in _RUN.findall(raw) if len(one) > 2]
    within = runs[0] if len(runs) == 1 else raw.strip(" .,!。")
    joined = re.sub(r"[\s\-_.]", "", within)
    for said in dict.fromkeys(one for plain in (raw, within, joined) for one in (plain, plain.upper(), plain.lower())):
        if not said or len(said) > LONGEST:
            continue
        if known:
            if (one := known.get(_bare(said))) is not None:
                return ok(one)
        elif not question.pattern or safe(question.pattern).fullmatch(said):
            return ok(said)
    bare = _bare(within)
    near = [one for spelled, one in known.items() if len(bare) >= 3 and _differ_in_one(spelled, bare)]
    return ask(
        "unclear" if any(one.isdigit() for one in bare) else "no_answer", near[0] if len(near) == 1 else None, within
    )


def _bare(said: str) -> str:
    """A code without what is only how it is written: case, blanks, O for 0 and I for 1."""
    return core(unicodedata.normalize("NFKC", said).casefold()).translate(str.maketrans("oil", "011"))


def _differ_in_one(one: str, other: str) -> bool:
    """Whether one character is another, too many, missing, or two neighbours changed places."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    at = next((at for at in range(len(short)) if short[at] != long[at]), len(short))
    if len(short) != len(long):
        return short[at:] == long[at + 1 :]
    return short[at + 1 :] == long[at + 1 :] or (
        short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    )
