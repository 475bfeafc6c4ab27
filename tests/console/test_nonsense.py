"""Whatever is posted to whatever page: an answer in words or a refusal, never a crash, and never a sent message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django import forms
from django.test import Client

import hongyan
from hongyan.contacts.models import AddressBook, Upload
from hongyan.messaging import drafts
from hongyan.messaging.models import Phrase, Submission
from tests.builders import Company, a_contact, a_group
from tests.console.test_every_route import ROUTES, filled

TEMPLATES = Path(hongyan.__file__).parent / "console" / "templates"
NONSENSE = ("²", "x" * 5000, "a\x00b", "99999999999999999999", "💥{", "2026-13-45T99:99")


def names() -> set[str]:
    """Every name that a field of any page has."""
    found = set()
    for path in TEMPLATES.rglob("*.html"):
        found |= set(re.findall(r'name="([a-z_-]+)"', path.read_text()))
    return found | all_form_fields(forms.BaseForm)


def all_form_fields(kind: type) -> set[str]:
    found = set(getattr(kind, "base_fields", {}))
    for below in kind.__subclasses__():
        found |= all_form_fields(below)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("value", NONSENSE, ids=[repr(one[:8]) for one in NONSENSE])
def test_nonsense_in_every_field_of_every_page_is_answered(company: Company, value: str) -> None:
    user = company.administrator
    book = AddressBook.objects.create(name="own", kind="personal", owner=user)
    person = a_contact(book, "王芳", "+8613800138000")
    a_group(book, "组", person)
    ids = {
        "submission_id": drafts.save(user, None, text="x").pk,
        "draft_id": drafts.save(user, None, text="y").pk,
        "contact_id": person.pk,
        "upload_id": Upload.objects.create(owner=user, purpose="recipients", file_name="a.csv", columns=["手机"]).pk,
        "phrase_id": Phrase.objects.create(owner=user, title="t", text="t").pk,
        "user_id": company.sender.pk,
        "department_id": company.finance.pk,
        "channel_id": company.channel.pk,
    }
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    facts = dict.fromkeys(names(), value)
    for path in ROUTES:
        if path.startswith(("sign-", "language", "healthz")) or "phones" in path:
            continue
        # As a whole form, and as the address of a list.
        for answer in (client.post(filled(path, **ids), facts), client.get(filled(path, **ids), facts)):
            assert answer.status_code < 500, path
            if answer.streaming:
                b"".join(answer)  # type: ignore[arg-type]
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert not Submission.objects.exclude(state="draft").exists()
