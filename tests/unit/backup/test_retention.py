"""Retention: the newest stays, others of the same database go by number and by age, strangers are left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.backup.archive import ArchiveWriter, Manifest, Source
from services.backup.retention import SUFFIX, archives, outdated

NOW = datetime(2025, 6, 1, tzinfo=UTC)
HERE = Source(dialect="sqlite", database="sqlite:///shop.db", server_version="3", tool="t", tool_version="3")
THERE = HERE.model_copy(update={"database": "sqlite:///other.db"})


def put(folder: Path, name: str, days: int, source: Source = HERE) -> None:
    at = NOW - timedelta(days=days)
    manifest = Manifest(
        mockcraft="0", created_at=at, source=source, snapshot="copy", snapshot_time=at, tables=(), schema_digest="0" * 64
    )
    ArchiveWriter(folder / f"{name}{SUFFIX}").finish(manifest)


@pytest.mark.parametrize(
    ("last", "days", "gone"),
    [(0, 0, []), (1, 0, ["b", "c"]), (2, 0, ["c"]), (9, 0, []), (0, 5, ["c"]), (0, 1, ["b", "c"]), (2, 1, ["b", "c"])],
)
def test_what_is_outdated(tmp_path: Path, last: int, days: int, gone: list[str]) -> None:
    put(tmp_path, "a", 2)
    put(tmp_path, "b", 4)
    put(tmp_path, "c", 9)
    put(tmp_path, "x", 90, THERE)
    (tmp_path / f"no{SUFFIX}").write_bytes(b"something else")
    found = outdated(archives(tmp_path), HERE, last, days, NOW)
    assert found == [f"{name}{SUFFIX}" for name in gone]
