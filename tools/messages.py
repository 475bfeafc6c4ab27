"""Message catalogues without GNU gettext: `python tools/messages.py update|fill|compile|check [PACKAGE...]`.

Each package under src/hongyan has one catalogue. `update` extracts message ids into zh_Hans, keeping what is
translated; `fill` makes zh_Hant from it (an entry with the comment "manual" stays); `compile` writes the .mo files;
`check` fails on anything that is missing, obsolete or out of step.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

sys.path.insert(0, str(Path(__file__).resolve().parent))
import glossary

ROOT = Path(__file__).resolve().parent.parent / "src" / "hongyan"
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "N_": None, "ngettext": (1, 2),
    "ngettext_lazy": (1, 2), "pgettext": ((1, "c"), 2),
}  # fmt: skip
LANGUAGES = ("zh_Hans", "zh_Hant")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")


def packages(names: list[str]) -> list[Path]:
    found = [ROOT / name for name in names] or [path for path in ROOT.iterdir() if (path / "__init__.py").exists()]
    return sorted(found)


def messages(package: Path) -> Iterator[tuple[str, int, str | tuple[str, ...]]]:
    """(file, line, message id) of everything marked for translation in code and templates."""
    for path in sorted(package.rglob("*.py")):
        with path.open("rb") as file:
            for line, found, _comments, _context in extract("python", file, keywords=KEYWORDS):
                yield str(path.relative_to(ROOT)), line, found
    for path in sorted(package.rglob("*.html")):
        source = templatized(path)
        for line, found, _comments, _context in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS):
            yield str(path.relative_to(ROOT)), line, found


def templatized(path: Path) -> str:
    """A template as the Python-like text that Django's own extraction makes of it."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
    from django.utils.translation.template import templatize

    # Indentation means nothing in a template, and everything to the reader of Python that follows.
    return "\n".join(line.strip() for line in templatize(path.read_text()).split("\n"))


def extracted(package: Path, language: str) -> Catalog:
    catalogue = Catalog(locale=language, project="Hongyan", charset="utf-8", fuzzy=False)
    for _file, _line, found in messages(package):
        if found and (found if isinstance(found, str) else found[0]):
            catalogue.add(found)
    return catalogue


def path_of(package: Path, language: str) -> Path:
    return package / "locale" / language / "LC_MESSAGES" / "django.po"


def read(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write(path: Path, catalogue: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, no_location=True, omit_header=False, sort_output=True, ignore_obsolete=True)
    # Dates in the header would change the file without reason.
    lines = [
        line
        for line in buffer.getvalue().decode().splitlines(True)
        if not re.match(r'"(POT-Creation|PO-Revision)', line)
    ]
    path.write_text("".join(lines))


def update(package: Path) -> None:
    catalogue = extracted(package, "zh_Hans")
    if not len(catalogue):
        return
    old = read(path_of(package, "zh_Hans"), "zh_Hans")
    for message in catalogue:
        if message.id and (known := old.get(message.id if isinstance(message.id, str) else message.id[0])):
            message.string = known.string
            message.user_comments = known.user_comments
    write(path_of(package, "zh_Hans"), catalogue)


def traditional(text: str) -> str:
    from opencc import OpenCC

    global _converter  # noqa: PLW0603 - made once, costly
    if _converter is None:
        _converter = OpenCC("s2twp")
    converted = str(_converter.convert(text))
    for programmers, offices in (*glossary.TRADITIONAL, *glossary.COLUMNS_AND_ROWS):
        converted = re.sub(programmers, offices, converted)
    return converted


_converter = None


def filled(package: Path) -> Catalog:
    source = read(path_of(package, "zh_Hans"), "zh_Hans")
    old = read(path_of(package, "zh_Hant"), "zh_Hant")
    result = Catalog(locale="zh_Hant", project="Hongyan", charset="utf-8", fuzzy=False)
    for message in source:
        if not message.id:
            continue
        kept = old.get(message.id if isinstance(message.id, str) else message.id[0])
        if kept is not None and "manual" in kept.user_comments:
            result.add(message.id, kept.string, user_comments=kept.user_comments)
        else:
            result.add(message.id, _each(message, traditional))
    return result


def _each(message: Message, change) -> str | tuple[str, ...]:  # type: ignore[no-untyped-def]
    if isinstance(message.string, str):
        return str(change(message.string))
    return tuple(change(part) for part in message.string)


def fill(package: Path) -> None:
    if path_of(package, "zh_Hans").exists():
        write(path_of(package, "zh_Hant"), filled(package))


def compile_(package: Path) -> None:
    for language in LANGUAGES:
        path = path_of(package, language)
        if path.exists():
            with path.with_suffix(".mo").open("wb") as file:
                write_mo(file, read(path, language))


def problems(package: Path) -> Iterator[str]:
    wanted = {message.id for message in extracted(package, "zh_Hans") if message.id}
    for language in LANGUAGES:
        catalogue = read(path_of(package, language), language)
        held = {message.id for message in catalogue if message.id}
        for missing in sorted(map(str, wanted - held)):
            yield f"{package.name} {language}: not in the catalogue: {missing}"
        for obsolete in sorted(map(str, held - wanted)):
            yield f"{package.name} {language}: no longer used: {obsolete}"
        for message in catalogue:
            if not message.id:
                continue
            strings = (message.string,) if isinstance(message.string, str) else message.string
            ids = (message.id,) if isinstance(message.id, str) else message.id
            if message.fuzzy or not all(strings):
                yield f"{package.name} {language}: not translated: {ids[0]}"
            elif set(PLACEHOLDER.findall(ids[-1])) - set(PLACEHOLDER.findall(strings[-1])):
                yield f"{package.name} {language}: placeholders differ: {ids[0]}"


def main(arguments: list[str]) -> int:
    command, chosen = arguments[0] if arguments else "check", packages(arguments[1:])
    found: list[str] = []
    for package in chosen:
        match command:
            case "update":
                update(package)
            case "fill":
                fill(package)
            case "compile":
                compile_(package)
            case "check":
                found += problems(package)
            case _:
                print(__doc__)
                return 2
    print("\n".join(found) or f"{command}: done")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
