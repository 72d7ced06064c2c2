"""Folders and names of archives, and where keys come from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.backup.archive import Key, KeyRequiredError
from services.backup.keys import key_of, received, sent
from services.backup.storing import Storing, new_name
from services.common.errors import MockcraftError
from services.common.jobs.children import child_environment
from services.common.settings import Backup, Settings, load_settings


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("sqlite:////data/my%20shop.db", "my-shop"),
        ("postgresql://127.0.0.1/shop", "shop"),
        ("redis://127.0.0.1:6379/0", "redis-0"),
        ("mongodb://127.0.0.1", "mongodb"),
        ("postgresql://127.0.0.1/" + "x" * 300, "x" * 60),
    ],
)
def test_names_tell_database_and_time_and_no_two_are_the_same(url: str, label: str) -> None:
    assert re.fullmatch(rf"{label}-\d{{8}}T\d{{6}}Z-[0-9a-f]{{6}}\.mcbackup", new_name(url))
    assert new_name(url) != new_name(url)


def test_requests_name_folders_below_the_data_folder(tmp_path: Path) -> None:
    storing = Storing(Settings(data_dir=tmp_path))
    (tmp_path / "out").symlink_to("/tmp")
    assert (storing.folder(""), storing.folder("a/b")) == (tmp_path / "backups", tmp_path / "a" / "b")
    for storage in (
        "..",
        "a/..",
        "/a",
        "a//b",
        "a/",
        "out",
        "out/x",
        "outputs",
        "checkpoints/x",
        ".hidden",
        "a\\b",
        "a/b/c/d/e/f",
    ):
        with pytest.raises(MockcraftError) as raised:
            storing.folder(storage)
        assert raised.value.code == "STORAGE_INVALID", storage


def test_the_folder_of_the_settings_may_be_anywhere(tmp_path: Path) -> None:
    storing = Storing(Settings(data_dir=tmp_path / "data", backup=Backup(folder=tmp_path / "kept")))
    assert storing.folder("") == tmp_path / "kept"


def test_a_key_file_goes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_bytes(b"\xff binary key of bytes\n")
    assert key_of(Settings()) is None
    monkeypatch.setenv("MOCKCRAFT_BACKUP_KEY", "a key of some length")
    assert key_of(load_settings()) == Key(b"a key of some length")
    assert "a key of" not in load_settings().render()
    assert "MOCKCRAFT_BACKUP_KEY" not in child_environment({"MOCKCRAFT_BACKUP_KEY": "x"})
    monkeypatch.setenv("MOCKCRAFT_BACKUP__KEY_FILE", str(tmp_path / "key"))
    key = key_of(load_settings())
    assert key == Key(b"\xff binary key of bytes")
    assert received(sent(key)) == key and received(sent(None)) is None
    (tmp_path / "key").unlink()
    with pytest.raises(KeyRequiredError):
        key_of(load_settings())
