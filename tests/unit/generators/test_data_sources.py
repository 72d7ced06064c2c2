"""docs/data.md names every data file, and every package that they come from at its pinned version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner import pools

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
PINS = {
    name: version
    for file in ("requirements.txt", "npm.txt", "wheels.txt")
    if (ROOT / "scripts" / "pools" / file).exists()
    for name, version in re.findall(
        r"^(@?[\w/.\-]+?)(?:==|@)([\w.]+)", (ROOT / "scripts" / "pools" / file).read_text(encoding="utf-8"), re.MULTILINE
    )
}


def named(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE) is not None


@pytest.mark.parametrize("file", sorted({p.stem for p in pools.DATA.glob("*.arrow")} - set(pools.locales())))
def test_every_data_file_is_named(file: str) -> None:
    assert f"`{file}`" in PAGE


@pytest.mark.parametrize("package", sorted(PINS))
def test_every_package_is_named_at_its_version(package: str) -> None:
    said = [line for line in PAGE.splitlines() if named(package, line)]
    assert said
    assert any(PINS[package] in line for line in said)


def test_no_file_is_named_that_is_gone() -> None:
    files = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert len(files) > 10
    assert {file for file in files if not (pools.DATA / f"{file}.arrow").exists()} == set()
