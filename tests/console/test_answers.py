"""The replies of a submission: brief on its page, the roll call, its words, its export and the reminder."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook

from hongyan.messaging.models import Submission
from tests.builders import Company
from tests.console.test_submissions import page, signed_in
from tests.mailbox.test_rollcall import NUMBERS, asked, says

pytestmark = pytest.mark.django_db


def counts(html: str) -> dict[str, int]:
    return {key: int(n) for key, n in re.findall(r'data-roll-group="(\w+)".*?hy-tab-count">(\d+)<', html)}


def test_the_tile_of_replies_leads_to_a_roll_call(company: Company) -> None:
    submission = asked(company)
    says(submission, NUMBERS[0], "1")
    says(submission, NUMBERS[1], "请假")
    base = f"/submissions/{submission.pk}"
    assert f'href="{base}/replies/"' in page(company.sender, f"{base}/live/")
    assert counts(page(company.sender, f"{base}/replies/")) == {
        "g0": 1, "g1": 1, "other": 0, "silent": 4, "unreached": 0,
    }  # fmt: skip
    shown = page(company.sender, f"{base}/replies/", group="g1")
    assert ("请假" in shown, NUMBERS[1][3:] in shown, NUMBERS[0][3:] in shown) == (True, True, False)
    silent = page(company.sender, f"{base}/replies/", group="silent")
    assert all(number[3:] in silent for number in NUMBERS[2:])
    brief = page(company.sender, f"{base}/answers/")
    assert "请假" in brief
    assert brief.count("<tr data-href") == 2


def test_before_the_first_answer_the_page_says_nothing_of_replies(company: Company) -> None:
    assert page(company.sender, f"/submissions/{asked(company).pk}/answers/").strip() == ""


def test_numbers_are_masked_and_strangers_see_nothing(company: Company) -> None:
    submission = asked(company)
    says(submission, NUMBERS[0], "1")
    for path in ("answers", "replies", "replies/export"):
        assert signed_in(company.stranger).get(f"/submissions/{submission.pk}/{path}/").status_code in (403, 404)
    shown = page(company.viewer, f"/submissions/{submission.pk}/replies/")
    assert "138****0001" in shown
    assert NUMBERS[0][3:] not in shown


def test_words_of_ones_own_sort_the_answers_for_everybody(company: Company) -> None:
    submission = asked(company)
    says(submission, NUMBERS[0], "红")
    path = f"/submissions/{submission.pk}/replies/"
    words = {"name": ["红队", "蓝队", ""], "words": ["红 r", "蓝", ""]}
    assert signed_in(company.viewer).post(f"{path}groups/", words).status_code == 403
    signed_in(company.sender).post(f"{path}groups/", words)
    assert counts(page(company.sales_head, path))["g0"] == 1
    # What cannot be meant changes nothing.
    signed_in(company.sender).post(f"{path}groups/", {"name": ["x", "y"], "words": ["1", "1"]})
    assert "红队" in page(company.sender, path)
    signed_in(company.sender).post(f"{path}groups/", {"usual": "1"})
    assert counts(page(company.sender, path))["other"] == 1


def test_the_silent_are_reminded_with_one_button(company: Company) -> None:
    submission = asked(company)
    says(submission, NUMBERS[0], "1")
    answer = signed_in(company.sender).post(f"/submissions/{submission.pk}/replies/remind/")
    draft = Submission.objects.get(state="draft")
    assert answer["Location"].endswith(f"?draft={draft.pk}")
    assert draft.reminds == submission
    shown = page(company.sender, "/write/", draft=str(draft.pk))
    assert NUMBERS[1] in shown
    assert NUMBERS[0] not in shown


def test_the_roll_call_is_exported_whole(company: Company) -> None:
    submission = asked(company)
    says(submission, NUMBERS[0], "1")
    answer = signed_in(company.administrator).get(f"/submissions/{submission.pk}/replies/export/")
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active  # type: ignore[attr-defined]
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[1][-2:] for row in rows] == ["01", "02", "03", "04", "05", "06"]
    assert rows[0][3] == "1"
