"""Files of stored rows that generators keep: what is demanded, refused, expires and makes room."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from runner import stored
from runner.plan import Plan, Stored
from runner.schema import check
from services.common.errors import MockcraftError
from services.generator.stored import IN_USE_SECONDS, StoredTables

HOUR = 3600.0


def file_of(folder: Path, rows: int) -> tuple[str, bytes]:
    """A file of so many keys: its digest and its bytes."""
    batch = pa.record_batch({"id": pa.array(range(rows), pa.int64())})
    digest = stored.write(folder, batch.schema, [batch])
    return digest, stored.path_of(folder, digest).read_bytes()


def plan_with(digest: str, rows: int) -> Plan:
    checked = check("tables: {t: {rows: 5, columns: {id: sequence}}}")
    assert checked.plan is not None
    table = replace(checked.plan.tables[0], stored=Stored(rows=rows, digest=digest, columns=("id",), first=rows))
    return replace(checked.plan, tables=(table,))


def put(files: StoredTables, data: bytes, size: int = 1000) -> str:
    arriving = files.begin()
    try:
        for at in range(0, len(data), size):
            arriving.add(data[at : at + size])
        return arriving.finish()[0]
    finally:
        arriving.close()


def refusal(files: StoredTables, plan: Plan) -> MockcraftError:
    with pytest.raises(MockcraftError) as raised:
        files.engine(plan, 1024)
    return raised.value


@pytest.fixture
def files(tmp_path: Path) -> StoredTables:
    return StoredTables(tmp_path / "stored", 100_000, HOUR)


def test_a_plan_is_opened_once_its_file_is_there(tmp_path: Path, files: StoredTables) -> None:
    digest, data = file_of(tmp_path / "here", 100)
    plan = plan_with(digest, 100)
    refused = refusal(files, plan)
    assert (refused.code, [f.path for f in refused.findings]) == ("STORED_TABLE_MISSING", [digest])
    assert put(files, data) == digest == hashlib.sha256(data).hexdigest()
    assert files.engine(plan, 1024).batch("t", 0, 5).num_rows == 5
    assert [path.name for path in files.folder.iterdir()] == [f"{digest}.arrow"]


def test_a_file_that_was_changed_is_demanded_again(tmp_path: Path, files: StoredTables) -> None:
    digest, data = file_of(tmp_path / "here", 100)
    put(files, data)
    stored.path_of(files.folder, digest).write_bytes(data[:-1] + b"?")
    assert refusal(files, plan_with(digest, 100)).code == "STORED_TABLE_MISSING"
    assert list(files.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "A" * 64, "a" * 63])
def test_a_plan_names_nothing_but_digests(files: StoredTables, name: str) -> None:
    assert refusal(files, plan_with(name, 1)).code == "PLAN_INVALID"


@pytest.mark.parametrize("data", [b"", b"ARROW1\0\0", b"x" * 5000])
def test_what_is_no_such_file_leaves_nothing(files: StoredTables, data: bytes) -> None:
    with pytest.raises(MockcraftError) as raised:
        put(files, data)
    assert raised.value.code == "STORED_TABLE_INVALID"
    assert list(files.folder.iterdir()) == []


def test_a_file_that_nobody_asked_for_expires_when_another_arrives(tmp_path: Path, files: StoredTables) -> None:
    (old, first), (asked, second), (_, third) = (file_of(tmp_path / "here", rows) for rows in (10, 20, 30))
    put(files, first)
    put(files, second)
    for name in (old, asked):
        os.utime(stored.path_of(files.folder, name), (0, time.time() - HOUR - 5))
    files.engine(plan_with(asked, 20), 1024)
    put(files, third)
    names = {path.stem for path in files.folder.iterdir()}
    assert old not in names and asked in names and len(names) == 2


def test_room_is_made_of_what_is_idle_never_of_what_is_in_use(tmp_path: Path, files: StoredTables) -> None:
    idle, first = file_of(tmp_path / "here", 5000)
    busy, second = file_of(tmp_path / "here", 5001)
    _, third = file_of(tmp_path / "here", 5002)
    put(files, first)
    put(files, second)
    with pytest.raises(MockcraftError) as raised:
        put(files, third)
    assert raised.value.code == "STORED_TABLES_FULL"
    assert {path.stem for path in files.folder.iterdir()} == {idle, busy}
    os.utime(stored.path_of(files.folder, idle), (0, time.time() - IN_USE_SECONDS - 5))
    put(files, third)
    assert {path.stem for path in files.folder.iterdir()} == {busy, hashlib.sha256(third).hexdigest()}
