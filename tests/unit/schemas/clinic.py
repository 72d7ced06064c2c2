"""A drawing of twelve tables with all that drawings have: composite and cyclic keys, enums, checks, odd names."""

from __future__ import annotations

from typing import Any

from services.schemas.codec import definition_from
from services.schemas.drawing import Definition, Drawing

ODD = 'Odd "names"; it\'s'
"""A table that nobody would call so."""


def clinic() -> Drawing:
    """The drawing; ids are those of a front end."""
    return clinic_definition().drawing


def clinic_definition() -> Definition:
    """The drawing with its version."""
    definition, findings = definition_from(clinic_json())
    assert not findings, findings
    return definition


def clinic_json() -> dict[str, Any]:
    """The same as a front end sends it."""
    tables = [_table(n, name, columns, more) for n, (name, columns, more) in enumerate(_tables())]
    return {"version": "1.4", "exportedAt": "2025-03-01T12:00:00Z", "tables": tables, "foreignKeys": _keys()}


def _table(number: int, name: str, columns: list[dict[str, Any]], more: dict[str, Any]) -> dict[str, Any]:
    for column in columns:
        column["id"] = f"c-{name}-{column['name']}"
    return {
        "id": f"t-{number}",
        "name": name,
        "position": {"x": 40.5 * number, "y": -10 * number},
        "columns": columns,
        **more,
    }


def _column(name: str, data_type: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "dataType": data_type, "nullable": False, **more}


def _key(name: str = "id", data_type: str = "integer", **more: Any) -> dict[str, Any]:
    return _column(name, data_type, primaryKey=True, **more)


def _serial() -> dict[str, Any]:
    return _key(autoIncrement=True)


def _text(name: str, length: int, **more: Any) -> dict[str, Any]:
    return _column(name, "varchar", length=length, **more)


def _ids(table: str, *columns: str) -> list[str]:
    return [f"c-{table}-{column}" for column in columns]


def _tables() -> list[tuple[str, list[dict[str, Any]], dict[str, Any]]]:
    return [*_people(), *_places(), *_work(), _odd()]


def _people() -> list[tuple[str, list[dict[str, Any]], dict[str, Any]]]:
    doctors = [
        _serial(),
        _column("department_id", "integer"),
        _column("supervisor_id", "integer", nullable=True),
        _text("first_name", 60),
        _text("last_name", 60),
        _text("email", 120, unique=True, generator={"gen": "email", "from": ["first_name", "last_name"], "unique": True}),
        _column("hired_on", "date"),
    ]
    patients = [
        _serial(),
        _text("mrn", 20, comment="The number on the wristband; the patient's own"),
        _text("first_name", 60, generator="first_name"),
        _text("last_name", 60),
        _column("birth_date", "date"),
        _column("sex", "enum", enumValues=["female", "male", "it's other"], defaultValue="female"),
        _text("email", 120, nullable=True),
        _column("registered_at", "timestamp", defaultValue="CURRENT_TIMESTAMP"),
    ]
    unique = {"uniques": [{"id": "u-mrn", "name": "patients_mrn_key", "columnIds": _ids("patients", "mrn")}]}
    index = {"indexes": [{"id": "i-1", "name": "patients_by_name", "columnIds": _ids("patients", "last_name", "first_name")}]}
    return [
        ("departments", [_serial(), _text("name", 80, unique=True), _column("head_id", "integer", nullable=True)], {}),
        ("doctors", doctors, {"comment": "Those who treat"}),
        ("patients", patients, {**unique, **index, "comment": 'Everybody who ever\ncame, with a "quote" and a \\'}),
    ]


def _places() -> list[tuple[str, list[dict[str, Any]], dict[str, Any]]]:
    rooms = [_key("building", "varchar", length=8), _key("number"), _column("beds", "smallint", defaultValue="2")]
    beds = {"checks": [{"id": "k-1", "name": "rooms_beds", "expression": "beds >= 1 AND beds <= 6"}]}
    policies = [
        _key("number", "varchar", length=24),
        _key("insurer_id"),
        _column("patient_id", "integer"),
        _column("valid_from", "date"),
        _column("valid_to", "date"),
    ]
    order = {"primaryKey": _ids("policies", "insurer_id", "number")}
    valid = {"checks": [{"id": "k-2", "name": "policies_valid", "expression": "valid_to >= valid_from"}]}
    return [
        ("rooms", rooms, beds),
        ("insurers", [_serial(), _text("name", 120, unique=True)], {}),
        ("policies", policies, {**order, **valid}),
    ]


