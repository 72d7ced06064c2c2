"""What `seed` checks before a job begins."""

from pathlib import Path

import pytest

from cli.commands.seed import make_folder
from cli.failure import USAGE, CommandError


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("name", ["file", "file/below", "x" * 300])
def test_a_folder_that_cannot_be_made_is_wrong_usage_and_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError) as caught:
        make_folder(tmp_path / name)
    assert caught.value.status == USAGE
    assert str(tmp_path / name) in caught.value.message
