"""Drawings written and read again: JSON and YAML exactly, SQL of four dialects, and the registry of formats."""

from __future__ import annotations

import re
import time
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.errors import MockcraftError
from services.schemas import formats
from services.schemas.codec import definition_from, definition_json
from services.schemas.comparison import differences
from services.schemas.drawing import DIALECTS, Definition, Dialect
from tests.unit.schemas.clinic import clinic, clinic_definition
from tests.unit.schemas.made import definitions

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\ntables: [*b, *b]\n"


def _refused(text: str, format: str = "", dialect: str = "") -> MockcraftError:
    with pytest.raises(MockcraftError) as caught:
        formats.read(text, format, dialect)
    return caught.value


@pytest.mark.parametrize("format", ["json", "yaml"])
@given(definition=definitions(), name=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_definition_reads_as_the_same(format: str, definition: Definition, name: str) -> None:
    made = formats.export(definition, name, format)
    read = formats.read(made.text)
    assert (read.definition, read.warnings, read.name, made.lost) == (definition, (), name, ())


@pytest.mark.parametrize("format", ["json", "yaml", "dbml", "sql"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_clinic_reads_as_the_same(format: str, dialect: Dialect) -> None:
    made = formats.export(clinic_definition(), "clinic", format, dialect)
    assert (formats.read(made.text).definition, made.lost) == (clinic_definition(), ())
    assert formats.read(made.text, format, dialect).name == "clinic"
    assert formats.export(formats.read(made.text).definition, "clinic", format, dialect) == made


@pytest.mark.parametrize("dialect", DIALECTS)
def test_sql_alone_is_the_same_database(dialect: Dialect) -> None:
    text = _statements(dialect)
    read = formats.read(text, dialect=dialect)
    assert differences(clinic(), read.definition.drawing, dialect) == () and read.warnings == ()


def _statements(dialect: Dialect) -> str:
    text = formats.export(clinic_definition(), "clinic", "sql", dialect).text
    return text[: text.index("-- What SQL has no words for")]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_sql_counts_where_somebody_edited_it(dialect: Dialect) -> None:
    text = formats.export(clinic_definition(), "clinic", "sql", dialect).text
    for breaks in ("\n", "\r\n"):
        drawing = formats.read(text.replace("rooms_beds", "some_beds").replace("\n", breaks)).definition.drawing
        assert drawing.table("t-3").checks[0].name == "some_beds"
        assert drawing.table("t-3").position == clinic().table("t-3").position
        assert drawing.table("t-2").column("c-patients-first_name").generator == {"type": "first_name"}


def test_sql_with_windows_line_ends_is_the_same() -> None:
    text = formats.export(clinic_definition(), "clinic", "sql", "mysql").text
    assert formats.read(text.replace("\n", "\r\n")).definition == clinic_definition()


@pytest.mark.parametrize(
    "kept", ["{", "[]", '{"table": 1}', '{"dialect": {}}', '{"dialect": "sqlite"}', '{"name": []}', "x" * 99]
)
def test_comments_that_say_nothing_do_no_harm(kept: str) -> None:
    text = f"CREATE TABLE a (id INTEGER);\n-- What SQL has no words for (ids, places, generators); without it the statements still read.\n-- mockcraft: {kept}\n"  # noqa: E501
    assert [table.name for table in formats.read(text).definition.drawing.tables] == ["a"]


def test_a_comment_in_the_midst_is_no_comment_of_ours() -> None:
    mark = "-- What SQL has no words for (ids, places, generators); without it the statements still read."
    hostile = f"CREATE TABLE a (id INTEGER, t VARCHAR(300) DEFAULT 'x\n{mark}\n-- mockcraft: {{}}\n');"
    default = formats.read(hostile, dialect="sqlite").definition.drawing.tables[0].columns[1].default_value
    assert default == f"x\n{mark}\n-- mockcraft: {{}}\n"


def test_comments_of_ours_are_taken_apart_in_linear_time() -> None:
    mark = "-- What SQL has no words for (ids, places, generators); without it the statements still read.\n"
    for text in (mark * 5_000, mark + "-- mockcraft: " * 20_000 + "\nx", (mark + "-- mockcraft: {}\n") * 5_000 + "x"):
        begin = time.process_time()
        _refused(text, "sql")
        assert time.process_time() - begin < 3


def test_what_sql_cannot_be_read_is_told() -> None:
    error = _refused("SELECT 1;", "sql")
    assert (error.code, error.message) == ("VALIDATION_ERROR", "There is no CREATE TABLE statement that could be read.")
    read = formats.read("CREATE TABLE a (id INT, g GEOMETRY);\nCREATE NONSENSE b;\nCREATE TABLE c (x INT);", dialect="mysql")
    assert [table.name for table in read.definition.drawing.tables] == ["a", "c"]
    assert any("a.g" in warning for warning in read.warnings)


def test_warnings_are_as_many_and_as_long_as_people_read() -> None:
    text = "CREATE TABLE a (id INT);" + "nonsense 'x';" * 700 + "y" * 5_000
    warnings = formats.read(text, "sql", "postgresql").warnings
    assert len(warnings) == 501 and warnings[-1].startswith("and ") and max(map(len, warnings)) <= 300


def test_a_drawing_that_cannot_be_created_has_no_sql() -> None:
    broken = definition_from({"tables": [{"name": "t", "columns": [{"name": "c", "dataType": "colour"}]}]})[0]
    for format in ("sql", "mockcraft"):
        with pytest.raises(MockcraftError) as caught:
            formats.export(broken, "x", format)
        assert caught.value.findings[0].path == "/tables/0/columns/0/dataType"


def test_yaml_is_what_other_readers_read() -> None:
    text = formats.export(clinic_definition(), "clinic", "yaml").text
    assert yaml.safe_load(text) == {"name": "clinic", **definition_json(clinic_definition())}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (BOMB, "YAML_ALIAS"),
        ("tables: " + "[" * 60_000, "YAML_TOO_DEEP"),
        ("tables: !!python/object/apply:os.system [x]", "YAML_TAG"),
        ("tables: []\ntables: []", "YAML_DUPLICATE_KEY"),
        ("tables: []\n<<: {a: 1}", "YAML_MERGE_KEY"),
        ("tables: [", "YAML_SYNTAX"),
        ("tables: []\n---\ntables: []", "YAML_MULTIPLE_DOCUMENTS"),
        ("tables: [{name: .nan}]", "NUMBER_INVALID"),
        ("tables: [{nmae: a}]", "VALIDATION_ERROR"),
        ("tables: 3", "VALIDATION_ERROR"),
        ("tables: [{columns: []}]", "MISSING_REQUIRED_FIELD"),
    ],
)
def test_bad_yaml_is_refused_at_once(text: str, code: str) -> None:
    begin = time.process_time()
    error = _refused(text, "yaml")
    assert error.code == code and error.findings
    assert time.process_time() - begin < 1


@pytest.mark.parametrize("text", ["{", '{"tables": [}', "nul", '{"a": NaN}', "[" * 100_000, "\ud800"])
def test_what_is_no_json_is_told_with_its_place(text: str) -> None:
    error = _refused(text, "json")
    assert error.code == "INVALID_JSON" and error.findings[0].line >= 1


def test_all_that_is_wrong_in_a_definition_is_told() -> None:
    error = _refused('{"tables": [{"columns": [{"name": 1}]}]}')
    assert [finding.path for finding in error.findings] == [
        "/tables/0/name", "/tables/0/columns/0/name", "/tables/0/columns/0/dataType",
    ]  # fmt: skip


def test_a_format_is_guessed_from_the_text() -> None:
    texts = {name: formats.export(clinic_definition(), "clinic", name).text for name in ("json", "yaml", "dbml", "sql")}
    assert {name: formats.guessed(text) for name, text in texts.items()} == {name: name for name in texts}
    assert formats.guessed("Table users {\n id int\n}") == "dbml"
    assert formats.guessed('Table "create users" {\n id int\n}') == "dbml"
    assert formats.guessed("tables:\n- columns:\n  - generator:\n      ref: a.b - c\n") == "yaml"
    assert formats.guessed("// x\nRef: a.b > c.d") == "dbml"
    assert formats.guessed("-- x\ncreate table if not exists a (b int)") == "sql"
    assert formats.guessed("/* Table x { */ CREATE TEMPORARY TABLE a (b int)") == "sql"
    assert formats.guessed("\ufeff {}") == "json"
    for hostile in ("\n" * 500_000, " " * 500_000, "create " * 70_000, "table " * 80_000, "ref" * 100_000):
        begin = time.process_time()
        _refused(hostile + "x")
        assert time.process_time() - begin < 2
    assert "none of the formats dbml, json, sql, yaml" in _refused("hello").message


def test_unknown_names_are_told_what_was_meant() -> None:
    assert formats.format_names() == ("dbml", "json", "mermaid", "mockcraft", "sql", "yaml")
    for error, guess in (
        (_refused("x", "jsn"), "json"),
        (_refused("x", "sql", "postgre"), "postgresql"),
        (_refused("x", "yamll"), "yaml"),
    ):
        assert error.code == "VALIDATION_ERROR" and guess in error.details
    with pytest.raises(MockcraftError, match="no format 'mermaidd'"):
        formats.export(clinic_definition(), "x", "mermaidd")
    assert "mermaid" not in _refused("x", "mermaid").message.partition("there are")[2]


def test_other_names_of_formats_and_dialects_do() -> None:
    assert formats.export(clinic_definition(), "x", "DDL", "MariaDB") == formats.export(clinic_definition(), "x", "sql", "mysql")
    assert formats.read("tables: []", "yml").definition == Definition()


def test_texts_are_limited() -> None:
    assert _refused("x" * (formats.MAX_TEXT + 1)).code == "BODY_TOO_LARGE"
    assert _refused(" \n").code == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    ("name", "file"), [("clinic", "clinic.sql"), ("../../etc/passwd", "etc_passwd.sql"), ("診", "schema.sql")]
)
def test_files_have_harmless_names(name: str, file: str) -> None:
    made = formats.export(clinic_definition(), name, "sql")
    assert (made.filename, made.media_type) == (file, "application/sql")


