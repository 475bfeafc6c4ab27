"""`hongyan apikey` and `hongyan send`, as a script calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hongyan.accounts import api_keys
from hongyan.cli.commands import app
from hongyan.dispatch.models import Tally
from hongyan.messaging.models import Submission
from hongyan.messaging.tasks import plan
from hongyan.runtime import clock
from tests.builders import Company

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _django_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("keys", "sending", "balance", "channels", "doors"):
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
    assert "error" in run("apikey", "create", "OA", "--user", "nobody", code=2)
    assert "error" in run("apikey", "create", "OA", "--user", "viewer", code=2)
    assert "error" in run("apikey", "revoke", "999", code=2)


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
    assert set(texts) == {"【云帆】王芳，应付12元", "【云帆】李强，应付34元"}


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
        assert run("send", *arguments, code=2)["error"]
    assert Submission.objects.count() == 0


def test_a_file_that_is_not_there_is_named(company: Company) -> None:
    for to in ("no_such.xlsx", "folder/2026.csv", "numbers", "customers2026.txt"):
        said = run("send", "--to", to, "--text", "x", code=2)["error"]
        assert said == f"There is no such file: {to}"
    assert "no mobile number" in run("send", "--to", "12,13", "--text", "x", code=2)["error"]
    assert run("send", "--to", ",".join(["13800138000"] * 300), "--text", "x")["bad_numbers"] == 0


def test_the_time_may_have_a_zone(company: Company) -> None:
    written = ("2099-12-01T10:00:00+08:00", "2099-12-01T02:00:00Z", "2099-12-01T10:00", "2099-12-01 10:00:00")
    with clock.stopped_at(datetime(2099, 11, 30, tzinfo=UTC)):
        for at in written:
            asked = run("send", "--to", "13800138000", "--text", "x", "--at", at)
            assert Submission.objects.get(pk=asked["id"]).scheduled_at == datetime(2099, 12, 1, 2, tzinfo=UTC)
        for wrong in ("tomorrow", "2099-13-01", "9999-12-31T23:59:59-12:00", "²", "4000000000", "2199-01-01"):
            assert run("send", "--to", "13800138000", "--text", "x", "--at", wrong, code=2)["error"]
    assert Submission.objects.count() == len(written)


@pytest.mark.parametrize(
    "arguments",
    [
        ("apikey", "revoke", "9" * 5000), ("apikey", "revoke", "²"), ("apikey", "revoke", str(2**63)), ("balance", "9" * 30),
        ("balance", "x"), ("send", "--to", "13800138000", "--text", "x", "--category", "spam"),
        ("send", "--to", "13800138000", "--text", "x", "--canary", "percent=nan"),
        ("send", "--to", "13800138000", "--text", "x", "--canary", "least=" + "9" * 5000),
        ("send", "--to", "13800138000", "--text", "x", "--signature", "nobody's"),
        ("channel", "add", "--name", "n", "--host", "h", "--login", "l", "--secret", "s", "--price", "nan"),
        ("channel", "add", "--name", "n", "--host", "h", "--login", "l", "--secret", "s", "--price", "1e300"),
        ("channel", "add", "--name", "n", "--host", "h", "--login", "l", "--secret", "s", "--port", "99999999999"),
        ("channel", "add", "--name", "n", "--host", "h", "--login", "l", "--secret", "s", "--speed", "-1"),
        ("channel", "add", "--name", "n" * 999, "--host", "h", "--login", "l", "--secret", "s"),
        ("channel", "add", "--name", "n", "--host", "h", "--login", "l", "--secret", "s", "--option", "node=" + "9" * 5000),
        ("channel", "add", "--name", "n", "--host", "h", "--login", "l", "--secret", "s", "--protocol", "x"),
        ("channel", "remove", "9" * 5000), ("channel", "test", "²"), ("door", "remove", "9" * 5000),
        ("door", "add", "--name", "n", "--login", "l", "--user", "sender", "--secret", "s", "--protocol", "x"),
        ("door", "add", "--name", "n", "--login", "l", "--user", "sender", "--secret", "s", "--callback", "h:" + "9" * 5000),
        ("door", "add", "--name", "n", "--login", "l", "--user", "sender", "--secret", "s", "--speed", "99999999999"),
        ("door", "add", "--name", "n", "--login", "l", "--user", "sender", "--secret", "s", "--allow", "nowhere"),
        ("door", "add", "--name", "n" * 999, "--login", "l", "--user", "sender", "--secret", "s"),
        ("bench", "dispatch", "--protocol", "x"),
    ],
    ids=lambda arguments: " ".join(one[:12] for one in arguments[:2] + arguments[-2:]),
)  # fmt: skip
def test_nonsense_is_refused_with_a_sentence_and_two(company: Company, arguments: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 2, (done.exit_code, done.output, done.exception)
    assert done.output.strip()


def test_a_trial_part_is_asked_for_in_few_words(company: Company) -> None:
    asked = run("send", "--to", "13800138000", "--text", "您好", "--as", "sender", "--canary", "2%")
    assert (Submission.objects.get(pk=asked["id"]).canary_terms or {})["percent"] == 2
    given = "percent=5,least=10,most=20,wait_minutes=0,failure_limit=0.5"
    asked = run("send", "--to", "13800138000", "--text", "您好", "--as", "sender", "--canary", given)
    terms = Submission.objects.get(pk=asked["id"]).canary_terms or {}
    assert (terms["least"], terms["most"], terms["wait_minutes"], terms["failure_limit"]) == (10, 20, 0, 0.5)
    for wrong in ("many", "size=3", "least=few", "percent=99"):
        facts = ("--to", "13800138000", "--text", "您好", "--as", "sender", "--canary", wrong)
        assert "error" in run("send", *facts, code=2), wrong
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
    assert "error" in run("balance", "999", code=2)
    assert "error" in run("balance", code=2)


def test_the_command_itself_sets_up_what_it_reads(tmp_path: Path) -> None:
    """As a process of its own, where no test has loaded the models before."""
    done = subprocess.run(
        [sys.executable, "-m", "hongyan.cli", "send", "--to", "13800138000", "--text", "x", "--at", "2026-12-01T10:00:00+08:00"],
        env=os.environ | {"HONGYAN_DATA_DIR": str(tmp_path)} | {"HONGYAN_DATABASE_URL": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert (done.returncode, "There is no Hongyan" in done.stderr) == (1, True), done.stderr
