"""Archives in S3-compatible storage: whole or not there, listed by their ends, retired, fetched; what goes wrong, plainly."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.backup.archive import ArchiveWriter, Manifest, Source
from services.backup.bucket import Bucket
from services.backup.storing import Storing
from services.common.databases import DatabaseError
from services.common.errors import MockcraftError
from services.common.settings import Settings
from services.common.storage.objects import parsed
from tests.e2e.cli_process import Cli, events
from tests.integration.backup.s3 import S3, SECRET, run_s3

NOW = datetime(2025, 6, 1, tzinfo=UTC)
SOURCE = Source(dialect="sqlite", database="sqlite:///shop.db", server_version="3", tool="t", tool_version="3")


def tell(phase: str, done: int, total: int) -> None:
    pass


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with run_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def zoo(tmp_path: Path) -> Cli:
    with closing(sqlite3.connect(tmp_path / "zoo.db")) as connection, connection:
        connection.execute("CREATE TABLE pets (id INTEGER PRIMARY KEY, data BLOB)")
        connection.executemany("INSERT INTO pets VALUES (?, randomblob(1048576))", [(i,) for i in range(20)])
    return Cli(tmp_path)


def made(folder: Path, name: str, days: int, size: int) -> Path:
    at = NOW - timedelta(days=days)
    manifest = Manifest(
        mockcraft="0", created_at=at, source=SOURCE, snapshot="copy", snapshot_time=at, tables=(), schema_digest="0" * 64
    )
    writer = ArchiveWriter(folder / name)
    with writer.part("data") as part:
        part.write(os.urandom(size))
    writer.finish(manifest)
    return folder / name


def test_what_is_kept_is_listed_and_comes_back(s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket()
    place = Bucket(f"s3://{bucket}/a/b", s3.access)
    files = {name: made(tmp_path, name, days, 20 << 20) for name, days in (("old.mcbackup", 9), ("new.mcbackup", 1))}
    for name, file in files.items():
        place.keep(file, name, tell)
    s3.client.put_object(Bucket=bucket, Key="a/b/no.mcbackup", Body=b"something else")
    s3.client.put_object(Bucket=bucket, Key="a/b/deeper/x.mcbackup", Body=b"something else")
    sizes = [(name, files[name].stat().st_size) for name in ("new.mcbackup", "old.mcbackup")]
    assert [(kept.name, kept.bytes) for kept in place.archives()] == sizes
    assert place.manifest("no.mcbackup") is None
    (tmp_path / "work").mkdir()
    with place.opened("old.mcbackup", tmp_path / "work", tell) as path:
        assert path.read_bytes() == files["old.mcbackup"].read_bytes()
    assert list((tmp_path / "work").iterdir()) == []
    place.remove("old.mcbackup")
    assert "a/b/old.mcbackup" not in s3.keys(bucket)


def test_a_cancelled_upload_is_taken_back(s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket()
    place, file = Bucket(f"s3://{bucket}", s3.access), made(tmp_path, "x.mcbackup", 1, 40 << 20)
    seen: list[int] = []

    def stop(phase: str, done: int, total: int) -> None:
        seen.append(s3.unfinished(bucket))
        if done > 24 << 20:
            place._cancelled.set()

    with pytest.raises(DatabaseError) as raised:
        place.keep(file, "x.mcbackup", stop)
    assert (raised.value.code, max(seen), s3.unfinished(bucket), s3.keys(bucket)) == ("CANCELLED", 1, 0, [])


def test_what_is_not_what_was_sent_is_found_and_removed(s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket()
    place, file = Bucket(f"s3://{bucket}", s3.access), made(tmp_path, "x.mcbackup", 1, 100)

    def swap(name: str, start: int, end: int) -> bytes:
        return b"\0" * (end - start)

    place._fetch = swap  # type: ignore[method-assign]
    with pytest.raises(DatabaseError, match="not what was sent") as raised:
        place.keep(file, "x.mcbackup", tell)
    assert (raised.value.code, s3.keys(bucket)) == ("STORAGE_MISMATCH", [])


def test_what_goes_wrong_is_told_without_keys(s3: S3, tmp_path: Path) -> None:
    file = made(tmp_path, "x.mcbackup", 1, 100)
    for url, access, code in (
        (f"s3://{s3.bucket()}", s3.access | {"endpoint": "http://127.0.0.1:1"}, "STORAGE_UNAVAILABLE"),
        ("s3://no-such-bucket", s3.access, "STORAGE_NOT_FOUND"),
    ):
        with pytest.raises(DatabaseError) as raised:
            Bucket(url, access).keep(file, "x.mcbackup", tell)
        assert raised.value.code == code and SECRET not in str(raised.value)
    with pytest.raises(DatabaseError) as raised:
        Bucket(f"s3://{s3.bucket()}", s3.access).manifest("none.mcbackup")
    assert raised.value.code == "ARCHIVE_NOT_FOUND"


def test_requests_name_the_bucket_of_the_settings_alone(tmp_path: Path) -> None:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": SECRET}
    storing = Storing(Settings(data_dir=tmp_path, s3_bucket="ours", **keys))  # type: ignore[arg-type]
    assert isinstance(storing.place("s3://ours/nightly"), Bucket) and isinstance(storing.place("s3://other", True), Bucket)
    for bad in ("s3://other/x", "s3://ours/../x", "s3://ours//x", "s3://Ours", "https://ours/x", "s3://", "s3://u:p@ours"):
        with pytest.raises(MockcraftError) as raised:
            storing.place(bad)
        assert raised.value.code == "STORAGE_INVALID", bad
    with pytest.raises(MockcraftError) as raised:
        Storing(Settings(data_dir=tmp_path, s3_bucket="ours")).place("s3://ours")
    assert raised.value.code == "STORAGE_KEY_MISSING"
    assert parsed("s3://ours/a/b/") == ("ours", "a/b")


def test_from_the_command_line_and_back_through_a_kill(s3: S3, zoo: Cli) -> None:
    bucket = s3.bucket()
    args = ("backup", "--db", "sqlite:///zoo.db", "--path", f"s3://{bucket}/nightly", "--verify", "RESTORED_CHECKSUMMED")
    killed = zoo.run(*args, **s3.env, MOCKCRAFT_FAILPOINT="backup.mid_upload:2", MOCKCRAFT_MAX_ATTEMPTS="1")
    assert killed.returncode == 1 and s3.keys(bucket) == []
    for _ in range(2):
        said = events(zoo.ok(*args, "--keep-last", "1", **s3.env))[-1]["data"]
    name = f"{said['store']}/{said['archive']}"
    assert (said["level"], len(said["removed"]), said["artifacts"]) == ("RESTORED_CHECKSUMMED", 1, [])
    assert [f"s3://{bucket}/{key}" for key in s3.keys(bucket)] == [name]
    assert "as it was backed up" in zoo.ok("verify", name, **s3.env)
    zoo.ok("restore", name, "--db", "sqlite:///again.db", **s3.env)
    with closing(sqlite3.connect(zoo.folder / "again.db")) as connection:
        assert connection.execute("SELECT count(*) FROM pets").fetchone() == (20,)
    assert not list(zoo.data.rglob(f"{said['archive']}*"))
    assert not [path for path in zoo.data.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    missing = zoo.run("verify", name + "x", **s3.env)
    assert missing.returncode == 1 and "ARCHIVE_NOT_FOUND" in missing.stderr
