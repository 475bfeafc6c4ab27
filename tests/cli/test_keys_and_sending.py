"""`hongyan apikey` and `hongyan send`, as a script calls them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hongyan.accounts import api_keys
from hongyan.cli import app
from hongyan.dispatch.models import Tally
from hongyan.messaging.models import Submission
from hongyan.messaging.tasks import plan
from tests.builders import Company

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _django_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("keys", "sending", "balance"):
        monkeypatch.setattr(f"hongyan.cli.{module}.set_up_django", lambda: None)


def run(*arguments: str, code: int = 0) -> Any:
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_a_key_is_made_listed_and_revoked(company: Company) -> None:
    made = run("apikey", "create", "OA", "--user", "SENDER")
    assert api_keys.authenticate(made["key"]).user == company.sender  # type: ignore[union-attr]
    listed = run("apikey", "list")
    assert [(one["id"], one["user"], one["revoked"]) for one in listed] == [(made["id"], "sender", False)]
    assert made["key"] not in json.dumps(listed)
    run("apikey", "revoke", str(made["id"]))
    assert api_keys.authenticate(made["key"]) is None
    assert "error" in run("apikey", "create", "OA", "--user", "nobody", code=1)
    assert "error" in run("apikey", "create", "OA", "--user", "viewer", code=1)
    assert "error" in run("apikey", "revoke", "999", code=1)


def test_numbers_typed_or_in_a_file_are_asked_for(company: Company, tmp_path: Path) -> None:
    asked = run("send", "--to", "13800138000,13900139000,12", "--text", "您好", "--as", "sender")
    submission = Submission.objects.get(pk=asked["id"])
    assert (submission.owner, submission.expected, asked["bad_numbers"]) == (company.sender, 2, 1)
    file = tmp_path / "numbers.txt"
    file.write_text("13800138000\n张三 13900139000\n", encoding="utf-8")
    assert Submission.objects.get(pk=run("send", "--to", str(file), "--text", "您好")["id"]).expected == 2


def test_a_tables_columns_become_variables(company: Company, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes("姓名,手机,金额\n王芳,13800138000,12\n李强,13900139000,34\n坏,12,0\n".encode("gb18030"))
    asked = run("send", "--to", str(file), "--text", "{姓名}，应付{金额}元", "--as", "sender")
    assert asked["bad_numbers"] == 1
    plan(asked["id"])
    from hongyan.dispatch.models import Message

    texts = Message.objects.filter(submission_id=asked["id"]).values_list("text", flat=True)
    assert set(texts) == {"王芳，应付12元", "李强，应付34元"}


def test_what_is_wrong_ends_with_its_sentence_and_a_code(company: Company, tmp_path: Path) -> None:
    table = tmp_path / "prices.csv"
    table.write_text("a,b\nx,y\n")
    company.sender.may_send_to_groups = False
    company.sender.save()
    for arguments in (
        ("--to", "13800138000,13900139000", "--text", "您好", "--as", "sender"),
        ("--to", "13800138000", "--text", "您好", "--as", "viewer"),
        ("--to", "13800138000", "--text", "您好", "--as", "nobody"),
        ("--to", "13800138000", "--text", " "),
        ("--to", "abc", "--text", "您好"),
        ("--to", str(table), "--text", "您好"),
        ("--to", str(tmp_path / "missing.xlsx"), "--text", "您好"),
    ):
        assert run("send", *arguments, code=1)["error"]
    assert Submission.objects.count() == 0


def test_a_trial_part_is_asked_for_in_few_words(company: Company) -> None:
    asked = run("send", "--to", "13800138000", "--text", "您好", "--as", "sender", "--canary", "2%")
    assert (Submission.objects.get(pk=asked["id"]).canary_terms or {})["percent"] == 2
    given = "percent=5,least=10,most=20,wait_minutes=0,failure_limit=0.5"
    asked = run("send", "--to", "13800138000", "--text", "您好", "--as", "sender", "--canary", given)
    terms = Submission.objects.get(pk=asked["id"]).canary_terms or {}
    assert (terms["least"], terms["most"], terms["wait_minutes"], terms["failure_limit"]) == (10, 20, 0, 0.5)
    for wrong in ("many", "size=3", "least=few", "percent=99"):
        facts = ("--to", "13800138000", "--text", "您好", "--as", "sender", "--canary", wrong)
        assert "error" in run("send", *facts, code=1), wrong
    assert Submission.objects.count() == 2


def test_the_balance_of_a_submission_is_counted_and_a_wrong_one_ends_with_one(company: Company) -> None:
    asked = run("send", "--to", "13800138000,13900139000", "--text", "您好", "--as", "sender")
    plan(asked["id"])
    found = run("balance", str(asked["id"]))
    assert (found["agrees"], found["loaded"], found["planned"], found["counted"]) == (True, 2, 2, 2)
    assert run("balance", "--all")["lines"] == []
    Tally.objects.filter(submission_id=asked["id"]).update(messages=3)
    found = run("balance", str(asked["id"]), code=1)
    assert [(line["state"], line["tallied"], line["counted"]) for line in found["lines"]] == [("queued", 3, 2)]
    assert run("balance", "--all", code=1)["lines"]
    assert "error" in run("balance", "999", code=1)
    assert "error" in run("balance", code=2)
