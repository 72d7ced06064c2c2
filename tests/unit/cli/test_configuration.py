"""Settings as commands take them."""

from pathlib import Path

import pytest

from cli.configuration import load
from cli.failure import USAGE, CommandError
from cli.main import main


@pytest.mark.parametrize("name", ["file", "file/below/it", "dangling"])
def test_a_data_folder_that_is_a_file_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    monkeypatch.setenv("MOCKCRAFT_DATA_DIR", str(tmp_path / name))
    with pytest.raises(CommandError) as caught:
        load()
    assert (caught.value.status, caught.value.code) == (USAGE, "SETTINGS_INVALID")
    assert str(tmp_path / name.partition("/")[0]) in caught.value.message and "data_dir" in caught.value.message


def test_commands_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MOCKCRAFT_DATA_DIR", str(tmp_path / "file"))
    for command in (["jobs", "list"], ["server"]):
        assert main(command) == USAGE
        assert "SETTINGS_INVALID" in capsys.readouterr().err


def test_a_data_folder_that_can_be_made_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKCRAFT_DATA_DIR", str(tmp_path / "a" / "b"))
    assert load().data_dir == tmp_path / "a" / "b"
