"""What is told of a finished job."""

import pytest

from cli.report import summary

TABLES = [
    {"name": "a", "rows": 20, "bytes": 300, "rowsPerSecond": 10.0},
    {"name": "b", "rows": 6, "bytes": 0, "rowsPerSecond": 4.0},
]
DONE = {"rows": 26, "bytes": 300, "durationSeconds": 2.0, "tables": TABLES, "artifacts": []}


def cells(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line and not line.startswith("─")]


def test_rows_count_once_whatever_the_number_of_outputs(capsys: pytest.CaptureFixture[str]) -> None:
    summary(DONE, "out", {"a": 10, "b": 3})
    head, *rows = cells(capsys.readouterr().out)
    assert head == ["table", "rows", "bytes", "rows/s"]
    assert rows == [["a", "10", "300", "5"], ["b", "3", "0", "2"], ["all", "13", "300", "6"]]


def test_a_database_has_no_bytes_of_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    keys = {"checked": True, "violations": 0}
    summary({**DONE, "target": "sqlite:///x.db", "foreignKeys": keys}, "", {"a": 20, "b": 6})
    head, first, *_, last = cells(capsys.readouterr().out)
    assert (head, first) == (["table", "rows", "rows/s"], ["a", "20", "10"])
    assert last[0] == "sqlite:///x.db"


def test_tables_that_were_not_named_are_counted_together(capsys: pytest.CaptureFixture[str]) -> None:
    summary({**DONE, "tables": []}, "out", {"a": 20, "b": 6})
    assert cells(capsys.readouterr().out)[1] == ["all", "26", "300", "13"]
