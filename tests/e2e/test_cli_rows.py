"""`verify --config`, `verify --job` and `repair` as real processes: exit statuses, tables, and what goes with what."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.cli_process import Cli, events

DB = "sqlite:///live.db"
SCHEMA = """
mockcraft: 1
seed: 3
tables:
  pets: {rows: 500, columns: {id: sequence, name: first_name, age: {gen: int, min: 1, max: 20}}}
"""


@pytest.fixture
def live(cli: Cli) -> Cli:
    """With a schema and what it makes in a database."""
    cli.schema.write_text(SCHEMA)
    cli.job = events(cli.ok("seed", "-c", "schema.yaml", "--db", DB))[0]["jobId"]  # type: ignore[attr-defined]
    return cli


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "live.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def test_rows_are_compared_repaired_and_equal_again(live: Cli) -> None:
    name = ["--job", live.job]  # type: ignore[attr-defined]
    schema = ["--config", "schema.yaml", "--db", DB]
    for about in (name, schema):
        assert live.json("verify", *about)["equal"]
    change(
        live.folder,
        "UPDATE pets SET age = 99 WHERE id = 7",
        "DELETE FROM pets WHERE id = 9",
        "INSERT INTO pets VALUES (900, 'a', 1)",
    )
    for about in (name, schema):
        bad = live.run("verify", *about)
        assert bad.returncode == 1 and "first: row 6 (id 7), age: 99, not " in bad.stdout and "1 rows of others" in bad.stdout
    dry = live.run("repair", *name, "--dry-run")
    assert dry.returncode == 1 and "1 rows would be inserted, 1 would be overwritten" in dry.stdout
    assert "1 rows inserted, 1 overwritten" in live.ok("repair", *schema)
    assert "as it must be" in live.ok("verify", *name)
    assert live.run("verify", *name, "--exact").returncode == 1
    more = live.run("verify", *schema, "--rows", "pets=501")
    assert more.returncode == 1 and "row 500 (id 501) is missing" in more.stdout
    assert live.run("verify", *schema, "--seed", "4").returncode == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["verify"], "--config SCHEMA or --job JOB"),
        (["verify", "a.mcbackup", "--job", "seed_1"], "FILE"),
        (["verify", "a.mcbackup", "--exact"], "--exact"),
        (["verify", "--config", "schema.yaml", "--level", "FILES"], "--level"),
        (["verify", "--config", "schema.yaml"], "DATABASE_URL"),
        (["repair"], "give one of them"),
        (["repair", "--config", "schema.yaml", "--job", "seed_1"], "give one of them"),
        (["repair", "--job", "seed_1", "--seed", "3"], "--seed"),
    ],
)
def test_what_does_not_go_together(cli: Cli, args: list[str], said: str) -> None:
    done = cli.run(*args)
    assert done.returncode == 2 and said in done.stderr
