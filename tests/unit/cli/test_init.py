"""`mockcraft init`: from a file or a database to a schema that runs; nothing is written over, no secret is shown."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cli.main import main

DDL = "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE, plan TEXT CHECK (plan IN ('free', 'pro')));"


def test_a_ddl_file_becomes_a_schema_that_is_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.sql").write_text(DDL)
    out = tmp_path / "schema.yaml"
    assert main(["init", "--ddl", str(tmp_path / "shop.sql"), "--dialect", "sqlite", "--total-rows", "2K", "-o", str(out)]) == 0
    told = capsys.readouterr().err
    assert "1 table, 3 columns, 2,000 rows" in told
    assert f"mockcraft seed --config {out}" in told
    assert main(["validate", str(out)]) == 0
    assert "2,000 rows" in capsys.readouterr().out


def test_a_file_that_is_there_is_written_over_only_by_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "shop.sql").write_text(DDL)
    out = tmp_path / "schema.yaml"
    out.write_text("mine")
    command = ["init", "--ddl", str(tmp_path / "shop.sql"), "-o", str(out)]
    assert main(command) == 2
    assert "OUTPUT_EXISTS" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert main([*command, "--force"]) == 0
    assert out.read_text().startswith("# Made by mockcraft init from shop.sql")


def test_a_database_file_is_read_and_profiled_never_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shop.db"
    assert main(["init", "--db", f"sqlite:///{file}", "-o", "-"]) == 1
    assert "TARGET_NOT_FOUND" in capsys.readouterr().err
    assert not file.exists()
    connection = sqlite3.connect(file)
    connection.executescript("CREATE TABLE orders (id INTEGER PRIMARY KEY, stage TEXT NOT NULL, points INTEGER, mail TEXT)")
    rows = [("won" if n % 4 else "lost", n + 40 if n % 2 else None, f"private{n % 3}@home.net") for n in range(100)]
    connection.executemany("INSERT INTO orders (stage, points, mail) VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    assert main(["init", "--db", f"sqlite:///{file}", "--profile", "-o", "-"]) == 0
    text = capsys.readouterr().out
    assert "values: {won: 75, lost: 25}" in text
    assert "min: 41, max: 139" in text
    assert "null_rate: 0.5" in text
    assert "private" not in text


def test_a_sample_shows_types_and_small_vocabularies_and_no_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{n};Zaphod{n % 2};{'gold' if n % 3 else 'basic'};{n}.50;2024-01-{n % 28 + 1:02};AB-{n:04}" for n in range(1, 61)]
    (tmp_path / "clients.csv").write_text("id;first_name;tier;spent;joined;code\n" + "\n".join(lines))
    assert main(["init", "--sample", str(tmp_path / "clients.csv"), "-o", "-"]) == 0
    text = capsys.readouterr().out
    assert "rows: 60" in text
    assert "tier: {gen: choice, values: {gold: 40, basic: 20}}" in text
    assert "start: 2024-01-01, end: 2024-01-28" in text
    assert "??-####" in text
    assert "Zaphod" not in text


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "init wants a source"),
        (["--ddl", "a.sql", "--sample", "b.csv"], "one source"),
        (["--ddl", "a.sql", "--profile"], "needs --db"),
        (["--sample", "b.csv", "--dialect", "mysql"], "needs --ddl"),
        (["--ddl", "no-such.sql"], "cannot read no-such.sql"),
        (["--db", "ftp://user:hunter2@host/x"], "TARGET_NOT_ALLOWED"),
    ],
)
def test_wrong_usage_is_told(
    flags: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["init", *flags]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "hunter2" not in told
    assert not list(tmp_path.iterdir())
