"""Rules of the house that no single room can see."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from packaging.utils import canonicalize_name

import hongyan

ROOT = Path(__file__).resolve().parent.parent


def test_every_message_is_translated() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(ROOT / "tools" / "messages.py"), "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_one_sentence_has_one_translation_in_all_rooms() -> None:
    """Django reads all catalogues as one, so a second translation would silently take the place of the first."""
    for language in ("zh_Hans", "zh_Hant"):
        known: dict[object, object] = {}
        for path in sorted((ROOT / "src" / "hongyan").glob(f"*/locale/{language}/LC_MESSAGES/django.po")):
            for message in read_po(BytesIO(path.read_bytes())):
                if message.id:
                    assert known.setdefault((message.context, message.id), message.string) == message.string, path


@pytest.mark.django_db
def test_the_models_say_what_the_migrations_made() -> None:
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_every_fact_that_the_audit_log_keeps_has_its_word() -> None:
    from hongyan.console.settings.details import NAMES

    kept = set()
    for path in (ROOT / "src" / "hongyan").rglob("*.py"):
        for facts in re.findall(r"detail=\{([^}]*)\}", path.read_text()):
            kept |= set(re.findall(r'"(\w+)":', facts))
    assert kept - set(NAMES) == set()


def test_the_product_imports_only_what_it_depends_on_at_run_time() -> None:
    """`./run` installs no test dependency, so no import may rest on one; what `./test` installs would hide it."""
    root = Path(hongyan.__file__).parent
    needed = {
        canonicalize_name(re.split(r"[^\w.-]", line)[0])
        for line in (importlib.metadata.requires("hongyan") or [])
        if "extra ==" not in line
    }
    distributions = importlib.metadata.packages_distributions()
    imported = {
        module.partition(".")[0]
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for module in _modules_of(node)
    }
    foreign = imported - set(sys.stdlib_module_names) - {"hongyan"}
    missing = {name for name in foreign if needed.isdisjoint(map(canonicalize_name, distributions.get(name, [])))}
    assert missing == set()


def _modules_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []


READERS = re.compile(
    r"\bint\(\s*(request|query|asked|self\.(request|data))\b"
    r"|\.is(digit|decimal|numeric)\(\)[^\n]*\bint\(|\bint\([^\n]*\.is(digit|decimal|numeric)\(\)"
    r"|\.(fromisoformat|strptime)\(|\bparse_(date|datetime|time)\("
)


def test_only_the_readers_read_ids_and_moments() -> None:
    """`hongyan.inputs` knows the thousand digits and the year 10000; a second reader beside it would forget them."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text.strip()}"
        for room in ("console", "api", "cli", "doors", "public", "site")
        for path in sorted((ROOT / "src" / "hongyan" / room).rglob("*.py"))
        for line, text in enumerate(path.read_text("utf-8").splitlines(), 1)
        if READERS.search(text)
    ]
    assert found == []


def test_no_wait_takes_a_wish_to_stop_for_what_it_waits_for() -> None:
    """`asyncio.wait_for` does before Python 3.12: `asyncio.timeout`, and `runtime/waiting.py` for events, do not."""
    texts = {path: path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py")}
    assert [str(path) for path, text in texts.items() if "asyncio.wait_for(" in text] == []


def test_messages_are_asked_for_by_number_as_their_index_has_it() -> None:
    """It reads numbers backwards: `Message.objects.to(number)`, `reverse(m.number)`. Anything else reads ten million rows."""
    past_it = re.compile(r"Message\.objects\.(filter|exclude|get)\([^)]*\bnumber(__in)?=|\bm\.number = (any\()?[%r]")
    texts = {path: path.read_text("utf-8") for path in (ROOT / "src" / "hongyan").rglob("*.py")}
    found = [f"{path}: {one[0]}" for path, text in texts.items() for one in past_it.finditer(text)]
    assert found == []
