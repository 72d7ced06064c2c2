"""Dictionaries: versions that never change, found by name and digest, drawn from as any pool."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from runner import dictionaries, pools
from runner.dictionaries import DictionaryMissing
from runner.generators import ParameterError, UnknownGenerator, everything, find, suggestions
from runner.values import generate_values

TEXTS = {"Nurse": 3, "Pilot": 1, "日本語の先生": 1}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(dictionaries.FOLDER, str(tmp_path))
    yield tmp_path
    pools.pool.cache_clear()
    pools._file.cache_clear()
    dictionaries.batch_of.cache_clear()


def test_digest_is_of_texts_and_weights_alone() -> None:
    plain = pa.array(list(TEXTS), pa.string())
    sliced = pa.array(["x", *TEXTS], pa.string()).slice(1)
    weights = pa.array(list(TEXTS.values()), pa.int64())
    assert dictionaries.digest_of(plain, None) == dictionaries.digest_of(sliced, None)
    digests = {
        dictionaries.digest_of(plain, None),
        dictionaries.digest_of(plain, weights),
        dictionaries.digest_of(pa.array(["NurseP", "ilot", "日本語の先生"]), None),
        dictionaries.digest_of(pa.array(["Pilot", "Nurse", "日本語の先生"]), None),
    }
    assert len(digests) == 4


def test_same_texts_are_the_same_version(folder: Path) -> None:
    first = dictionaries.save("jobs", TEXTS, weighted=True, source="a")
    again = dictionaries.save("jobs", TEXTS, weighted=True, source="b")
    other = dictionaries.save("jobs", TEXTS, weighted=False)
    assert (first, first.version, other.version) == (again, 1, 2)
    assert dictionaries.versions("jobs") == (1, 2) and dictionaries.get("jobs") == other
    assert sorted(path.name for path in (folder / "jobs").iterdir()) == ["1", "2"]


def test_values_depend_on_seed_and_digest_alone() -> None:
    dictionaries.save("one", TEXTS, weighted=True)
    dictionaries.save("two", {"else": 1}, weighted=False)
    drawn = generate_values("dictionary.one", 4000, 5)[1]
    assert drawn == generate_values("Dictionary.One", 4000, 5)[1]
    assert set(drawn) == set(TEXTS) and abs(drawn.count("Nurse") / 4000 - 0.6) < 0.04
    dictionaries.save("one", {"new": 1}, weighted=False)
    assert generate_values("dictionary.one", 2, 5)[1] == ["new", "new"]
    assert generate_values("dictionary.one", 4000, 5, params={"version": 1})[1] == drawn


def test_equal_counts_are_no_weights() -> None:
    assert dictionaries.save("same", {"a": 2, "b": 2}, weighted=True).weighted is False


def test_unknown_dictionaries_are_told_the_known_ones() -> None:
    with pytest.raises(UnknownGenerator, match="no dictionaries here"):
        find("dictionary.jobs")
    dictionaries.save("jobs", TEXTS, weighted=False)
    with pytest.raises(UnknownGenerator, match=r"the dictionaries here are jobs; did you mean dictionary\.jobs"):
        find("dictionary.job")
    assert suggestions("dictionary.jbos") == ("dictionary.jobs",)
    with pytest.raises(ParameterError, match="version 7"):
        generate_values("dictionary.jobs", 1, 1, params={"version": 7})


def test_own_name_goes_before_other_spellings() -> None:
    dictionaries.save("ab_c", {"first": 1}, weighted=False)
    dictionaries.save("a_bc", {"second": 1}, weighted=False)
    assert generate_values("dictionary.ab_c", 1, 1)[1] == ["first"]
    assert generate_values("dictionary.a_bc", 1, 1)[1] == ["second"]


def test_everything_lists_what_is_here_now() -> None:
    assert not [name for name in everything() if name.startswith("dictionary.")]
    dictionaries.save("jobs", TEXTS, weighted=False)
    assert "dictionary.jobs" in everything() and "person.first_name" in everything()
    dictionaries.remove("jobs")
    assert "dictionary.jobs" not in everything()


def test_removed_versions_are_missed_by_name(folder: Path) -> None:
    first = dictionaries.save("jobs", TEXTS, weighted=True)
    dictionaries.save("jobs", {"a": 1}, weighted=False)
    assert dictionaries.remove("jobs", 1) == first and dictionaries.versions("jobs") == (2,)
    with pytest.raises(DictionaryMissing, match="'jobs' with the digest"):
        pools.pool(first.pool)
    dictionaries.remove("jobs")
    assert list(folder.iterdir()) == []
    with pytest.raises(DictionaryMissing):
        dictionaries.remove("jobs")


def test_damaged_texts_are_noticed(folder: Path) -> None:
    made = dictionaries.save("jobs", TEXTS, weighted=True)
    path = folder / "jobs" / "1" / "texts.arrow"
    path.write_bytes(path.read_bytes().replace(b"Pilot", b"Pirat"))
    with pytest.raises(DictionaryMissing, match="damaged"):
        pools.pool(made.pool)


@pytest.mark.parametrize("name", ["", "A", "a b", "../x", "1a", "a" * 65, "a/b"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a dictionary"):
        dictionaries.save(name, TEXTS, weighted=False)
    assert dictionaries.versions(name) == ()
