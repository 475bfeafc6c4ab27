"""Whatever is posted to whatever page: an answer in words or a refusal, never a crash, and never a sent message."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils.http import urlencode

import hongyan
from hongyan.contacts.models import AddressBook
from hongyan.messaging import drafts, submissions
from hongyan.messaging.asking import Request
from hongyan.messaging.models import Phrase, Submission
from hongyan.messaging.recipients import Selection
from hongyan.runtime.clock import now
from hongyan.uploads.models import Upload
from tests.builders import Company, a_contact, a_group
from tests.console.test_every_route import ROUTES, filled

TEMPLATES = Path(hongyan.__file__).parent / "console" / "templates"
DIGITS = "9" * 5000
NONSENSE = (
    "²", "٣", "x" * 5000, "a\x00b", "99999999999999999999", "-1", DIGITS, "1e9999", "💥{", "%", "a\nb\r\nc: d",
    "http://[", "/people/?id=" + DIGITS, "9999-12-31", "0001-01-01T00:00", "9999-12-31T23:59:59-12:00",
    # In all fields together, less than a form may hold.
    "短信" * 1_500,
)  # fmt: skip
SIGNED_OUT_BY = ("sign-", "language", "profile/password")


def status_of(answer: Any) -> int:
    """Also reads what is streamed, which may fail as late as that."""
    if answer.streaming:
        b"".join(answer)
    return int(answer.status_code)


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
@pytest.mark.parametrize("value", NONSENSE, ids=[f"{place}:{one[:12]!r}" for place, one in enumerate(NONSENSE)])
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
    # Encoded once, and in the way that is read faster: a sign of Chinese becomes three with percent signs in a plain form.
    query = urlencode(facts)
    form, form_type = query.encode(), "application/x-www-form-urlencoded"
    if not value.isascii():
        form, form_type = encode_multipart(BOUNDARY, facts), MULTIPART_CONTENT
    if len(query) > 2_000_000:
        # No server takes an address of megabytes.
        query = urlencode(dict.fromkeys(facts, value[:20]))
    for path in ROUTES:
        if path.startswith(SIGNED_OUT_BY) or "phones" in path:
            continue
        # As a whole form, and as the address of a list.
        address = filled(path, **ids)
        for answer in (client.generic("POST", address, form, form_type), client.get(f"{address}?{query}")):
            assert status_of(answer) < 500, path
    assert not Submission.objects.exclude(state="draft").exists()


SHAPES: dict[str, dict[str, Any]] = {
    "a body that is not UTF-8": {"data": b"q=%FF%FE&name=\xff\xfe", "content_type": "application/x-www-form-urlencoded"},
    "another encoding": {"data": b"q=1", "content_type": "application/x-www-form-urlencoded; charset=utf-16"},
    "an encoding that writes halves of pairs": {
        "data": b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\\ud83d\r\n--x--\r\n',
        "content_type": "multipart/form-data; boundary=x; charset=unicode_escape",
    },
    "an encoding of no text": {"data": b"--x--\r\n", "content_type": "multipart/form-data; boundary=x; charset=rot13"},
    "parts without an end": {
        "data": b'--x\r\nContent-Disposition: form-data; name="na', "content_type": "multipart/form-data; boundary=x",
    },
    "parts without a boundary": {"data": b"hello", "content_type": "multipart/form-data"},
    "a file without a name": {
        "data": b'--x\r\nContent-Disposition: form-data; name="file"; filename="\\\x00/.."\r\n\r\nabc\r\n--x--\r\n',
        "content_type": "multipart/form-data; boundary=x",
    },
    "JSON": {"data": b"[" * 100_000, "content_type": "application/json"},
    "six thousand fields": {
        "data": "&".join(f"id={n}" for n in range(6000)).encode(), "content_type": "application/x-www-form-urlencoded",
    },
    "no type at all": {"data": b"\x00\xff", "content_type": ""},
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("shape", SHAPES)
def test_a_body_of_any_shape_is_answered(company: Company, shape: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(company.administrator, backend="django.contrib.auth.backends.ModelBackend")
    for path in ROUTES:
        for method in ("POST", "PUT", "FOO") if shape == "JSON" else ("POST",):
            if not path.startswith(SIGNED_OUT_BY):
                assert status_of(client.generic(method, filled(path), **SHAPES[shape])) < 500, (method, path)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["q=%00", "%FF=%00", f"page={DIGITS}&after=-1", f"page=-5&after={DIGITS}", "page=²&q=%ED%A0%BD&folder=%FF", "&".join(["a=b"] * 6000)]
)  # fmt: skip
def test_a_query_of_any_shape_is_answered(company: Company, query: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(company.administrator, backend="django.contrib.auth.backends.ModelBackend")
    for path in ROUTES:
        if not path.startswith(SIGNED_OUT_BY):
            assert status_of(client.get(f"{filled(path)}?{query}")) < 500, path


@pytest.mark.django_db
def test_a_path_of_any_shape_is_answered(company: Company) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(company.administrator, backend="django.contrib.auth.backends.ModelBackend")
    for path in (path for path in ROUTES if "<" in path):
        for value in ("%00", "%FF", DIGITS, str(2**63), "0", "-1", "%EF%BC%91", "..", "a" * 9000):
            filling = "/".join(value if part.startswith("<") else part for part in path.split("/"))
            assert status_of(client.get(f"/{filling}")) < 500, (path, value[:9])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": 'sessionid="abcdefghij\\000"'},
        {"cookie": 'sessionid="\\377\\376abcdefgh"; csrftoken="\\000"; django_language="\\000"'},
        {"cookie": "=; ;;; sessionid=" + "x" * 5000},
        {"accept-language": "zh-" + "x" * 600 + ";q=9,*;q=²"},
        {"hx-request": "true", "hx-current-url": "http://[", "hx-target": "\xff"},
        {"host": "evil[.example"},
        {"x-forwarded-for": "no address", "referer": "http://["},
        {"if-modified-since": "x", "range": "bytes=-,²"},
    ],
    ids=str,
)
def test_headers_of_any_shape_are_answered(company: Company, headers: dict[str, str]) -> None:
    signed_in = Client(raise_request_exception=False)
    signed_in.force_login(company.administrator, backend="django.contrib.auth.backends.ModelBackend")
    for client in (signed_in, Client(raise_request_exception=False)):
        for path in ("/", "/people/", "/sign-in/", "/healthz", "/api/v1/me", "/static/none"):
            assert status_of(client.get(path, headers=headers)) < 500, path


@pytest.mark.django_db
def test_a_time_that_no_calendar_has_breaks_no_list(company: Company) -> None:
    """Rows from before such times were refused, or written by somebody's own SQL."""
    client = Client()
    client.force_login(company.administrator, backend="django.contrib.auth.backends.ModelBackend")
    for at in ("10000-01-01 11:59:59+00", "9999-12-31 23:59:59+00", "infinity", "-infinity", "0001-01-01 00:00 BC"):
        one = submissions.submit(
            company.administrator,
            Request(text="x", selection=Selection(numbers=("+8613800138000",)), scheduled_at=now() + timedelta(days=1)),
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"update messaging_submission set scheduled_at = '{at}', created_at = '{at}' where id = {one.pk}"
            )
        for path in ("/submissions/", f"/submissions/{one.pk}/", "/submissions/calendar/", "/", "/settings/audit/"):
            assert client.get(path).status_code == 200, (path, at)
        assert client.post(f"/submissions/{one.pk}/do/cancel/").status_code == 302
        one.refresh_from_db()
        assert one.state == "cancelled"
