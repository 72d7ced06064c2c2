"""Included files, templates, and variables of the environment: what they make, and what is refused."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from runner.engine import Engine
from runner.plan import Plan
from runner.rows import rows
from runner.schema import Access, Checked, check
from runner.schema.includes import MAX_FILES

MAIN = """\
include: [parts/people.yaml, parts/options.yaml]
options: {users: 20}
tables:
  orders:
    per: {parent: users, count: 2}
    columns: {id: sequence, user_id: {ref: users.id}, price: {extends: money, max: 50}}
"""
PEOPLE = """\
mockcraft: 1
include: options.yaml
options: {users: 5}
tables:
  users: {rows: "${users}", columns: {id: sequence, name: first_name}}
"""
OPTIONS = "templates: {money: {gen: decimal, min: 1, max: 9, scale: 2}}\noptions: {unused: 1}\n"


def folder(home: Path, **files: str) -> Path:
    for name, text in files.items():
        path = home / name.replace("__", "/").replace("_yaml", ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return home


def checked(home: Path, text: str = MAIN, *folders: Path) -> Checked:
    return check(text, access=Access(home, folders))


def found(outcome: Checked) -> list[tuple[str, str, str, int]]:
    return [(f.code, f.file, f.path, f.line) for f in outcome.errors]


def test_included_tables_and_templates_are_those_of_the_schema(tmp_path: Path) -> None:
    plan = checked(folder(tmp_path, parts__people_yaml=PEOPLE, parts__options_yaml=OPTIONS)).plan
    written = check(
        "tables:\n"
        "  users: {rows: 20, columns: {id: sequence, name: first_name}}\n"
        "  orders:\n"
        "    per: {parent: users, count: 2}\n"
        "    columns: {id: sequence, user_id: {ref: users.id}, price: {gen: decimal, min: 1, max: 50, scale: 2}}\n"
    ).plan
    assert plan is not None and plan == written


def test_a_mistake_names_the_file_it_stands_in(tmp_path: Path) -> None:
    bad = PEOPLE.replace("first_name", "frist_name")
    outcome = checked(folder(tmp_path, parts__people_yaml=bad, parts__options_yaml=OPTIONS))
    assert found(outcome) == [("GENERATOR_NOT_FOUND", "parts/people.yaml", "tables.users.columns.name", 5)]


@pytest.mark.parametrize(
    ("text", "file", "code", "place"),
    [
        ("", "tables: [", "YAML_SYNTAX", ("a.yaml", 2)),
        ("", "seed: 3", "FIELD_CONFLICT", ("a.yaml", 1)),
        ("", "tabels: {}", "UNKNOWN_FIELD", ("a.yaml", 1)),
        ("", "mockcraft: 9", "VERSION_UNSUPPORTED", ("a.yaml", 1)),
        ("", "[1]", "TYPE_INVALID", ("a.yaml", 1)),
        ("", "include: a.yaml", "CYCLE", ("a.yaml", 1)),
        ("", "include: ../main.yaml", "INCLUDE_REFUSED", ("a.yaml", 1)),
        ("include: b.yaml\n", "", "INCLUDE_NOT_FOUND", ("", 1)),
        ("include: ../secret.yaml\n", "", "INCLUDE_REFUSED", ("", 1)),
        ("include: /etc/passwd\n", "", "INCLUDE_REFUSED", ("", 1)),
        ("include: link.yaml\n", "", "INCLUDE_REFUSED", ("", 1)),
        ("include: fifo\n", "", "INCLUDE_NOT_FOUND", ("", 1)),
        ("include: {a: b}\n", "", "TYPE_INVALID", ("", 1)),
        ("include: \"a\\0b\"\n", "", "INCLUDE_NOT_FOUND", ("", 1)),
        ("", "tables: {t: {rows: 3, columns: {id: sequence}}}", "IDENTIFIER_DUPLICATE", ("", 2)),
        ("", "tables: 3", "TYPE_INVALID", ("a.yaml", 1)),
        ("", "x: " + "y" * (2 << 20), "YAML_TOO_LARGE", ("", 1)),
    ],
)  # fmt: skip
def test_what_cannot_be_included_is_refused(text: str, file: str, code: str, place: tuple[str, int], tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("tables: {}")
    home = folder(tmp_path / "home", a_yaml=file)
    (home / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    os.mkfifo(home / "fifo")
    outcome = checked(home, (text or "include: a.yaml\n") + "tables: {t: {rows: 2, columns: {id: sequence}}}\n")
    assert [(f.code, f.file, f.line) for f in outcome.errors] == [(code, *place)]


def test_a_misspelt_file_is_guessed(tmp_path: Path) -> None:
    outcome = checked(folder(tmp_path, parts__people_yaml=PEOPLE), "include: parts/poeple.yaml\n")
    assert [f.suggestion for f in outcome.errors] == ["parts/people.yaml"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    [finding] = checked(tmp_path, "include: common\ntables: {t: {rows: 1, columns: {id: sequence}}}\n").errors
    assert (finding.code, finding.message) == ("INCLUDE_NOT_FOUND", "'common' is a folder; name a file in it")


def test_a_dollar_sign_in_an_options_own_value() -> None:
    plan = check("options: {a: '$${b}'}\ntables: {t: {rows: 1, columns: {x: {value: '${a}'}}}}").plan
    assert plan is not None
    assert Engine(plan).batch("t", 0, 1).to_pylist() == [{"x": "${b}"}]


def test_a_setting_opens_another_folder(tmp_path: Path) -> None:
    shared = folder(tmp_path / "shared", a_yaml="tables: {t: {rows: 2, columns: {id: sequence}}}")
    home = folder(tmp_path / "home")
    home.mkdir()
    assert checked(home, "include: ../shared/a.yaml\n", shared).valid
    assert found(checked(home, "include: ../shared/a.yaml\n"))[0][0] == "INCLUDE_REFUSED"


def test_text_has_no_folder_to_include_from() -> None:
    for source in (MAIN, {"include": "/etc/passwd", "tables": {}}):
        assert next(f.code for f in check(source).errors) == "INCLUDE_REFUSED"


def test_many_files_are_refused(tmp_path: Path) -> None:
    for number in range(MAX_FILES + 5):
        (tmp_path / f"{number}.yaml").write_text(f"include: {number + 1}.yaml\n")
    outcome = checked(tmp_path, "include: 0.yaml\n")
    assert found(outcome) == [("INCLUDE_REFUSED", f"{MAX_FILES - 1}.yaml", "include", 1)]


# templates

TEMPLATES = """\
templates:
  audit: {check: [made <= changed], columns: {made: {gen: date, end: as_of}, changed: {gen: date, end: as_of}}}
  named: {extends: audit, indexes: [[name]], columns: {name: first_name, made: {value: 2024-01-01, type: date}}}
  money: {gen: decimal, min: 1, max: 9, scale: 2}
  dear: {extends: money, min: 5}
  word: last_name
