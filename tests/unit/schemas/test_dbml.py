"""DBML: whatever we write reads as the same drawing; what others write is read, and what is wrong in it is named."""

from __future__ import annotations

import re
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.errors import MockcraftError
from services.schemas import formats
from services.schemas.codec import definition_from
from services.schemas.drawing import Definition, Drawing
from tests.unit.schemas.clinic import clinic_definition
from tests.unit.schemas.made import definitions

SHOP = """
Project shop {
  database_type: 'PostgreSQL'
  Note: 'A shop'
}

// people
Table core.users as U [headercolor: #3498DB] {
  id integer [primary key, increment]
  "full name" varchar(80) [not null, note: 'it\\'s "quoted"', unique]
  balance "numeric(10,2)" [default: -1.5]
  state account_state [not null, default: 'open']
  created_at timestamp [default: `now()`] // when
  referrer int [ref: > U.id, null]
  tags text[]
  Note: '''
    Those who buy.
      And look.
  '''
}

Enum account_state {
  open [note: 'may buy']
  "closed for good"
}

TablePartial stamps {
  changed_at timestamp
}

Table orders {
  id bigint pk
  ~stamps
  user_id int
  code varchar(8)
  total decimal(12, 2) [default: 0, check: `total >= 0`]
  indexes {
    (user_id, code) [unique, name: 'once']
    code [type: hash]
    (`lower(code)`)
  }
  checks {
    `length(code) > 2` [name: 'long_code']
  }
}

Table items {
  order_id bigint
  position int
  indexes {
    (position, order_id) [pk]
  }
}

Table details { id bigint [pk]
  items_order bigint
  items_position int }

Ref who: orders.user_id > core.users.id [delete: cascade, update: set null]
Ref { items.order_id > orders.id }
Ref: items.(order_id, position) < details.(items_order, items_position)
Ref: orders.id - details.id
Ref: orders.id <> users.id

TableGroup all {
  orders
  items
}
"""


def _read(text: str) -> Drawing:
    return formats.read(text, "dbml").definition.drawing


def _written(definition: Definition) -> str:
    made = formats.export(definition, "clinic", "dbml")
    assert made.lost == ()
    return made.text


