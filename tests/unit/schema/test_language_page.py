"""The page on the language: its examples are valid, and make the rows and findings shown below them."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from runner.engine import Engine
from runner.formats.ddl import create_table_sql
from runner.rows import rows
from runner.schema import Access, check
from runner.schema.columns import COMMON
from runner.schema.structure import SCHEMA_FIELDS, TABLE_FIELDS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "schema.md").read_text(encoding="utf-8")
EXAMPLES = [
    (match["source"], match["kind"] or "", match["shown"] or "")
    for match in re.finditer(
        r"```yaml\n(?P<source>.*?)```\n(?:\n```(?P<kind>jsonl \w+|sql \w+|text)\n(?P<shown>.*?)```\n)?", PAGE, re.DOTALL
    )
]
FILES = re.findall(r"```yaml (\S+)\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def access(tmp_path_factory: pytest.TempPathFactory) -> Access:
    """The files that the page shows by name, and the variable it speaks of."""
    folder = tmp_path_factory.mktemp("page")
    for name, text in FILES:
        (folder / name).write_text(text)
    return Access(folder, env={"TENANT": "acme"})


@pytest.mark.parametrize(("source", "kind", "shown"), EXAMPLES, ids=[f"{i}" for i in range(len(EXAMPLES))])
def test_examples_make_what_is_shown(source: str, kind: str, shown: str, access: Access) -> None:
    outcome = check(source, access=access)
    if kind == "text":
        lines = [
            f"{f.line}:{f.column} {f.code} {f.message}{f' → {f.suggestion}' if f.suggestion else ''}" for f in outcome.findings
        ]
        assert lines == shown.splitlines()
        return
    assert outcome.plan is not None, outcome.findings
    if kind.startswith("sql "):
        plan, dialect = outcome.plan, kind.removeprefix("sql ")
        assert "".join(create_table_sql(table, dialect, plan) for table in plan.tables) == shown
    elif kind:
        made = rows(Engine(outcome.plan), kind.removeprefix("jsonl "), 0, len(shown.splitlines()))
        assert [orjson.dumps(row).decode() for row in made] == shown.splitlines()


def test_there_are_examples_of_each_kind() -> None:
    assert [kind.split()[0] for _, kind, _ in EXAMPLES if kind].count("jsonl") >= 5
    assert "text" in [kind for _, kind, _ in EXAMPLES]


def test_every_field_is_on_the_page() -> None:
    missing = [field for field in (*SCHEMA_FIELDS, *TABLE_FIELDS, *COMMON) if f"`{field}`" not in PAGE]
    assert missing == []
