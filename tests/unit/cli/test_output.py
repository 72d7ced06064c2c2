"""Tables, JSON and YAML on standard output."""

import json

import pytest
import yaml

from cli.output import cell, pairs, show, size, table

ROWS = [{"name": "users", "rows": 5, "note": "[red]plain"}, {"name": "orders", "rows": 12, "note": None}]


def test_a_table_without_a_terminal_never_wraps(capsys: pytest.CaptureFixture[str]) -> None:
    table([{"a": "x" * 300, "b": 1}], ("a", "b"))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "x" * 300 in lines[2]


def test_numbers_are_right_aligned_and_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    table(ROWS, ("name", "rows", "note"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].index("5") == lines[3].index("2")
    assert "[red]plain" in lines[2]
    assert all(line == line.rstrip() for line in lines)


def test_json_and_yaml_hold_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS, ("name",), "json")
    as_json = json.loads(capsys.readouterr().out)
    show(ROWS, ("name",), "yaml")
    assert yaml.safe_load(capsys.readouterr().out) == as_json == ROWS


def test_pairs_leave_out_what_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    pairs({"name": "x", "aliases": [], "locales": ["a", "b"], "slow": False})
    assert capsys.readouterr().out.splitlines() == ["name     x", "locales  a, b", "slow     no"]


def test_cells_stay_on_one_line() -> None:
    assert cell("two\n lines") == "two lines"
    assert cell({"a": 1}) == '{"a":1}'


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_500_000, "2.5 MB"), (3e12, "3.0 TB")]
)
def test_sizes(count: float, text: str) -> None:
    assert size(count) == text
