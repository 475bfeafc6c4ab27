"""Rules of the house that no single room can see."""

from __future__ import annotations

import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.urls import reverse

from hongyan.console import navigation

ROOT = Path(__file__).resolve().parent.parent


def test_every_page_of_the_sidebar_exists() -> None:
    for entry in navigation.SECTIONS:
        for page in (entry,) if isinstance(entry, navigation.Page) else entry.pages:
            assert reverse(f"console:{page.url_name}")


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
