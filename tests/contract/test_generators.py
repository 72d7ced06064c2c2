"""What holds for every generator of the catalogue."""

from __future__ import annotations

import dataclasses
import inspect
from keyword import iskeyword
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest

from runner.engine import Engine, values
from runner.generators import Generator, Made, Make, ParameterError, build, catalogue, find
from runner.generators.building import convert
from runner.logical import json_value
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.types import Type
from runner.values import AS_OF

NEEDED: dict[str, dict[str, Any]] = {
    "choice.choice": {"values": {"a": 3, "b": 1}},
    "choice.cycle": {"values": ["a", "b", "c"]},
    "choice.sample": {"values": ["a", "b", "c"]},
    "government.nik": {},
}
LOCALES = dict.fromkeys(("government.nik", "government.family_card", "government.kecamatan"), "id_ID")
BY_ROW = {"identifier.sequence", "identifier.sparse_sequence", "choice.cycle", "datetime.timestamps", "number.series"}
"""What they make follows from the row's number alone, unless noise is asked for."""
RESERVED = {"count", "seed", "locale", "format"}
EVERY = sorted(catalogue())
ROWS = 3_000


def made(name: str, *, rows: int = ROWS, unique: bool = False, params: dict[str, Any] | None = None, seed: int = 7) -> Made:
    """The generator with the parameters that it cannot do without."""
    make = Make(seed=seed, table="t", column="c", rows=rows, as_of=AS_OF, locale=LOCALES.get(name, "en_US"), unique=unique)
    return build(catalogue()[name], NEEDED.get(name, {}) if params is None else params, make)


def engine_of(one: Made, rows: int) -> Engine:
    column = ColumnPlan("c", one.type, one.op)
    return Engine(Plan(0, "2025-01-01T00:00:00Z", "en_US", (TablePlan("t", rows, (column,)),)))


def plain(array: pa.Array) -> list[Any]:
    return array.to_pylist()


@pytest.mark.parametrize("name", EVERY)
def test_same_seed_same_values_and_other_seed_other_values(name: str) -> None:
    first, again, other = (plain(values(made(name, seed=seed), ROWS)) for seed in (7, 7, 8))
    assert first == again
    if name not in BY_ROW:
        assert first != other


@pytest.mark.parametrize("name", EVERY)
def test_a_cell_does_not_depend_on_the_block_that_it_is_in(name: str) -> None:
    engine = engine_of(made(name), ROWS)
    whole = plain(engine.batch("t", 0, ROWS).column(0))
    parts = [plain(engine.batch("t", start, stop).column(0)) for start, stop in ((0, 1), (1, 700), (700, ROWS))]
    assert [value for part in parts for value in part] == whole
    scattered = np.array([2_999, 5, 5, 1_234], dtype=np.int64)
    again = engine.physical("t", "c", scattered).to_pylist()
    assert again == [engine.physical("t", "c", np.array([row])).to_pylist()[0] for row in scattered]


ARROW = {
    "int": [pa.int64()], "bigint": [pa.int64()], "float": [pa.float64()], "bool": [pa.bool_()], "date": [pa.date32()],
    "string": [pa.string(), pa.dictionary(pa.int32(), pa.string())],
}  # fmt: skip


def expected_types(kind: Type) -> list[pa.DataType]:
    match kind.kind:
        case "decimal":
            return [pa.decimal128(kind.precision, kind.scale)]
        case "text" | "uuid" | "json":
            return ARROW["string"]
        case "datetime":
            return [pa.timestamp({0: "s", 3: "ms", 6: "us"}[kind.precision])]
        case "time":
            return [pa.time32("s") if kind.precision == 0 else pa.time32("ms") if kind.precision == 3 else pa.time64("us")]
    return ARROW[kind.kind]


@pytest.mark.parametrize("name", EVERY)
def test_values_have_the_type_that_is_documented_and_are_json(name: str) -> None:
    one = made(name)
    assert Type.parse(catalogue()[name].output).kind == one.type.kind
    array = values(one, 200)
    assert array.type in expected_types(one.type)
    safe = [json_value(value, one.type.kind) for value in array.to_pylist()]
    assert orjson.loads(orjson.dumps(safe)) == safe
    assert None not in safe
    assert "" not in safe


