"""Every mutation of a backup is found and named, and clean backups verify; at full size in `make prove ARGS=backup`."""

from __future__ import annotations

from pathlib import Path

from tests.bench.backups import CHANGES, fill, mutated

FEW = {sql: CHANGES[sql] for sql in list(CHANGES)[1:8:3]}


def shown(url: str, home: Path, bits: int, changes: dict[str, str]) -> None:
    fill(url, 40)
    tried = mutated(url, home, 40, 1, bits, changes)
    assert (tried.alarms, tried.missed) == ([], [])
    assert tried.mutations == 6 + bits + 12 + len(changes)


def test_mutations_of_sqlite(tmp_path: Path) -> None:
    shown(f"sqlite:///{tmp_path / 'shop.db'}", tmp_path, 32, CHANGES)


def test_mutations_of_postgresql(postgres_url: str, tmp_path: Path) -> None:
    shown(postgres_url, tmp_path, 20, FEW)


def test_mutations_of_mariadb(mariadb_url: str, tmp_path: Path) -> None:
    shown(mariadb_url, tmp_path, 20, FEW)
