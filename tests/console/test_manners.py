"""One way each to confirm, to pick a file and to choose many; colours that can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hongyan

ROOT = Path(hongyan.__file__).parent
TEMPLATES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in ROOT.glob("*/templates/**/*.html")}
STATIC = ROOT / "console" / "static" / "console"
ELEMENT = re.compile(r"<(?:form|button|a|input)\b(?:[^<>\"]|\"[^\"]*\"|\{%.*?%\}|\{\{.*?\}\})*>", re.DOTALL)
TONES = ("good", "bad", "warn", "wait", "info", "quiet", "muted")


def test_the_browsers_own_boxes_are_nowhere() -> None:
    for path in STATIC.glob("*.js"):
        assert not re.search(r"(?<![\w.])(?:window\.)?(?:confirm|alert|prompt)\(", path.read_text()), path.name
    for name, text in TEMPLATES.items():
        assert "components/file_drop" in name or 'type="file"' not in text, name
        assert not re.search(r"<select[^>]*\bmultiple\b", text), name
    for path in (ROOT / "console").rglob("*.py"):
        assert not re.search(r"forms\.SelectMultiple|ClearableFileInput", path.read_text()), path


def test_what_is_hidden_everywhere_is_shown_by_its_own_name_alone() -> None:
    """A class that is hidden until a narrow window shows it must not be another part's name too: it would hide that."""
    sheet = (STATIC / "console.css").read_text()
    hidden = set(re.findall(r"(?:^|\}) *\.(hy-[\w-]+) \{ display: none; \}", sheet, re.MULTILINE))
    assert "hy-whom-steps" in hidden
    dressed = {name for name in hidden if re.search(rf"(?:^|\}}) *\.{name} \{{ (?!display:)", sheet, re.MULTILINE)}
    assert not dressed


def test_a_request_of_htmx_asks_in_htmxs_own_way() -> None:
    """htmx sends before a listener of the document hears of it: `data-confirm` would ask when it is too late."""
    for name, text in TEMPLATES.items():
        for element in ELEMENT.findall(text):
            assert not ("data-confirm=" in element and re.search(r"hx-(?:get|post|put|patch|delete)=", element)), name


def luminance(colour: tuple[float, float, float]) -> float:
    """WCAG 2.2, relative luminance."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (one / 255 for one in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)  # type: ignore[arg-type]
    return (light + 0.05) / (dark + 0.05)


def colours(theme: str) -> dict[str, tuple[float, ...]]:
    """The colour variables of a theme; the dark one changes the light one's."""
    sheet = (STATIC / "console.css").read_text()
    found: dict[str, tuple[float, ...]] = {}
    for block in (":root {", *(['[data-bs-theme="dark"] {'] if theme == "dark" else [])):
        start = sheet.index(block)
        for name, value in re.findall(r"--hy-([\w-]+): #([0-9a-f]{6})", sheet[start : sheet.index("}", start)]):
            found[name] = tuple(int(value[at : at + 2], 16) for at in (0, 2, 4))
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("tone", TONES)
def test_words_in_a_tone_can_be_read_on_paper_and_in_their_badge(theme: str, tone: str) -> None:
    """AA: 4.5 to 1. A badge is tinted with 14 % of its tone at most."""
    known = colours(theme)
    paper, words = known["paper"], known[tone]
    assert contrast(words, paper) >= 4.5
    tint = tuple(0.14 * a + 0.86 * b for a, b in zip(words, paper, strict=True))
    assert contrast(words, tint) >= 4.5