tables:
  t:
    rows: 50
    extends: named
    check: ["price > 5.00"]
    columns:
      id: sequence
      price: {extends: dear, max: 8}
      nick: {extends: word, null_rate: 0.5}
      name: {extends: word}
      doc: {object: {p: {extends: money}, list: {array: {of: {extends: dear}, max: 2}}}}
      either: {case: [{when: id < 9, then: {extends: money}}], else: {extends: dear}}
"""
WRITTEN_OUT = """\
tables:
  t:
    rows: 50
    check: [made <= changed, "price > 5.00"]
    indexes: [[name]]
    columns:
      made: {value: 2024-01-01, type: date}
      changed: {gen: date, end: as_of}
      name: last_name
      id: sequence
      price: {gen: decimal, min: 5, max: 8, scale: 2}
      nick: {gen: last_name, null_rate: 0.5}
      doc:
        object:
          p: {gen: decimal, min: 1, max: 9, scale: 2}
          list: {array: {of: {gen: decimal, min: 5, max: 9, scale: 2}, max: 2}}
      either:
        case: [{when: id < 9, then: {gen: decimal, min: 1, max: 9, scale: 2}}]
        else: {gen: decimal, min: 5, max: 9, scale: 2}
"""


def plan(text: str, access: Access | None = None) -> Plan:
    outcome = check(text, access=access or Access())
    assert outcome.plan is not None, outcome.findings
    return outcome.plan


def test_templates_make_what_would_have_been_written() -> None:
    assert plan(TEMPLATES) == plan(WRITTEN_OUT)
    assert rows(Engine(plan(TEMPLATES)), "t", 0, 50) == rows(Engine(plan(WRITTEN_OUT)), "t", 0, 50)


TABLE = "tables: {t: {rows: 2, extends: %s, columns: {id: sequence, a: {extends: %s}}}}\n"


@pytest.mark.parametrize(
    ("templates", "of_table", "of_column", "code", "path", "suggestion"),
    [
        ("{money: {gen: int}}", "[]", "mony", "TEMPLATE_NOT_FOUND", "tables.t.columns.a.extends", "money"),
        ("{x: {gen: int}}", "x", "x", "TEMPLATE_INVALID", "tables.t.extends", ""),
        ("{x: {columns: {b: int}}}", "x", "x", "TEMPLATE_INVALID", "tables.t.columns.a.extends", ""),
        ("{x: {extends: y}, y: {extends: x}}", "[]", "x", "CYCLE", "templates.y.extends", ""),
        ("{x: [int]}", "[]", "[]", "TEMPLATE_INVALID", "templates.x", ""),
        ("[x]", "[]", "[]", "TYPE_INVALID", "templates", ""),
        ("{x: {gen: itn}}", "[]", "x", "GENERATOR_NOT_FOUND", "templates.x.gen", "number.int"),
        ("{x: {columns: {b: {gen: int, mn: 3}}}}", "x", "[]", "PARAMETER_UNKNOWN", "templates.x.columns.b.mn", "min"),
        ("{x: {checks: a, columns: {b: int}}}", "x", "[]", "UNKNOWN_FIELD", "templates.x.checks", "check"),
    ],
)
def test_bad_templates(templates: str, of_table: str, of_column: str, code: str, path: str, suggestion: str) -> None:
    text = f"templates: {templates}\n" + TABLE % (of_table, of_column)
    outcome = check(text.replace("{extends: []}", "int"))
    assert [(f.code, f.path) for f in outcome.errors][:1] == [(code, path)], outcome.findings
    assert outcome.errors[0].suggestion == (suggestion or outcome.errors[0].suggestion)


def test_templates_that_grow_without_bound_are_refused() -> None:
    columns = ", ".join(f"c{n}: int" for n in range(1_000))
    tables = "\n".join(f"  t{n}: {{rows: 1, extends: wide, columns: {{id: sequence}}}}" for n in range(1_000))
    outcome = check(f"templates: {{wide: {{columns: {{{columns}}}}}}}\ntables:\n{tables}\n")
    assert [f.code for f in outcome.errors] == ["YAML_TOO_LARGE"]


def test_long_chains_and_lists_of_templates_are_refused_in_good_time() -> None:
    chain = ", ".join(f"t{n}: {{extends: t{n + 1}}}" for n in range(40))
    deep = check(f"templates: {{{chain}, t40: word}}\n" + TABLE % ("[]", "t0"))
    assert [(f.code, f.path) for f in deep.errors] == [("TOO_DEEP", "templates.t29.extends")]
    columns, names = ", ".join(f"c{n}: int" for n in range(20_000)), ", ".join(["wide"] * 50_000)
    started = time.monotonic()
    wide = check(f"templates: {{wide: {{columns: {{{columns}}}}}}}\n" + TABLE % (f"[{names}]", "[]"))
    assert "TEMPLATE_INVALID" in [f.code for f in wide.errors]
    assert time.monotonic() - started < 20


# the environment

ENV = "tables: {t: {rows: 2, columns: {id: sequence, a: {value: '${env.TOKEN}'}}}}"


def test_variables_are_read_where_they_are_allowed() -> None:
    allowed = Access(env={"TOKEN": "hunter2", "ROWS": "3"})
    assert rows(Engine(plan(ENV, allowed)), "t", 0, 1) == [{"id": 1, "a": "hunter2"}]
    text = "options: {n: '${env.ROWS}'}\ntables: {t: {rows: '${n * 2}', columns: {id: sequence}}}"
    assert plan(text, allowed).table("t").rows == 6


@pytest.mark.parametrize(
    ("env", "code"), [({}, "ENV_REFUSED"), ({"TOKENS": "x"}, "ENV_REFUSED"), ({"TOKEN": None}, "ENV_NOT_SET")]
)
def test_others_are_refused(env: dict[str, str | None], code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hunter2")
    for text in (ENV, f"options: {{x: '${{env.TOKEN}}'}}\n{ENV.replace('env.TOKEN', 'x')}", ENV.replace("TOKEN}", "TOKEN + 1}")):
        (finding,) = check(text, access=Access(env=env)).errors
        assert finding.code == code
        assert finding.suggestion == ("TOKENS" if "TOKENS" in env else "")


SECRET = "hunter2 is 'the' password " * 5


@pytest.mark.parametrize(
    "text",
    [
        "tables: {t: {rows: '${env.S}', columns: {id: sequence}}}",
        "options: {o: '${env.S}'}\ntables: {t: {rows: '${o}', columns: {id: sequence}}}",
        "tables: {t: {rows: 2, columns: {a: {gen: '${env.S}'}}}}",
        "tables: {t: {rows: 2, columns: {a: {expr: '${env.S}'}}}}",
        "tables: {t: {rows: 2, columns: {a: {ref: '${env.S}'}}}}",
        "tables: {t: {rows: 2, columns: {a: {value: '${env.S}', type: int}}}}",
        "tables: {t: {rows: 2, columns: {a: {ref: 'users.${env.S}'}}}}",
        "tables: {t: {rows: 2, columns: {a: {gen: choice, values: ['${env.S}'], weights: '${env.S}'}}}}",
        "as_of: '${env.S}'\ntables: {t: {rows: 2, columns: {a: int}}}",
        "tables: {t: {rows: '${env.S * 2}', columns: {id: sequence}}}",
        "tables: {t: {rows: 2, primary_key: ['${env.S}'], columns: {id: sequence}}}",
        "tables: {t: {per: {parent: '${env.S}', count: 2}, columns: {id: sequence}}}",
    ],
)
def test_no_message_shows_what_a_variable_holds(text: str) -> None:
    outcome = check(text, access=Access(env={"S": SECRET}))
    assert outcome.errors
    assert "hunter2" not in repr(outcome.findings)
