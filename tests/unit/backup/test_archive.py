"""Archives: what is written comes back, and every change of a byte is found and named."""

from __future__ import annotations

import io
import random
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.backup.archive import Archive, ArchiveDamagedError, ArchiveWriter, Counted, Key, KeyRequiredError, Manifest, Source
from services.backup.archive import manifest as manifests
from services.backup.archive import writer as writing
from services.backup.archive.reader import CONTAINER

KEY = Key.of(b"correct horse battery")
NOW = datetime(2025, 1, 1, tzinfo=UTC)
MANIFEST = Manifest(
    mockcraft="0.2.0", created_at=NOW, snapshot="copy", snapshot_time=NOW, schema_digest="0" * 64,
    source=Source(dialect="sqlite", database="sqlite:///shop.db", server_version="3", tool="sqlite", tool_version="3"),
    tables=(Counted(name="users", rows=2, digest="0" * 32),),
)  # fmt: skip
CONTENT = {"dump/one": b"first " * 3000, "dump/two": bytes(range(256)) * 40, "empty": b""}


def write(path: Path, key: Key | None = None, content: dict[str, bytes] | None = None) -> Manifest:
    archive = ArchiveWriter(path, key)
    for name, data in (content or CONTENT).items():
        with archive.part(name) as part:
            for at in range(0, len(data), 1000):
                part.write(data[at : at + 1000])
    return archive.finish(MANIFEST)


def damaged(path: Path, key: Key | None = None) -> list[str]:
    """The names of the parts in which something is wrong."""
    try:
        with Archive(path, key) as archive:
            return [damage.part for damage in archive.damages()]
    except ArchiveDamagedError as error:
        return [error.damage.part]


@pytest.fixture(params=[None, KEY], ids=["plain", "sealed"])
def key(request: pytest.FixtureRequest) -> Key | None:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def small_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "FRAME_BYTES", 4096)


def test_what_was_written_comes_back(tmp_path: Path, key: Key | None) -> None:
    written = write(tmp_path / "a", key)
    with Archive(tmp_path / "a", key) as archive:
        assert archive.manifest == written
        assert {part.name: b"".join(archive.read(part.name)) for part in archive.manifest.parts} == CONTENT
        assert list(archive.damages()) == []
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_part_larger_than_a_frame_is_many_frames(tmp_path: Path, key: Key | None) -> None:
    content = {"big": random.Random(1).randbytes(100_000)}
    write(tmp_path / "a", key, content)
    with Archive(tmp_path / "a", key) as archive:
        assert b"".join(archive.read("big")) == content["big"]


def test_common_tools_read_a_plain_archive(tmp_path: Path) -> None:
    write(tmp_path / "a")
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert archive.testzip() is None
        (tmp_path / "one.zst").write_bytes(archive.read("dump/one"))
    try:
        done = subprocess.run(["zstd", "-dc", str(tmp_path / "one.zst")], capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("zstd is not installed")
    assert done.stdout == CONTENT["dump/one"]


def test_a_sealed_archive_shows_no_content(tmp_path: Path) -> None:
    write(tmp_path / "a", KEY)
    with pytest.raises(KeyRequiredError):
        Archive(tmp_path / "a")
    with pytest.raises(KeyRequiredError):
        Archive(tmp_path / "a", Key.of(b"another secret"))
    assert "horse" not in repr(KEY) + repr(KEY.of_archive(b"salt"))
    write(tmp_path / "b")
    with zipfile.ZipFile(tmp_path / "a") as sealed, zipfile.ZipFile(tmp_path / "b") as plain:
        assert plain.read("dump/one") not in sealed.read("dump/one")


def test_every_flipped_bit_is_found(tmp_path: Path, key: Key | None) -> None:
    write(tmp_path / "a", key, {"one": b"x" * 50})
    whole = (tmp_path / "a").read_bytes()
    for at in range(len(whole)):
        (tmp_path / "a").write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        try:
            assert damaged(tmp_path / "a", key), at
        except KeyRequiredError:
            assert key is not None


@pytest.mark.parametrize("cut", [1, 2048])
def test_a_cut_is_found(tmp_path: Path, key: Key | None, cut: int) -> None:
    write(tmp_path / "a", key)
    whole = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(whole[:-cut])
    assert damaged(tmp_path / "a", key) == [CONTAINER]


def rebuilt(path: Path, change: dict[str, bytes | None]) -> None:
    """The archive with entries replaced, dropped (None) or added, its checksum made anew: a change by someone who knows ZIP."""
    with zipfile.ZipFile(path) as old:
        entries = {name: old.read(name) for name in old.namelist()}
    entries.update({name: data for name, data in change.items() if data is not None})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as new:
        for name, data in entries.items():
            if name not in change or change[name] is not None:
                new.writestr(name, data)
    path.write_bytes(file.getvalue())


def entry(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def test_changed_parts_are_named(tmp_path: Path, key: Key | None) -> None:
    path = tmp_path / "a"
    write(path, key)
    whole, one, two = path.read_bytes(), entry(path, "dump/one"), entry(path, "dump/two")
    for change, names in (
        ({"dump/one": two, "dump/two": one}, ["dump/one", "dump/two"]),
        ({"dump/two": None}, ["dump/two"]),
        ({"dump/one": b""}, ["dump/one"]),
        ({"dump/one": one[:-1]}, ["dump/one"]),
        ({"dump/one": one + one}, ["dump/one"]),
        ({"other": b"x"}, ["other"]),
        ({manifests.NAME: entry(path, manifests.NAME).replace(b"users", b"userz")}, [manifests.NAME]),
        ({manifests.NAME: None}, [manifests.NAME]),
        ({manifests.NAME: b"{}"}, [manifests.NAME]),
    ):
        path.write_bytes(whole)
        rebuilt(path, change)  # type: ignore[arg-type]
        assert damaged(path, key) == names


def test_a_manifest_with_a_new_digest_needs_the_key(tmp_path: Path) -> None:
    path = tmp_path / "a"
    written = write(path, KEY)
    forged = written.model_copy(update={"tables": ()}).sealed(None)
    rebuilt(path, {manifests.NAME: forged.to_json()})
    with pytest.raises(KeyRequiredError, match="manifest was changed"):
        Archive(path, KEY)


def test_frames_cannot_be_cut_moved_or_doubled(tmp_path: Path) -> None:
    path = tmp_path / "a"
    content = {"big": random.Random(2).randbytes(12_000)}
    write(path, KEY, content)
    stored = entry(path, "big")
    size = int.from_bytes(stored[:4], "big") + 4
    first, rest = stored[:size], stored[size:]
    for changed in (first, rest, first + first + rest, rest + first):
        write(path, KEY, content)
        rebuilt(path, {"big": changed})
        assert damaged(path, KEY) == ["big"]


def test_abandoning_leaves_nothing(tmp_path: Path) -> None:
    archive = ArchiveWriter(tmp_path / "a")
    with archive.part("one") as part:
        part.write(b"x" * 10_000)
    archive.abandon()
    assert list(tmp_path.iterdir()) == []


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short\n")
    with pytest.raises(KeyRequiredError, match="12 characters"):
        Key.read(tmp_path / "key")
    with pytest.raises(KeyRequiredError, match="cannot be read"):
        Key.read(tmp_path / "none")
