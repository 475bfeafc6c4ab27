"""The glossary over all catalogues, templates and code: one thing has one name, in each of the three languages."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import hongyan

ROOM = Path(hongyan.__file__).parent
_spec = importlib.util.spec_from_file_location("glossary", ROOM.parent.parent / "tools" / "glossary.py")
assert _spec
assert _spec.loader
glossary = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(glossary)

UNDERSTOOD = {"columns.py", "wishes.py"}
"""Files with what people may write, in whatever words."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def sentences(language: str) -> Iterator[tuple[str, str]]:
    """(message id, what it says) of all rooms."""
    for path in sorted(ROOM.glob(f"*/locale/{language}/LC_MESSAGES/django.po")):
        for message in read_po(BytesIO(path.read_bytes())):
            if message.id:
                ids = (message.id,) if isinstance(message.id, str) else message.id
                strings = (message.string,) if isinstance(message.string, str) else message.string
                yield from zip(ids, strings if len(strings) == len(ids) else strings * len(ids), strict=True)


def are_search_words(text: str) -> bool:
    """What people call a thing, to be found by: `files, Excel, taken away`."""
    return ", " in text and text == text.rstrip(".。？?") and " " not in text.partition(", ")[2].partition(", ")[2][:1]


def written() -> Iterator[tuple[str, str]]:
    """(where, what) of the Chinese that stands in code and templates themselves."""
    for path in sorted(ROOM.rglob("*.py")):
        if path.is_relative_to(ROOM / "demo") or path.name in UNDERSTOOD:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CHINESE.search(node.value):
                yield f"{path.relative_to(ROOM)}:{node.lineno}", node.value
    for pattern in ("*/templates/**/*.html", "console/static/console/*.js"):
        for path in sorted(ROOM.glob(pattern)):
            for line, text in enumerate(path.read_text().splitlines(), 1):
                if CHINESE.search(text):
                    yield f"{path.relative_to(ROOM)}:{line}", text


def test_simplified_has_one_name_for_one_thing() -> None:
    said = [(id_, text) for id_, text in sentences("zh_Hans") if not are_search_words(id_)]
    found = [
        (wrong, right, text) for _id, text in said for wrong, right in glossary.SIMPLIFIED.items() if wrong in text
    ]
    assert found == []


def test_code_and_templates_keep_to_it_too() -> None:
    assert [(wrong, where, text) for where, text in written() for wrong in glossary.SIMPLIFIED if wrong in text] == []


def test_traditional_is_an_offices_chinese() -> None:
    found = [
        (wrong, right, text)
        for _id, text in sentences("zh_Hant")
        for wrong, right in glossary.TRADITIONAL
        if re.search(wrong, text)
    ]
    assert found == []


@pytest.mark.parametrize("wrong", ["来源代码", "权限", "短信", "用户"])
def test_traditional_holds_no_simplified_characters(wrong: str) -> None:
    assert [text for _id, text in sentences("zh_Hant") if wrong in text] == []


def test_english_is_not_home_made() -> None:
    ids = {id_ for id_, _text in sentences("zh_Hans") if not are_search_words(id_)}
    assert sorted((wrong, id_) for id_ in ids for wrong in glossary.ENGLISH if re.search(wrong, id_)) == []


def test_a_form_of_address_is_never_a_title() -> None:
    assert dict(sentences("zh_Hans"))["Form of address"] == "称呼"
    assert dict(sentences("zh_Hans"))["Title"] == "标题"
