"""A drawing of twelve tables that people could have drawn."""

from __future__ import annotations

from dataclasses import replace

from services.schemas.drawing import Check, Column, Drawing, ForeignKey, Index, Position, Table, Unique


def _key(kind: str = "BIGINT") -> Column:
    return Column("id", "id", kind, nullable=False, primary_key=True, auto_increment=True)


def _need(name: str, kind: str, **more: object) -> Column:
    return Column(name, name, kind, nullable=False, **more)  # type: ignore[arg-type]


def _may(name: str, kind: str, **more: object) -> Column:
    return Column(name, name, kind, **more)  # type: ignore[arg-type]


def _part(name: str, kind: str) -> Column:
    return Column(name, name, kind, nullable=False, primary_key=True)


def _refers(table: str, columns: str, target: str, targets: str = "id", **more: str) -> ForeignKey:
    return ForeignKey(f"{table}.{columns}", table, tuple(columns.split()), target, tuple(targets.split()), **more)


def clinic() -> Drawing:
    """Twelve tables of a clinic: composite keys, keys in a circle, a table that refers to itself, every other kind of thing."""
    tables = (
        Table(
            "departments",
            "departments",
            (
                _key("INTEGER"),
                _need("code", "CHAR(4)", unique=True),
                _need("name", "VARCHAR", length=80, comment='What it\'s called; "in full"'),
                _may("head_id", "BIGINT"),
                _may("parent_id", "INTEGER"),
                _need("budget", "DECIMAL", precision=12, scale=2, default_value="0"),
            ),
            checks=(Check("budget >= 0 AND length(trim(code)) = 4", "departments_sound"),),
            comment="Wards & clinics",
        ),
        Table(
            "doctors",
            "doctors",
            (
                _key(),
                _need("department_id", "int"),
                _need("licence", "varchar(20)", unique=True),
                _need("full_name", "nvarchar(120)"),
                _need("grade", "ENUM", enum_values=("junior", "senior", "chief of staff", "it's"), default_value="junior"),
                _may("hired_on", "date", default_value="CURRENT_DATE"),
                _need("active", "bool", default_value="true"),
            ),
            indexes=(Index(("department_id", "grade"), "doctors_by_department"),),
        ),
        Table(
            "patients",
            "patients",
            (
                _key("bigserial"),
                _need("record", "uuid", unique=True, default_value="gen_random_uuid()"),
                _need("first_name", "VARCHAR(60)"),
                _need("last_name", "VARCHAR(60)"),
                _need("born", "DATE"),
                _may("email", "VARCHAR(254)", unique=True),
                _may("notes", "text"),
                _may("extra", "jsonb", default_value='{"tags": []}'),
                _need("created_at", "timestamptz", default_value="now()"),
            ),
            uniques=(Unique(("first_name", "last_name", "born"), "patients_once"),),
            indexes=(Index(("last_name", "first_name")),),
            checks=(Check("born >= '1900-01-01'"), Check("email IS NULL OR email LIKE '%@%'", "email_looks_right")),
        ),
        Table(
            "buildings", "buildings", (_part("code", "CHAR(2)"), _need("name", "VARCHAR(40)"), _may("height", "double precision"))
        ),
        Table(
            "rooms",
            "rooms",
            (
                _part("number", "SMALLINT"),
                _part("building", "CHAR(2)"),
                _need("beds", "TINYINT", default_value="1"),
                _may("kind", "enum('ward','theatre','office')"),
            ),
            key_order=("building", "number"),
            checks=(Check("beds BETWEEN 0 AND 12"),),
        ),
        Table(
            "appointments",
            "appointments",
            (
                _key(),
                _need("patient_id", "BIGINT"),
                _need("doctor_id", "BIGINT"),
                _need("starts_at", "timestamp(0)"),
                _may("ends_at", "timestamp(0)"),
                _need("minutes", "INTEGER", default_value="15"),
                _may("room_building", "CHAR(2)"),
                _may("room_number", "SMALLINT"),
                _need("status", "ENUM", enum_values=("booked", "kept", "missed"), default_value="booked"),
            ),
            uniques=(Unique(("doctor_id", "starts_at")),),
            checks=(Check("ends_at IS NULL OR ends_at >= starts_at"), Check("minutes > 0 AND minutes <= 480")),
        ),
        Table(
            "medications",
            "medications",
            (
                _part("code", "VARCHAR(12)"),
                _need("name", "VARCHAR(200)"),
                _may("strength", "REAL"),
                _may("leaflet", "blob"),
                _need("price", "numeric(10,4)", default_value="0.5"),
            ),
            indexes=(Index(("name",)),),
        ),
        Table(
            "prescriptions",
            "prescriptions",
            (
                _part("appointment_id", "BIGINT"),
                _part("line", "SMALLINT"),
                _need("medication", "VARCHAR(12)"),
                _need("quantity", "INTEGER", default_value="1"),
                _may("taken_at", "TIME"),
                _may("scan", "VARBINARY(64)"),
            ),
            checks=(Check("quantity > 0"),),
        ),
        Table(
            "dispensings",
            "dispensings",
            (
                _key(),
                _need("appointment_id", "BIGINT"),
                _need("line", "SMALLINT"),
                _may("dispensed_by", "BIGINT"),
                _need("dispensed_at", "datetime", default_value="CURRENT_TIMESTAMP"),
            ),
        ),
        Table(
            "invoices",
            "invoices",
            (
                _key(),
                _need("patient_id", "BIGINT"),
                _need("year", "SMALLINT"),
                _need("number", "INTEGER"),
                _need("total", "DECIMAL(14,2)", default_value="0"),
                _need("paid", "BOOLEAN", default_value="false"),
            ),
            uniques=(Unique(("year", "number"), "invoice_number"),),
            checks=(Check("NOT (paid AND total < 0)"),),
        ),
        Table(
            "invoice_lines",
            "invoice_lines",
            (
                _part("invoice_year", "SMALLINT"),
                _part("invoice_number", "INTEGER"),
                _part("position", "SMALLINT"),
                _need("text", "VARCHAR(100)", default_value="it's 100% \\ fine"),
                _need("amount", "DECIMAL(12,2)"),
            ),
        ),
        Table(
            "order",
            "order",
            (
                _key(),
                _need("select", "VARCHAR(30)"),
                _may("group", "UUID"),
                _need("from", "INTEGER"),
                _may("where", "time", default_value="09:30:00"),
            ),
            checks=(Check('"from" % 2 = 0 OR "select" <> \'odd\''),),
            comment="Reserved words",
        ),
    )
    keys = (
        _refers("departments", "head_id", "doctors", on_delete="SET NULL"),
        _refers("departments", "parent_id", "departments"),
        _refers("doctors", "department_id", "departments", on_delete="RESTRICT"),
        _refers("rooms", "building", "buildings", "code", on_update="CASCADE"),
        _refers("appointments", "patient_id", "patients", on_delete="CASCADE"),
        _refers("appointments", "doctor_id", "doctors"),
        _refers("appointments", "room_number room_building", "rooms", "number building", on_delete="SET NULL"),
        _refers("prescriptions", "appointment_id", "appointments", on_delete="CASCADE"),
        _refers("prescriptions", "medication", "medications", "code", name="which_medication"),
        _refers("dispensings", "appointment_id line", "prescriptions", "appointment_id line", on_delete="CASCADE"),
        _refers("dispensings", "dispensed_by", "doctors"),
        _refers("invoices", "patient_id", "patients"),
        _refers("invoice_lines", "invoice_year invoice_number", "invoices", "year number"),
        _refers("order", "from", "departments"),
        _refers("order", "group", "patients", "record"),
    )
    placed = tuple(replace(table, position=Position(float(n % 4 * 300), float(n // 4 * 200))) for n, table in enumerate(tables))
    return Drawing(placed, keys)