def _work() -> list[tuple[str, list[dict[str, Any]], dict[str, Any]]]:
    visits = [
        _key("id", "bigint", autoIncrement=True),
        _column("patient_id", "integer"),
        _column("doctor_id", "integer"),
        _text("building", 8, nullable=True),
        _column("room_number", "integer", nullable=True),
        _column("started_at", "timestamp"),
        _column("status", "enum", enumValues=["planned", "open", "closed"], defaultValue="planned"),
        _column("fee", "decimal", precision=10, scale=2, defaultValue="0"),
        _column("notes", "text", nullable=True),
    ]
    by_time = {"indexes": [{"id": "i-2", "name": "visits_by_time", "columnIds": _ids("visits", "started_at")}]}
    fee = {"checks": [{"id": "k-3", "name": "visits_fee", "expression": "fee >= 0"}]}
    diagnoses = [_key("visit_id", "bigint"), _key("position", "smallint"), _text("code", 10)]
    together = {"uniques": [{"id": "u-2", "name": "diagnoses_once", "columnIds": _ids("diagnoses", "visit_id", "code")}]}
    prescriptions = [
        _key("visit_id", "bigint"),
        _key("diagnosis_position", "smallint"),
        _key("medication_id"),
        _column("days", "smallint", defaultValue="7"),
    ]
    invoices = [
        _key("id", "bigint"),
        _column("visit_id", "bigint", unique=True),
        _column("insurer_id", "integer", nullable=True),
        _text("policy_number", 24, nullable=True),
        _column("total", "decimal", precision=12, scale=2),
        _column("paid", "boolean", defaultValue="false"),
    ]
    return [
        ("visits", visits, {**by_time, **fee}),
        ("diagnoses", diagnoses, together),
        ("medications", [_serial(), _text("name", 80, unique=True), _column("order", "integer", nullable=True)], {}),
        ("prescriptions", prescriptions, {}),
        ("invoices", invoices, {}),
    ]


def _odd() -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
    columns = [
        _serial(),
        _column("select", "integer"),
        _text("ünïcode ☃", 40),
        _text("a;b -- c", 40, nullable=True, defaultValue="it's; \\ --"),
        _column("x`y[z]", "integer", nullable=True),
    ]
    return ODD, columns, {"comment": "x'); DROP TABLE patients; --"}


def _keys() -> list[dict[str, Any]]:
    return [
        _refers("doctors", ["department_id"], "departments", ["id"], name="doctors_department"),
        _refers("departments", ["head_id"], "doctors", ["id"], onDelete="SET NULL", name="departments_head"),
        _refers("doctors", ["supervisor_id"], "doctors", ["id"], onDelete="SET NULL"),
        _refers("policies", ["insurer_id"], "insurers", ["id"]),
        _refers("policies", ["patient_id"], "patients", ["id"], onDelete="CASCADE"),
        _refers("visits", ["patient_id"], "patients", ["id"], onDelete="CASCADE"),
        _refers("visits", ["doctor_id"], "doctors", ["id"], onUpdate="CASCADE"),
        _refers("visits", ["building", "room_number"], "rooms", ["building", "number"]),
        _refers("diagnoses", ["visit_id"], "visits", ["id"], onDelete="CASCADE"),
        _refers("prescriptions", ["visit_id", "diagnosis_position"], "diagnoses", ["visit_id", "position"], onDelete="CASCADE"),
        _refers("prescriptions", ["medication_id"], "medications", ["id"]),
        _refers("invoices", ["visit_id"], "visits", ["id"]),
        _refers("invoices", ["insurer_id", "policy_number"], "policies", ["insurer_id", "number"]),
        _refers(ODD, ["select"], "patients", ["id"], name='odd "key"'),
    ]


def _refers(source: str, columns: list[str], target: str, keys: list[str], **more: Any) -> dict[str, Any]:
    names = [name for name, _, _ in _tables()]
    from_ids, to_ids = _ids(source, *columns), _ids(target, *keys)
    return {
        "id": f"f-{source}-{'-'.join(columns)}",
        "sourceTableId": f"t-{names.index(source)}",
        "sourceColumnId": from_ids[0],
        "targetTableId": f"t-{names.index(target)}",
        "targetColumnId": to_ids[0],
        **({"sourceColumnIds": from_ids, "targetColumnIds": to_ids} if len(from_ids) > 1 else {}),
        **more,
    }
