"""A plan whose seed is left open is the plan of any seed."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from runner.generators import catalogue
from runner.plan import Plan
from runner.schema import Access, check
from runner.schema.seeding import SeededPlan, seeded

EXAMPLES = sorted(path for path in Path("examples").glob("*.yaml") if path.stem != "server")
TODAY = datetime.date(2025, 1, 1)


def planned(source: str, seed: int, folder: Path | None = None) -> Plan | None:
    return check(source, seed=seed, today=TODAY, access=Access(base=folder)).plan


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", [0, -(2**63), 2**63 - 1])
def test_the_plan_of_any_seed_is_as_planned(path: Path, seed: int) -> None:
    """Only the row counts of children, which are laid out by the seed, cannot be left open."""
    source = path.read_text()
    made = seeded(lambda each: planned(source, each, path.parent))
    wanted = planned(source, seed, path.parent)
    assert wanted is not None
    assert (made is None) == any(table.layout for table in wanted.tables)
    assert made is None or made.json(seed) == wanted.to_json()


@pytest.mark.parametrize("name", sorted(catalogue())[::7])
def test_the_plan_of_a_column_is_as_planned(name: str) -> None:
    source = f"{{mockcraft: 1, tables: {{a: {{rows: 9, columns: {{id: sequence, x: {{gen: {name}}}}}}}}}}}"
    if planned(source, 3) is None:
        pytest.skip("it wants parameters")
    made = seeded(lambda each: planned(source, each))
    wanted = planned(source, 77)
    assert made is not None and wanted is not None
    assert made.json(77) == wanted.to_json()


def test_an_invalid_schema_has_no_plan() -> None:
    assert seeded(lambda seed: planned("tables: 3", seed)) is None


def test_what_hangs_on_the_seed_in_another_way_is_not_left_open() -> None:
    source = "mockcraft: 1\ntables: {a: {rows: ROWS, columns: {id: sequence}}}"
    assert seeded(lambda seed: planned(source.replace("ROWS", str(seed % 7 + 1)), seed)) is None
    assert isinstance(seeded(lambda seed: planned(source.replace("ROWS", "3"), seed)), SeededPlan)
