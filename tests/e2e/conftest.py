"""What the end-to-end tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cli_process import Cli


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """The command in a folder of its own."""
    made = Cli(tmp_path)
    yield made
    made.close()
