"""`mockcraft schemas`: the same answers on this machine as of a server, errors with their exit statuses."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.main import main
from tests.integration.registry_samples import changed, clinic, draft
from tests.integration.stack import stack_in_a_thread

CHANGING = (
    "id",
    "createdAt",
    "updatedAt",
    "requestId",
    "actor",
    "name",
    "databaseName",
    "schemaId",
    "schemaName",
    "bytes",
    "sql",
)


class Cli:
    """Commands of one test; `server` is a gateway's URL, or nothing for this machine."""

    def __init__(self, folder: Path, server: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.server, self._capsys = folder, server, capsys

    def __call__(self, *words: str, status: int = 0) -> str:
        self._capsys.readouterr()
        found = main(["schemas", *words, *(["--server", self.server] if self.server else [])])
        out, self.told = self._capsys.readouterr()
        assert found == status, (found, out, self.told)
        return out

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--format", "json"))

    def file(self, value: Any, name: str = "drawing.json") -> str:
        path = self.folder / name
        path.write_text(json.dumps(value) if name.endswith("json") else yaml.safe_dump(value, sort_keys=False))
        return str(path)


@pytest.fixture(params=["here", "server"])
def cli(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Cli]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOCKCRAFT_DATA_DIR", str(tmp_path / "data"))
    if request.param == "here":
        yield Cli(tmp_path, "", capsys)
        return
    with stack_in_a_thread(tmp_path / "data") as url:
        yield Cli(tmp_path, url, capsys)


def database(cli: Cli, name: str = "clinic") -> Path:
    return cli.folder / "data" / "databases" / f"{name}.db"


def test_a_schema_from_its_file_to_its_end(cli: Cli) -> None:
    schema = cli.json("create", cli.file(clinic()))
    assert (schema["status"], schema["databaseName"]) == ("ready", "clinic") and database(cli).exists()
    assert cli.json("show", "clinic") == cli.json("show", schema["id"]) == schema
    (listed,) = cli.json("list")["schemas"]
    assert (listed["id"], listed["tableCount"], listed["columnCount"]) == (schema["id"], 2, 7)
    assert "clinic" in cli("list") and "patients" in cli("show", "CLINIC")
    assert yaml.safe_load(cli("show", "clinic", "--format", "yaml")) == schema
    assert cli.json("update", "clinic", "--description", "new")["description"] == "new"
    tables = changed("/tables/0/columns/1/length", 90, schema)["tables"]
    drawn = cli.json("update", "clinic", cli.file({"tables": tables}, "new.yaml"))
    assert drawn["tables"][0]["columns"][1]["length"] == 90 and drawn["description"] == "new"
    cli("update", "clinic", "--name", "x", "--revision", "1", status=1)
    assert "REVISION_STALE" in cli.told
    revisions = [each["revision"] for each in cli.json("versions", "clinic")["versions"]]
    assert revisions == sorted(revisions, reverse=True) and len(revisions) == 3
    assert "ALTER" in cli("migration", "clinic", "--dialect", "postgresql")
    actions = [each["action"] for each in cli.json("audit", "clinic")["entries"]]
    assert "create" in actions and "update" in actions
    deleted = cli.json("delete", "clinic", "--drop-database")
    assert deleted["status"] == "deleted" and not database(cli).exists()
    cli("show", "clinic", status=1)
    assert "SCHEMA_NOT_FOUND" in cli.told
    assert cli("audit").count("clinic") >= 3


def test_what_is_wrong_is_said_on_standard_error(cli: Cli) -> None:
    bad = cli.file(changed("/tables/0/columns/1/dataType", "varcharr"))
    assert cli("validate", bad, status=2) == "1 findings\n"
    assert "/tables/0/columns/1/dataType" in cli.told and "varchar" in cli.told
    assert cli("create", bad, status=2) == ""
    assert "UNSUPPORTED_DATA_TYPE" in cli.told and "/tables/0/columns/1/dataType" in cli.told
    cli("create", cli.file("[]", "list.yaml"), status=2)
    (cli.folder / "broken.json").write_text('{"name": ')
    cli("create", str(cli.folder / "broken.json"), status=2)
    assert "INVALID_JSON" in cli.told
    cli("create", str(cli.folder / "absent.json"), status=2)
    assert cli.json("list") == {"schemas": [], "total": 0, "nextPageToken": ""}
    assert cli("validate", cli.file(draft())) == "valid\n"
    cli("update", "clinic", status=2)
    cli("import", status=2)


def test_sql_exports_and_imports(cli: Cli) -> None:
    cli("create", cli.file(draft()), "--draft")
    script = cli("sql", "clinic", "--dialect", "sqlite")
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script)
    assert cli.json("sql", "clinic", "--dialect", "mysql")["dialect"] == "mysql"
    for format_ in ("json", "yaml", "sql", "dbml"):
        out = str(cli.folder / f"out.{format_}")
        assert cli("export", "clinic", "--as", format_, "-o", out) == ""
        again = cli.json("import", out, "--name", f"from {format_}")
        assert (again["status"], [table["name"] for table in again["tables"]]) == ("draft", ["patients", "visits"]), again
    assert "erDiagram" in cli("export", "clinic", "--as", "mermaid")
    assert cli("export", "clinic", "--as", "mockcraft").startswith("mockcraft: 1") or "tables:" in cli(
        "export", "clinic", "--as", "mockcraft"
    )
    rows = cli.json("preview", "clinic", "--table", "visits", "--rows", "2")
    assert [row["id"] for row in rows] == [1, 2]


def test_a_database_is_created_filled_shown_and_dropped(cli: Cli) -> None:
    cli("create", cli.file(clinic()), "--draft")
    assert not database(cli).exists()
    assert cli.json("database", "create", "clinic")["status"] == "ready"
    cli("seed", "clinic", "--rows", "patients=200", "--rows", "visits=500", "--seed", "1")
    with closing(sqlite3.connect(database(cli))) as connection:
        assert connection.execute("SELECT count(*) FROM visits").fetchone() == (500,)
    facts = cli.json("database", "show", "clinic")
    assert (facts["rows"], facts["drift"]) == (700, [])
    assert "200" in cli("database", "show", "clinic") and "clinic" in cli("database", "list")
    cli("seed", "clinic", "--rows", "nobody=5", status=2)
    assert "/rows/nobody" in cli.told
    cli("backup", "clinic", "--verify", "FILES")
    cli("database", "drop", "clinic", status=2)
    assert database(cli).exists()
    cli("database", "create", "clinic", status=1)
    assert "DATABASE_NOT_EMPTY" in cli.told
    assert cli.json("database", "drop", "clinic", "--yes")["status"] == "draft" and not database(cli).exists()


def test_a_server_answers_as_this_machine_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MOCKCRAFT_DATA_DIR", str(tmp_path / "data"))
    with stack_in_a_thread(tmp_path / "data") as url:
        here, there = Cli(tmp_path, "", capsys), Cli(tmp_path, url, capsys)
        for name in ("here", "there"):
            (here if name == "here" else there).json("create", here.file(draft(name)))
        for words in (["show"], ["sql"], ["versions"], ["validate"], ["preview"], ["audit"], ["database", "show"]):
            answers = [_plain(cli.json(*words, name)) for cli, name in ((here, "here"), (there, "there"))]
            assert answers[0] == answers[1], words
        assert here.json("list", "--sort", "name") == there.json("list", "--sort", "name")


def _plain(value: Any) -> Any:
    """Without what differs from schema to schema."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if key not in CHANGING}
    return [_plain(each) for each in value] if isinstance(value, list) else value