@pytest.mark.parametrize("name", EVERY)
def test_no_accidental_link_with_the_row_number(name: str) -> None:
    """Neighbouring rows are equal about as often as any two rows."""
    if name in BY_ROW:
        return
    found = plain(values(made(name), ROWS))
    codes = np.unique(np.array([str(value) for value in found]), return_inverse=True)[1]
    shares = np.bincount(codes) / ROWS
    expected = float((shares**2).sum())
    neighbours = float((codes[1:] == codes[:-1]).mean())
    assert abs(neighbours - expected) < 6 * (expected * (1 - expected) / ROWS) ** 0.5 + 0.002


@pytest.mark.parametrize("name", EVERY)
def test_documented_parameters_are_those_of_the_function(name: str) -> None:
    generator = catalogue()[name]
    documented = {f"{p.name}_" if iskeyword(p.name) else p.name for p in generator.parameters}
    taken = list(inspect.signature(generator.function).parameters.values())[1:]
    named = {p.name for p in taken if p.kind is not p.VAR_KEYWORD}
    assert named <= documented
    assert named == documented or any(p.kind is p.VAR_KEYWORD for p in taken)
    assert not RESERVED & {p.name for p in generator.parameters}
    for parameter in generator.parameters:
        assert parameter.description
        if parameter.default is not None:
            convert(parameter, parameter.default, Make(0, "t", "c", 1, AS_OF))


@pytest.mark.parametrize("name", EVERY)
def test_unknown_parameters_are_refused(name: str) -> None:
    with pytest.raises(ParameterError) as raised:
        made(name, params={**NEEDED.get(name, {}), "no_such_thing": 1})
    assert raised.value.parameter == "no_such_thing"


def unique_or_refused(name: str, rows: int) -> Made | None:
    try:
        return made(name, rows=rows, unique=True)
    except ParameterError as error:
        assert error.code == "UNIQUE_IMPOSSIBLE", name
        return None


@pytest.mark.parametrize("name", EVERY)
def test_unique_values_are_distinct_over_their_whole_domain(name: str) -> None:
    small = unique_or_refused(name, 1)
    domain = small.distinct if small is not None else None
    rows = 20_000 if domain is None or domain > 100_000 else domain
    one = unique_or_refused(name, rows)
    if one is None or not one.unique:
        return
    found = plain(values(one, rows))
    assert len(set(found)) == rows
    if domain is not None and domain == rows:
        assert unique_or_refused(name, rows + 1) is None


@pytest.mark.parametrize("name", EVERY)
def test_the_stated_number_of_distinct_values_is_not_exceeded(name: str) -> None:
    one = made(name)
    if one.distinct is None or one.distinct >= 100_000:
        return
    seen = len(set(plain(values(one, 100_000))))
    assert seen <= one.distinct
    assert seen >= min(one.distinct, 2)


@pytest.mark.parametrize("name", EVERY)
def test_described_and_found_by_its_names(name: str) -> None:
    generator = catalogue()[name]
    assert generator.name == name
    assert generator.description[0].isupper()
    assert not generator.description.endswith(".")
    assert "." in name
    assert name == name.lower()
    assert find(name)[0].name == name
    for alias in generator.aliases:
        assert find(alias)[0].name == name


@pytest.mark.parametrize("name", EVERY)
def test_plans_hold_only_data(name: str) -> None:
    one = made(name)
    plan = Plan(0, "2025-01-01T00:00:00Z", "en_US", (TablePlan("t", ROWS, (ColumnPlan("c", one.type, one.op),)),))
    assert Plan.from_json(plan.to_json()) == plan


def test_generators_are_records() -> None:
    assert all(dataclasses.is_dataclass(generator) and isinstance(generator, Generator) for generator in catalogue().values())
    assert len(catalogue()) >= 100
