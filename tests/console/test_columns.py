"""Which columns a list shows: a tick each, kept with the user."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

import hongyan
from hongyan.accounts import preferences
from hongyan.console.columns import LISTS
from hongyan.messaging.asking import Request
from hongyan.messaging.recipients import Selection
from hongyan.messaging.submissions import submit
from tests.builders import Company

pytestmark = pytest.mark.django_db


def test_what_is_not_ticked_is_left_out_from_then_on(client: Client, company: Company) -> None:
    submit(company.sender, Request(text="您好", selection=Selection(numbers=("+8613800138000",))))
    client.force_login(company.sender)
    assert "hy-without-" not in client.get("/submissions/").content.decode()
    shown = {"page": "submissions", "column": ["state", "recipients", "when"], "next": "/submissions/"}
    assert client.post(reverse("console:columns"), shown)["Location"] == "/submissions/"
    page = client.get("/submissions/").content.decode()
    assert re.findall(r"hy-without-\d", page) == ["hy-without-4", "hy-without-5"]
    company.sender.refresh_from_db()
    assert preferences.of(company.sender).columns == {"submissions": ("outcome", "by")}
    client.post(
        reverse("console:columns"), {"page": "submissions", "column": [one.key for one in LISTS["submissions"]]}
    )
    assert "hy-without-" not in client.get("/submissions/").content.decode()


def test_a_list_that_is_not_known_is_not_found(client: Client, company: Company) -> None:
    client.force_login(company.sender)
    assert client.post(reverse("console:columns"), {"page": "nothing"}).status_code == 404


@pytest.mark.parametrize("page", LISTS)
def test_each_column_stands_where_it_is_said_to(page: str) -> None:
    templates = Path(hongyan.__file__).parent / "console" / "templates"
    (template,) = [path for path in templates.rglob("*.html") if f'data-columns="{page}"' in path.read_text()]
    table = template.read_text().partition(f'data-columns="{page}"')[2].partition("</thead>")[0]
    heads = [re.sub(r"\s+", " ", one) for one in re.findall(r"<th\b.*?</th>", table, re.DOTALL)]
    with translation.override("en"):
        assert all(f'translate "{one.label}"' in heads[one.place - 1] for one in LISTS[page])