def _findings(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(MockcraftError) as caught:
        formats.read(text, "dbml")
    return [(finding.line, finding.message, finding.suggestion) for finding in caught.value.findings]


def test_the_clinic_reads_as_the_same() -> None:
    assert formats.read(_written(clinic_definition()), "dbml").definition == clinic_definition()


@given(definitions(), st.sampled_from(["", "a name", 'q"']))
@settings(max_examples=120, deadline=None)
def test_any_definition_reads_as_the_same(definition: Definition, name: str) -> None:
    made = formats.export(definition, name, "dbml")
    read = formats.read(made.text, "dbml") if made.text.strip() else formats.Imported(definition, name=name)
    assert (read.definition, read.warnings, read.name, made.lost) == (definition, (), name, ())


def test_a_drawing_without_ids_and_places_is_nothing_but_dbml() -> None:
    value = {"tables": [{"name": "a", "columns": [{"name": "id", "dataType": "int", "primaryKey": True}]}]}
    made = formats.export(definition_from(value)[0], "", "dbml")
    assert made.text == "Table a {\n  id int [pk]\n}\n"


def test_the_text_counts_where_somebody_edited_it() -> None:
    text = _written(clinic_definition())
    edited = text.replace("notes text", "notes varchar(99)").replace("visits_by_time", "by_start")
    edited = edited.replace("Table insurers {", "Table insurers {\n  rating int")
    drawing = _read(edited)
    visits = drawing.table("t-6")
    assert (visits.columns[-1].data_type, visits.columns[-1].length, visits.columns[-1].id) == ("varchar", 99, "c-visits-notes")
    assert visits.indexes[0].name == "by_start"
    assert [column.id for column in drawing.table("t-4").columns] == ["insurers.rating", "c-insurers-id", "c-insurers-name"]
    assert drawing.table("t-4").position == clinic_definition().drawing.table("t-4").position


def test_without_what_stands_in_comments_the_drawing_is_still_there() -> None:
    text = re.sub(r"(?m)^// .*\n", "", _written(clinic_definition()))
    drawing, whole = _read(text), clinic_definition().drawing
    assert [table.name for table in drawing.tables] == [table.name for table in whole.tables]
    for one, two in zip(drawing.tables, whole.tables, strict=True):
        assert [c.name for c in one.primary_key] == [c.name for c in two.primary_key]
        assert [(c.name, c.nullable, c.default_value, c.comment, c.enum_values) for c in one.columns] == [
            (c.name, c.nullable, c.default_value, c.comment, c.enum_values) for c in two.columns
        ]
        assert [c.expression for c in one.checks] == [c.expression for c in two.checks]
    assert [(k.name, k.on_delete) for k in drawing.foreign_keys] == [(k.name, k.on_delete) for k in whole.foreign_keys]


def test_what_others_write_is_read() -> None:
    imported = formats.read(SHOP)
    drawing = imported.definition.drawing
    users, orders, items, _ = drawing.tables
    assert [table.name for table in drawing.tables] == ["users", "orders", "items", "details"]
    assert [(c.name, c.data_type, c.length, c.precision, c.scale) for c in users.columns] == [
        ("id", "integer", None, None, None),
        ("full name", "varchar", 80, None, None),
        ("balance", "numeric", None, 10, 2),
        ("state", "enum", None, None, None),
        ("created_at", "timestamp", None, None, None),
        ("referrer", "int", None, None, None),
        ("tags", "text[]", None, None, None),
    ]
    assert users.comment == "Those who buy.\n  And look."
    assert users.columns[1].comment == 'it\'s "quoted"' and users.columns[1].unique
    assert [c.default_value for c in users.columns] == [None, None, "-1.5", "open", "now()", None, None]
    assert users.columns[3].enum_values == ("open", "closed for good")
    assert [c.name for c in orders.columns] == ["id", "changed_at", "user_id", "code", "total"]
    assert [c.expression for c in orders.checks] == ["total >= 0", "length(code) > 2"]
    assert [(u.name, u.columns) for u in orders.uniques] == [("once", ("orders.user_id", "orders.code"))]
    assert [index.columns for index in orders.indexes] == [("orders.code",)]
    assert [column.name for column in items.primary_key] == ["position", "order_id"]
    keys = {key.source_columns: (key.target_columns, key.on_delete, key.on_update) for key in drawing.foreign_keys}
    assert keys == {
        ("users.referrer",): (("users.id",), "NO ACTION", "NO ACTION"),
        ("orders.user_id",): (("users.id",), "CASCADE", "SET NULL"),
        ("items.order_id",): (("orders.id",), "NO ACTION", "NO ACTION"),
        ("details.items_order", "details.items_position"): (("items.order_id", "items.position"), "NO ACTION", "NO ACTION"),
        ("details.id",): (("orders.id",), "NO ACTION", "NO ACTION"),
    }
    assert imported.name == "shop"
    assert [re.sub(r"line \d+: ", "", warning) for warning in imported.warnings] == [
        "TableGroup has no place in a drawing",
        "the schema 'core' of table 'users'",
        "the index over lower(code) of table 'orders'",
        "a reference of many to many is no foreign key; draw the table between them",
    ]


def test_an_independent_reader_reads_what_we_write() -> None:
    value = {
        "tables": [
            {"name": "a", "columns": [{"name": "x", "dataType": "int"}, {"name": "y y", "dataType": "decimal", "precision": 9}]},
            {"name": "b", "columns": [{"name": "x", "dataType": "varchar", "length": 9, "defaultValue": "it's", "comment": "é"}]},
        ],
        "foreignKeys": [
            {"name": "k", "sourceTableId": "b", "sourceColumnId": "b.x", "targetTableId": "a", "targetColumnId": "a.x",
             "onDelete": "CASCADE"},
        ],
    }  # fmt: skip
    value["tables"][0] |= {"uniques": [{"name": "u", "columnIds": ["a.x", "a.y y"]}], "position": {"x": 1, "y": 2}}
    with warnings.catch_warnings(action="ignore"):  # of its parser's library
        from pydbml import PyDBML

        read = PyDBML(formats.export(definition_from(value)[0], "shop", "dbml").text)
    assert [(table.name, [(c.name, c.type) for c in table.columns]) for table in read.tables] == [
        ("a", [("x", "int"), ("y y", "decimal(9)")]),
        ("b", [("x", "varchar(9)")]),
    ]
    assert (read.tables[1].columns[0].default, read.tables[1].columns[0].note.text) == ("it's", "é")
    assert (read.refs[0].type, read.refs[0].on_delete, read.refs[0].name) == (">", "cascade", "k")
    assert read.tables[0].indexes[0].unique and read.project.name == "shop"


def test_a_text_of_more_words_than_any_drawing_has_is_refused_soon() -> None:
    begin = time.process_time()
    assert "more than 400,000 words" in _findings("a " * 2_000_000)[0][1]
    assert time.process_time() - begin < 12


def test_all_that_is_wrong_is_named_with_its_line() -> None:
    wrong = """Table a {
  id int [pk
}
Table b {
  id int
  other int [ref: > c.id]
  indexes { (idd) [unique] }
}
Tabel d { id int }
Ref: b.oter > b.id [delete: cascad]
Table b { x int }
"""
    found = _findings(wrong)
    assert [(line, suggestion) for line, _, suggestion in found] == [
        (3, ""), (9, ""), (11, ""), (7, "id"), (6, ""), (10, "CASCADE"), (10, "other"),
    ]  # fmt: skip
    assert found[0][1] == "'}' stands where ',' is wanted" and "two tables" in found[2][1]


@pytest.mark.parametrize("text", ["Table", "Table a", "Table a {", "Table a { id", "Table a { id int [", "Ref:", "Enum x {", "'"])
def test_a_text_that_ends_too_early_is_refused(text: str) -> None:
    assert _findings(text)[0][0] == 1


@pytest.mark.parametrize("part", ["(", "[", "{", '"', "'", "`", "/*", "\\", "a.", "~", "<", "[ref: > a.(", "Table a {", "1", "-"])
def test_hostile_texts_are_answered_at_once(part: str) -> None:
    for text in (part * 30_000, "Table a {\n id int " + part * 30_000, "Table a {\n id int [" + f"{part} x: " * 10_000):
        begin = time.process_time()
        with pytest.raises(MockcraftError):
            formats.read(text, "dbml")
        assert time.process_time() - begin < 3


@given(st.text(max_size=60), st.sampled_from([SHOP, 'Table "a" {\n id int [pk]\n}\n// mockcraft: {"table": "a", "id": "x"}\n']))
@settings(max_examples=200, deadline=None)
def test_no_text_raises_anything_else(noise: str, text: str) -> None:
    middle = len(text) // 2
    for hostile in (noise, text[:middle] + noise + text[middle:], text + "// mockcraft: " + noise):
        try:
            formats.read(hostile, "dbml")
        except MockcraftError as error:
            assert error.code in ("VALIDATION_ERROR", "MISSING_REQUIRED_FIELD")


@pytest.mark.parametrize(
    "fact", ["[]", "{", '{"table": []}', '{"table": "a", "columns": 3, "uniques": 3, "keys": 3, "id": 3}', '{"definition": 1}',
             '{"table": "a", "id": ["x"], "columns": {"id": {"id": [1, {}]}}}', '{"keys": [[1], [1, 2], 3]}', "[" * 100_000]
)  # fmt: skip
def test_facts_that_are_none_do_no_harm(fact: str) -> None:
    try:
        assert _read(f"Table a {{\n id int\n}}\n// mockcraft: {fact}\n").tables[0].name == "a"
    except MockcraftError as error:
        assert error.findings


def test_a_drawing_whose_names_occur_twice_says_what_is_lost() -> None:
    value = {"tables": [{"id": "x", "name": "a"}, {"id": "y", "name": "a"}]}
    assert formats.export(definition_from(value)[0], "", "dbml").lost
