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
    assert rows == [["a", "10", "300", "5"], ["b", "3", "0", "2"], ["all", "13", "300", "4"]]


def test_the_rate_of_all_counts_the_seconds_of_every_attempt(capsys: pytest.CaptureFixture[str]) -> None:
    tables = [
        {"name": "a", "rows": 4000, "bytes": 1, "rowsPerSecond": 1000.0},
        {"name": "b", "rows": 2000, "bytes": 1, "rowsPerSecond": 500.0},
        {"name": "empty", "rows": 0, "bytes": 1, "rowsPerSecond": 0.0},
    ]
    summary({**DONE, "rows": 6000, "tables": tables, "durationSeconds": 0.5}, "out", {})
    assert cells(capsys.readouterr().out)[4] == ["all", "6,000", "300", "750"]


def test_without_tables_the_rate_is_that_of_the_last_attempt(capsys: pytest.CaptureFixture[str]) -> None:
    summary({**DONE, "tables": [], "rowsPerSecond": 3.0}, "out", {"a": 20, "b": 6})
    assert cells(capsys.readouterr().out)[1] == ["all", "26", "300", "3"]


LOADED = {
    "rows": 26,
    "rowsPerSecond": 13.0,
    "tables": [{**table, "rowsInTable": 1000} for table in TABLES],
    "target": "sqlite:///x.db",
    "foreignKeys": {"checked": True, "violations": 0},
}


def test_a_load_tells_counts_rates_references_and_next_keys(capsys: pytest.CaptureFixture[str]) -> None:
    summary({**LOADED, "sequences": [{"table": "a", "column": "id", "next": 1001}] * 8}, "", {"a": 20, "b": 6})
    head, *rows, where, keys = cells(capsys.readouterr().out)
    assert head == ["table", "rows", "in", "the", "table", "rows/s"]
    assert rows == [["a", "20", "1,000", "10"], ["b", "6", "1,000", "4"], ["all", "26", "13"]]
    assert " ".join(where) == "sqlite:///x.db (foreign keys checked, none broken)"
    assert " ".join(keys).startswith("next keys: a.id at 1,001, a.id") and keys[-3:] == ["and", "2", "more"]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"checked": True, "violations": 1200}, "1,200 broken"),
        ({"checked": False, "violations": 0}, "not checked"),
        ({}, "not checked"),
    ],
)
def test_references_that_are_broken_or_unknown_are_told(
    capsys: pytest.CaptureFixture[str], keys: dict[str, int], words: str
) -> None:
    summary({**LOADED, "foreignKeys": keys}, "", {})
    assert words in capsys.readouterr().out


def test_cleaning_tells_what_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    tables = [{"name": "a", "rows": 20, "rowsInTable": 5}]
    summary({"cleaned": "seed_1", "rows": 20, "tables": tables, "target": "sqlite:///x.db"}, "", {})
    head, row, where = cells(capsys.readouterr().out)
    assert (head[:2], row, where[-3:]) == (["table", "deleted"], ["a", "20", "5"], ["of", "seed_1", "deleted)"])


def test_tables_that_were_not_named_are_counted_together(capsys: pytest.CaptureFixture[str]) -> None:
    summary({**DONE, "tables": []}, "out", {"a": 20, "b": 6})
    assert cells(capsys.readouterr().out)[1] == ["all", "26", "300", "13"]
