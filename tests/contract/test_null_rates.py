"""`null_rate` is respected by every generator, and only the nulls change."""

from __future__ import annotations

from typing import Any

import pytest

from runner.engine import Engine
from runner.generators import catalogue
from runner.schema import check
from runner.values import home_locale, needed
from runner.vectors import plain

EVERY = sorted(catalogue())
ROWS = 4_000


def column(name: str, **more: Any) -> Any:
    """A table of one column, its values and whether it may be null."""
    generator = catalogue()[name]
    spec = {"gen": name, **needed(generator), **more}
    outcome = check({"locale": home_locale(generator), "tables": {"t": {"rows": ROWS, "columns": {"c": spec}}}})
    assert outcome.plan, outcome.findings
    return plain(Engine(outcome.plan).batch("t", 0, ROWS).column("c")), outcome.plan.table("t").column("c")


@pytest.mark.parametrize("name", EVERY)
def test_nulls_come_at_their_rate_and_leave_the_other_values_as_they_are(name: str) -> None:
    whole, _ = column(name)
    holes, planned = column(name, null_rate=0.3)
    assert whole.null_count == 0
    assert planned.nullable
    assert abs(holes.null_count / ROWS - 0.3) < 6 * (0.3 * 0.7 / ROWS) ** 0.5
    kept = [(a, b) for a, b in zip(whole.to_pylist(), holes.to_pylist(), strict=True) if b is not None]
    assert all(a == b for a, b in kept)


@pytest.mark.parametrize(("rate", "nulls"), [(0, 0), (1, ROWS)])
@pytest.mark.parametrize(
    "name", ["number.int", "person.first_name", "datetime.date", "choice.choice", "boolean.bool", "geo.point_wkt"]
)
def test_none_and_all(name: str, rate: int, nulls: int) -> None:
    found, _ = column(name, null_rate=rate)
    assert found.null_count == nulls


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.9])
def test_true_comes_at_its_rate(rate: float) -> None:
    found, _ = column("boolean.bool", probability=rate)
    share = sum(found.to_pylist()) / ROWS
    assert abs(share - rate) <= 6 * (rate * (1 - rate) / ROWS) ** 0.5
