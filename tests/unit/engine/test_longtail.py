"""Faker's providers, seeded per row."""

import pyarrow as pa
import pytest

from runner.engine import Engine, RowError
from runner.ops import Python
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.types import STRING


def engine(provider: str, params: str = "{}", locale: str = "en_US", block: int = 65_536) -> Engine:
    column = ColumnPlan("x", STRING, Python(7, provider, locale, params))
    return Engine(Plan(0, "", "", (TablePlan("t", 1_000, (column,)),)), block)


def test_a_row_has_its_value_whatever_the_block() -> None:
    whole = engine("faker.catch_phrase").batch("t", 0, 100).column("x").to_pylist()
    cut = [v for b in engine("faker.catch_phrase", block=7).batches("t", 0, 100) for v in b.column("x").to_pylist()]
    assert cut == whole
    assert engine("faker.catch_phrase").batch("t", 40, 42).column("x").to_pylist() == whole[40:42]
    assert len(set(whole)) > 50


def test_parameters_and_locale_reach_the_provider() -> None:
    (value,) = engine("faker.pystr", '{"min_chars": 5, "max_chars": 5}').batch("t", 0, 1).column("x").to_pylist()
    assert len(value) == 5
    japanese = engine("faker.name", locale="ja_JP").batch("t", 0, 20).column("x").to_pylist()
    assert any(not v.isascii() for v in japanese)


def test_values_that_are_no_text_become_text() -> None:
    for provider in ("pyint", "date_object", "pybool", "pydict", "pydecimal"):
        column = engine(f"faker.{provider}").batch("t", 0, 3).column("x")
        assert column.type == pa.string()
        assert column.null_count == 0


def test_a_provider_that_raises_is_named_with_its_row() -> None:
    with pytest.raises(RowError, match=r"t\.x, rows from 5: faker\.pyint failed at row 5: ValueError"):
        engine("faker.pyint", '{"min_value": 9, "max_value": 1}').batch("t", 5, 8)
