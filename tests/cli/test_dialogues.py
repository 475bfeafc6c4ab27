"""`hongyan dialogue check` and `test`, as an engineer's own checks call them."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from hongyan.cli.dialogues import app
from tests.conversations.text.test_compiling import SURVEY


def test_a_file_that_is_right(tmp_path: Path) -> None:
    file = tmp_path / "survey.yaml"
    file.write_text(SURVEY, "utf-8")
    result = CliRunner().invoke(app, ["test", str(file)])
    assert result.exit_code == 0
    assert "all well; tests passed: 1" in result.output


def test_what_is_wrong_is_told_with_file_line_and_column(tmp_path: Path) -> None:
    file, other = tmp_path / "wrong.yaml", tmp_path / "gbk.yaml"
    file.write_text(SURVEY.replace("when: score in", "when: scor in"), "utf-8")
    other.write_bytes("dialogue: 满意度".encode("gb18030"))
    result = CliRunner().invoke(app, ["check", str(file), str(other)])
    assert result.exit_code == 1
    assert (
        f"{file}:11:5: error: “scor” is no question and no value of this dialogue. Did you mean “score”?"
        in result.output
    )
    assert "cannot be read as UTF-8" in result.output


def test_for_programs(tmp_path: Path) -> None:
    file = tmp_path / "survey.yaml"
    file.write_text(SURVEY.replace("us: 谢谢您的参与!", "us: 再见"), "utf-8")
    result = CliRunner().invoke(app, ["test", "--json", str(file)])
    assert result.exit_code == 1
    (told,) = json.loads(result.output)
    assert (told["dialogue"], told["tests_passed"]) == ("满意度调查", 0)
    assert [one["code"] for one in told["findings"]] == ["test_failed"]


def test_what_differs(tmp_path: Path) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(SURVEY, "utf-8")
    new.write_text(SURVEY.replace("您对本次服务满意吗?", "您满意吗?"), "utf-8")
    result = CliRunner().invoke(app, ["diff", str(old), str(new)])
    assert result.exit_code == 1
    assert result.output == "score: text\n  text: 您对本次服务满意吗? → 您满意吗?\n"
    assert CliRunner().invoke(app, ["diff", str(old), str(old)]).exit_code == 0
