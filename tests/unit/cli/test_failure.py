"""How failures reach the user."""

import pytest

from cli.failure import FAILED, INTERRUPTED, USAGE, did_you_mean, report, usage
from cli.main import main
from runner.engine import RowError
from services.common.errors import FieldError, invalid, not_found


def test_usage_names_code_and_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(usage("no such thing", "try another", "NO_THING")) == USAGE
    assert capsys.readouterr().err == "mockcraft: NO_THING no such thing\n  try another\n"


def test_errors_of_the_services_keep_their_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(not_found("JOB_NOT_FOUND", "there is no such job")) == FAILED
    assert report(invalid("BAD", "it is bad", findings=[FieldError("a.b", "is odd", suggestion="even")])) == USAGE
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "mockcraft: JOB_NOT_FOUND there is no such job",
        "mockcraft: BAD it is bad",
        "  a.b: is odd (did you mean 'even'?)",
    ]


def test_the_unexpected_is_one_line_without_a_trace(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MOCKCRAFT_DEBUG", raising=False)
    assert report(RuntimeError("boom")) == FAILED
    assert "Traceback" not in (told := capsys.readouterr().err)
    assert told.startswith("mockcraft: INTERNAL RuntimeError: boom")


@pytest.mark.parametrize(
    ("words", "text"), [((), ""), (("a",), "did you mean 'a'?"), (("a", "b", "c"), "did you mean 'a', 'b' or 'c'?")]
)
def test_did_you_mean(words: tuple[str, ...], text: str) -> None:
    assert did_you_mean(*words) == text


def test_a_row_that_cannot_be_had_is_told_as_in_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(RowError("t, row 5: none of 64 draws satisfies 'a < b'")) == FAILED
    assert capsys.readouterr().err == "mockcraft: VALUE_FAILED t, row 5: none of 64 draws satisfies 'a < b'\n"


@pytest.mark.parametrize("where", ["cli.main._run", "cli.work.run_here"])
def test_ctrl_c_before_a_job_begins(where: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(where, pressed)
    assert main(["restore", "a.mcbackup", "--db", "sqlite:///x.db"]) == INTERRUPTED
    assert capsys.readouterr().err == "mockcraft: interrupted; nothing was begun\n"


def test_ctrl_c_in_what_makes_no_job_says_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.main._run", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    assert main(["jobs", "list"]) == INTERRUPTED
    assert capsys.readouterr().err == ""