def test_mermaid_shows_tables_and_keys() -> None:
    made = formats.export(clinic_definition(), "the clinic", "mermaid")
    assert made.text.startswith('---\ntitle: "the clinic"\n---\nerDiagram\n') and made.lost
    assert '    t4["rooms"] {\n        varchar building PK\n        integer number PK\n' in made.text
    assert '    t4 |o--o{ t7 : "building, room_number"\n' in made.text
    assert '    t7 ||--o| t11 : "visit_id"\n' in made.text
    assert '    t12["Odd #quot;names#quot;; it\'s"] {' in made.text
    assert '"#35;1"' in formats.export(definition_from({"tables": [{"name": "#1"}]})[0], "", "mermaid").text


@given(definitions())
@settings(max_examples=100, deadline=None)
def test_mermaid_of_any_drawing_keeps_to_its_grammar(definition: Definition) -> None:
    entity = r'    t\d+\["[^"\n]*"\]( \{)?|    \}'
    attribute = r'        [A-Za-z][A-Za-z0-9_]* [A-Za-z][A-Za-z0-9_]*( (PK|FK|UK)(, (PK|FK|UK))*)?( "[^"\n]*")?'
    relation = r'    t\d+ (\|o|\|\|)--(o\||o\{) t\d+ : "[^"\n]*"'
    for line in formats.export(definition, "", "mermaid").text.split("\n")[1:-1]:
        assert re.fullmatch(f"{entity}|{attribute}|{relation}", line), line


def test_large_drawings_take_seconds_at_most() -> None:
    columns = [{"name": f"column_{n}", "dataType": "varchar", "length": 40, "comment": "x"} for n in range(20)]
    value: dict[str, Any] = {"tables": [{"name": f"table_{n}", "columns": columns} for n in range(100)]}
    definition = definition_from(value)[0]
    for format in ("json", "yaml", "dbml", "sql"):
        begin = time.process_time()
        assert formats.read(formats.export(definition, "x", format).text).definition == definition
        assert time.process_time() - begin < 15, format
    assert len(orjson.dumps(value)) > 130_000
