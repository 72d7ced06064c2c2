"""The growing file: hashing, adoption after a crash, and its final name."""

import hashlib
from pathlib import Path

import pytest

from runner.checkpoint import Checkpoint, Finished
from runner.platform import FileLock, Locked, write_durably
from runner.sink import Sink


def test_a_file_appears_under_its_name_only_when_finished(tmp_path: Path) -> None:
    sink = Sink(tmp_path / "folder" / "a.csv")
    sink.append([b"one,", memoryview(b"two\n")])
    assert not sink.path.exists()
    assert sink.finish() == hashlib.sha256(b"one,two\n").hexdigest()
    assert sink.path.read_bytes() == b"one,two\n"
    assert not sink.part.exists()


def test_garbage_past_the_checkpoint_is_cut(tmp_path: Path) -> None:
    first = Sink(tmp_path / "a")
    first.append([b"good"])
    size, digest = first.bytes, first.digest
    first.append([b"garbage of a dead attempt"])
    first.close()
    second = Sink(tmp_path / "a")
    assert second.adopt(size, digest)
    second.append([b" end"])
    assert second.finish() == hashlib.sha256(b"good end").hexdigest()
    assert (tmp_path / "a").read_bytes() == b"good end"


@pytest.mark.parametrize("left", [b"goo", b"gOod and more"])
def test_a_damaged_or_short_file_is_made_anew(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "a.part").write_bytes(left)
    sink = Sink(tmp_path / "a")
    assert not sink.adopt(4, hashlib.sha256(b"good").hexdigest())
    assert sink.bytes == 0
    sink.append([b"new"])
    sink.finish()
    assert (tmp_path / "a").read_bytes() == b"new"


def test_checkpoint_is_read_back_and_only_for_the_same_work(tmp_path: Path) -> None:
    made = Finished("a.csv", "a.csv", 3, "00", "text/csv", 2, "a", 0.5)
    checkpoint = Checkpoint("spec", (made,), 65_536, 10, "ff", 1.5)
    checkpoint.write(tmp_path)
    assert Checkpoint.read(tmp_path, "spec") == checkpoint
    assert Checkpoint.read(tmp_path, "other") == Checkpoint("other")
    assert Checkpoint.read(tmp_path / "nowhere", "spec") == Checkpoint("spec")


def test_one_lock_at_a_time(tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock"), pytest.raises(Locked), FileLock(tmp_path / "lock"):
        pass
    with FileLock(tmp_path / "lock"):
        pass


def test_small_files_are_replaced_whole(tmp_path: Path) -> None:
    write_durably(tmp_path / "x", b"old")
    write_durably(tmp_path / "x", b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"new"
