"""Drawings as schema documents: they are valid, generators that were drawn count, and all that is wrong is told at once."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.schema import check
from services.common.errors import MockcraftError
from services.schemas import formats
from services.schemas.codec import definition_from
from services.schemas.drawing import DIALECTS, Dialect, Drawing
from services.schemas.filling import Filled, document
from tests.unit.schemas.clinic import ODD, clinic, clinic_definition, clinic_json
from tests.unit.schemas.made import JSON, NAME


def _made(drawing: Drawing, rows: dict[str, int] | None = None, dialect: Dialect = "sqlite", **more: Any) -> dict[str, Any]:
    filled = document(drawing, dialect, rows or {}, more.pop("seed", 1), **more)
    checked = check(filled.text)
    assert checked.plan is not None, checked.findings
    assert {table.name: table.rows for table in checked.plan.tables} == dict(filled.rows)
    found: dict[str, Any] = yaml.safe_load(filled.text)
    return found


def _refused(drawing: Drawing, rows: dict[str, int] | None = None) -> dict[str, tuple[str, str]]:
    with pytest.raises(MockcraftError) as caught:
        document(drawing, "sqlite", rows or {}, 1)
    assert {finding.code for finding in caught.value.findings} == {"VALIDATION_ERROR"}
    return {finding.path: (finding.message, finding.suggestion) for finding in caught.value.findings}


def _with(generators: dict[tuple[str, str], Any]) -> Drawing:
    """The clinic with other generators, by table and column."""
    value = clinic_json()
    for table in value["tables"]:
        for column in table["columns"]:
            column["generator"] = generators.get((table["name"], column["name"]))
    definition, findings = definition_from(value)
    assert not findings
    return definition.drawing


def _one(data_type: str, generator: Any, **more: Any) -> Drawing:
    column = {"name": "c", "dataType": data_type, "generator": generator, "nullable": False, **more}
    key = {"name": "id", "dataType": "integer", "primaryKey": True, "autoIncrement": True}
    definition, findings = definition_from({"tables": [{"name": "t", "columns": [key, column]}]})
    assert not findings
    return definition.drawing


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_drawing_gets_a_document_that_runs(dialect: Dialect) -> None:
    tables = _made(clinic(), dialect=dialect)["tables"]
    assert set(tables) == {table.name for table in clinic().tables}
    assert sum(table["rows"] for table in tables.values()) == pytest.approx(10_000, rel=0.05)
    assert tables["doctors"]["columns"]["email"] == {
        "gen": "email", "from": ["first_name", "last_name"], "unique": True, "type": "string(120)",
    }  # fmt: skip
    assert tables["patients"]["columns"]["first_name"] == "first_name"
    assert tables["doctors"]["columns"]["department_id"] == {"ref": "departments.id"}
    assert tables[ODD]["columns"]["select"] == {"ref": "patients.id"}


def test_the_same_drawing_gets_the_same_document() -> None:
    assert document(clinic(), "sqlite", {"visits": 50}, 4) == document(clinic(), "sqlite", {"visits": 50}, 4)
    assert _made(clinic(), seed=7)["seed"] == 7


def test_named_tables_get_their_rows_and_the_others_what_goes_with_them() -> None:
    tables = _made(clinic(), {"patients": 1_000, "departments": 7})["tables"]
    rows = {name: table["rows"] for name, table in tables.items()}
    assert (rows["patients"], rows["departments"]) == (1_000, 7)
    assert all(count >= 1 for count in rows.values()) and sum(rows.values()) < 21_000
    assert rows["policies"] >= 500


def test_named_tables_count_within_a_total() -> None:
    rows = {name: table["rows"] for name, table in _made(clinic(), {"patients": 1_000}, total_rows=20_000)["tables"].items()}
    assert rows["patients"] == 1_000 and sum(rows.values()) == pytest.approx(20_000, rel=0.05)


def test_every_table_can_be_named() -> None:
    wanted = {table.name: 20 for table in clinic().tables}
    tables = _made(clinic(), wanted)["tables"]
    assert {name: table["rows"] for name, table in tables.items()} == wanted


def test_rows_that_cannot_be_are_told_at_once() -> None:
    found = _refused(clinic(), {"patient": 5, "rooms": 0, "visits": 10, "invoices": 11, "departments": 10**13})
    assert set(found) == {"/rows/patient", "/rows/rooms", "/rows/invoices", "/rows/departments"}
    assert found["/rows/patient"] == ("there is no table 'patient'", "patients")
    assert "11 rows are asked for; 10 are possible" in found["/rows/invoices"][0]


def test_too_few_distinct_values_are_told_with_how_many_there_are() -> None:
    drawing = _one("varchar", {"type": "choice", "values": ["a", "b", "c"]}, length=5, unique=True)
    found = _refused(drawing, {"t": 10})
    assert found["/rows/t"][0] == "10 rows are asked for; 3 are possible (no more: c has 3 distinct values)"
    assert _made(drawing, {"t": 3})["tables"]["t"]["rows"] == 3
    assert _made(drawing)["tables"]["t"]["rows"] == 3


@pytest.mark.parametrize(
    ("data_type", "generator", "entry"),
    [
        ("varchar", "first_name", {"gen": "first_name"}),
        ("varchar", {"type": "choice", "values": ["a: b", "${x}", "# c"]}, {"gen": "choice", "values": ["a: b", "$${x}", "# c"]}),
        ("integer", {"type": "int", "min": 3, "max": 9}, {"gen": "int", "min": 3, "max": 9, "type": "int"}),
        ("integer", {"gen": "int", "max": 9, "type": "bigint"}, {"gen": "int", "max": 9, "type": "bigint"}),
        ("varchar", {"value": "always"}, {"value": "always"}),
        ("varchar", {"expr": "'x' || id"}, None),
        ("decimal", {"type": "price"}, {"gen": "price", "type": "decimal(10,2)"}),
        ("json", {"object": {"a": "word"}}, {"object": {"a": "word"}, "type": "json"}),
        ("integer", {"ref": "t.id"}, {"ref": "t.id"}),
    ],
)
def test_what_was_drawn_counts(data_type: str, generator: Any, entry: dict[str, Any] | None) -> None:
    drawing = _one(data_type, generator, **({"precision": 10, "scale": 2} if data_type == "decimal" else {}))
    if entry is None:
        assert set(_refused(drawing)) == {"/tables/0/columns/1/generator"}
        return
    made = _made(drawing)["tables"]["t"]["columns"]["c"]
    made = {"gen": made} if isinstance(made, str) else made
    assert {key: value for key, value in made.items() if key != "type" or "type" in entry} == entry


@pytest.mark.parametrize(
    ("data_type", "generator", "at", "said"),
    [
        ("varchar", "frist_name", "", "GENERATOR_NOT_FOUND"),
        ("integer", "first_name", "", "TYPE_INVALID"),
        ("timestamp", "first_name", "", "TYPE_INVALID"),
        ("integer", {"type": "int", "min": "many"}, "/min", "PARAMETER_INVALID"),
        ("integer", {"type": "int", "mim": 3}, "/mim", "PARAMETER_UNKNOWN"),
        ("varchar", {"from": ["x"]}, "", "names no generator"),
        ("varchar", {}, "", "names no generator"),
        ("varchar", {"type": 3}, "", "names no generator"),
        ("varchar", {"type": "word", "null_rate": 0.5}, "/null_rate", "takes no null"),
        ("varchar", {"gen": "word", "expr": "1"}, "", "FIELD_CONFLICT"),
        ("varchar", {"ref": "nowhere.id"}, "", "REF_NOT_FOUND"),
        ("varchar", {"type": "email", "from": ["nobody"]}, "", "nobody"),
    ],
)
def test_what_does_not_fit_is_told_where_it_was_drawn(data_type: str, generator: Any, at: str, said: str) -> None:
    found = _refused(_one(data_type, generator))
    assert list(found) == [f"/tables/0/columns/1/generator{at}"]
    assert said in next(iter(found.values()))[0]


def test_a_mistyped_generator_is_told_what_was_meant() -> None:
    assert _refused(_one("varchar", "frist_name"))["/tables/0/columns/1/generator"][1] == "person.first_name"
    assert _refused(_one("varchar", {"type": "int", "mim": 3}))["/tables/0/columns/1/generator/mim"][1] == "min"


def test_a_key_says_how_its_parents_are_picked_and_no_more() -> None:
    drawing = _with({("visits", "doctor_id"): {"pick": "zipf(1.2)"}, ("doctors", "supervisor_id"): {"null_rate": 0.5}})
    tables = _made(drawing)["tables"]
    assert tables["visits"]["columns"]["doctor_id"] == {"ref": "doctors.id", "pick": "zipf(1.2)"}
    assert tables["doctors"]["columns"]["supervisor_id"] == {"ref": "doctors.id", "pick": "earlier", "null_rate": 0.5}
    found = _refused(_with({("visits", "doctor_id"): "int", ("visits", "building"): {"pick": "zipf(1.2)"}}))
    assert list(found) == ["/tables/6/columns/2/generator/type", "/tables/6/columns/3/generator"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    drawing = _with({
        ("patients", "email"): "emial", ("visits", "fee"): "first_name", ("visits", "doctor_id"): "int", ("rooms", "beds"): {},
    })  # fmt: skip
    found = _refused(drawing, {"nowhere": 3})
    assert set(found) == {
        "/rows/nowhere", "/tables/2/columns/6/generator", "/tables/6/columns/7/generator",
        "/tables/6/columns/2/generator/type", "/tables/3/columns/2/generator",
    }  # fmt: skip


def test_the_mockcraft_format_is_that_document() -> None:
    made = formats.export(clinic_definition(), "a clinic\n# x: [", "mockcraft", "mysql")
    assert made.text.splitlines()[0].startswith("# Made by mockcraft from a clinic # x: [: 12 tables")
    assert check(made.text).plan is not None and made.filename == "a_clinic_x.mockcraft.yaml"


def test_a_drawing_without_tables_cannot_be_filled() -> None:
    assert set(_refused(Drawing())) == {"/tables"}


@given(
    st.one_of(JSON, st.dictionaries(st.one_of(st.sampled_from(["gen", "type", "ref", "expr", "value", "object"]), NAME), JSON))
)
@settings(max_examples=60, deadline=None)
def test_no_generator_breaks_the_document(generator: Any) -> None:
    drawing = _one("varchar", "word")
    value = copy.deepcopy(generator) if isinstance(generator, dict) else {"value": generator}
    column = drawing.tables[0].columns[1]
    from dataclasses import replace

    table = replace(drawing.tables[0], columns=(drawing.tables[0].columns[0], replace(column, generator=value)))
    try:
        filled = document(replace(drawing, tables=(table,)), "sqlite", {}, 1)
    except MockcraftError as error:
        assert all(finding.path.startswith("/tables/0/columns/1/generator") for finding in error.findings)
    else:
        assert isinstance(filled, Filled) and check(filled.text).plan is not None
