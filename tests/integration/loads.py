"""Running the loader as its supervisor does, and looking at what it left in the database."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from runner.plan import Plan
from runner.schema import check
from services.seeder.spec import LoadSpec
from tests.integration.runs import Run, finish

SHOP = """
mockcraft: 1
seed: 11
options: {users: 20K}
tables:
  users:
    rows: ${users}
    columns:
      id: sequence
      first_name: first_name
      last_name: last_name
      email: {gen: email, from: [first_name, last_name], unique: true}
      balance: {gen: decimal, min: 0, max: 1000, scale: 2, null_rate: 0.1}
      signup_at: {gen: datetime, start: 2022-01-01, end: as_of}
      referred_by: {ref: users.id, pick: earlier, null_rate: 0.5}
    indexes: [[last_name, first_name]]
  orders:
    per: {parent: users, count: {min: 0, max: 4}}
    columns:
      id: sequence
      user_id: {ref: users.id}
      ordered_at: {gen: datetime, after: parent.signup_at, end: as_of}
    indexes: [[user_id], [ordered_at]]
"""
JOB = "seed_00000000000000000000000001"
BATCH = 4096


def plan_of(text: str = SHOP, **options: str) -> Plan:
    checked = check(text, options=options)
    assert checked.plan is not None, checked.findings
    return checked.plan


def spec_of(plan: Plan, folder: Path, **fields: Any) -> LoadSpec:
    known: dict[str, Any] = {"job_id": JOB, "load": "load", "target": "sqlite", "batch_rows": BATCH}
    return LoadSpec(**known | {"plan": orjson.loads(plan.to_json()), "out_dir": folder, "work_dir": folder / "work"} | fields)


def start(spec: LoadSpec, database: Path | str, *, failpoint: str = "", **secrets: str) -> subprocess.Popen[bytes]:
    """A supervised loader that has got its secrets; the target is an SQLite file or a URL."""
    spec.work_dir.mkdir(parents=True, exist_ok=True)
    path = spec.work_dir / "spec.json"
    path.write_bytes(spec.model_dump_json(by_alias=True).encode())
    command = [sys.executable, "-m", "services.seeder.loader", "--spec", str(path), "--supervised"]
    pipe = subprocess.PIPE
    environment = {**os.environ, "MOCKCRAFT_FAILPOINT": failpoint}
    child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
    assert child.stdin is not None
    target = database if isinstance(database, str) else f"sqlite:///{database}"
    child.stdin.write(orjson.dumps({"target": target, **secrets}) + b"\n")
    child.stdin.flush()
    return child


def load(spec: LoadSpec, database: Path | str, *, failpoint: str = "", **secrets: str) -> Run:
    return finish(start(spec, database, failpoint=failpoint, **secrets), stdin=b"")


def tell(child: subprocess.Popen[bytes], command: str) -> Run:
    return finish(child, stdin=json.dumps({"command": command}).encode() + b"\n")


def wait_for(child: subprocess.Popen[bytes], type_: str, times: int = 1) -> list[dict[str, Any]]:
    """Read events until the `times`-th of that type."""
    assert child.stdout is not None
    seen: list[dict[str, Any]] = []
    while sum(e["type"] == type_ for e in seen) < times:
        line = child.stdout.readline()
        assert line, seen
        seen.append(json.loads(line))
    return seen


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def content(database: Path) -> dict[str, str]:
    """Of every table of the user: how many rows, and a digest of all of them in order."""
    found = {}
    for (table,) in query(
        database, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_mockcraft%' ESCAPE '\\'"
    ):
        quoted = table.replace('"', '""')
        rows = query(database, f'SELECT * FROM "{quoted}" ORDER BY 1')
        found[table] = f"{len(rows)} {hashlib.sha256(repr(rows).encode()).hexdigest()}"
    return found


def checks(database: Path) -> None:
    """The database is sound and its references hold."""
    assert query(database, "PRAGMA integrity_check") == [("ok",)]
    assert query(database, "PRAGMA foreign_key_check") == []
