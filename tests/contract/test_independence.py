"""Columns that share no entity tell nothing of each other, nor of the row's number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from runner.engine import Engine
from runner.generators import Make, build, catalogue
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.values import AS_OF, home_locale, needed

ROWS = 4_000
LIMIT = 6.5 / ROWS**0.5  # of some 165,000 pairs, none by chance in a thousand runs
IN_ORDER = (
    "identifier.sequence", "identifier.sparse_sequence", "identifier.snowflake", "identifier.ulid", "choice.cycle",
    "datetime.timestamps",
)  # fmt: skip
"""Those that count by design."""
Features = npt.NDArray[np.float64]


def column(name: str) -> ColumnPlan:
    """The generator in a group of its own, so that it shares no draw with the others."""
    generator = catalogue()[name]
    make = Make(seed=11, table="t", column=name, rows=ROWS, as_of=AS_OF, locale=home_locale(generator), group=name)
    made = build(generator, needed(generator), make)
    return ColumnPlan(name, made.type, made.op)


@pytest.fixture(scope="module")
def columns() -> dict[str, list[str]]:
    """The values of every generator as text, by its name."""
    plans = tuple(column(name) for name, generator in catalogue().items() if not generator.slow and name not in IN_ORDER)
    batch = Engine(Plan(11, "2025-01-01T00:00:00Z", "en_US", (TablePlan("t", ROWS, plans),))).batch("t", 0, ROWS)
    return {name: [str(v) for v in batch.column(name).to_pylist()] for name in batch.schema.names}


def standardised(numbers: Features) -> Features:
    """Mean 0 and deviation 1; all 0 where every value is the same."""
    centred = numbers - numbers.mean()
    deviation = centred.std()
    return centred / deviation if deviation else centred


def by_rank(values: list[str]) -> Features:
    """The place of each value among the sorted ones."""
    return standardised(np.unique(np.array(values), return_inverse=True)[1].astype(np.float64))


def by_scatter(values: list[str]) -> Features:
    """One of two signs for each distinct value, by chance."""
    codes = np.unique(np.array(values), return_inverse=True)[1]
    return standardised(np.random.default_rng(5).choice([-1.0, 1.0], codes.max() + 1)[codes])


@pytest.mark.parametrize("feature", [by_rank, by_scatter])
def test_no_two_columns_are_correlated(columns: dict[str, list[str]], feature) -> None:  # type: ignore[no-untyped-def]
    names = [*columns, "the row's number"]
    matrix = np.stack([*(feature(values) for values in columns.values()), standardised(np.arange(ROWS, dtype=np.float64))])
    correlation = np.triu(matrix @ matrix.T / ROWS, 1)
    found = [(names[a], names[b], round(float(correlation[a, b]), 3)) for a, b in np.argwhere(abs(correlation) > LIMIT)]
    assert found == []


def test_a_correlation_would_be_seen() -> None:
    numbers = np.arange(ROWS)
    close = by_rank([f"{n:05}" for n in numbers]) @ by_rank([f"{n // 7:05}" for n in numbers]) / ROWS
    assert close > LIMIT
