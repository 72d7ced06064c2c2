"""Dictionaries: versions that never change, found by name and digest, drawn from as any pool."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from runner import dictionaries, pools
from runner.dictionaries import DictionaryMissing
from runner.engine import Engine, RowError, look_up_dictionaries
from runner.generators import ParameterError, UnknownGenerator, everything, find, suggestions
from runner.schema import check
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


def test_lost_texts_are_missed_at_plan_time_even_where_they_are_open(folder: Path) -> None:
    schema = "tables: {t: {rows: 3, columns: {title: dictionary.jobs, tags: {array: {of: dictionary.jobs, min: 1, max: 2}}}}}"
    dictionaries.save("jobs", TEXTS, weighted=True)
    assert check(schema).plan is not None
    stamp = dictionaries.stamp()
    (folder / "jobs" / "1" / "texts.arrow").unlink()
    assert dictionaries.stamp() != stamp
    found = check(schema).findings
    assert [(each.path, each.code) for each in found] == [
        ("tables.t.columns.title", "DICTIONARY_NOT_FOUND"),
        ("tables.t.columns.tags.array.of", "DICTIONARY_NOT_FOUND"),
    ]
    assert f"'jobs' has lost its texts, the file {folder.name}/jobs/1/texts.arrow" in found[0].message
    assert dictionaries.save("jobs", TEXTS, weighted=True).version == 2
    assert check(schema).plan is not None


def test_dictionary_that_a_plan_needs_and_that_went_is_told_with_its_column() -> None:
    dictionaries.save("jobs", TEXTS, weighted=True)
    plan = check("tables: {t: {rows: 3, columns: {id: sequence, title: dictionary.jobs}}}").plan
    assert plan is not None
    look_up_dictionaries(plan)
    dictionaries.remove("jobs")
    dictionaries.batch_of.cache_clear()
    pools.pool.cache_clear()
    pools._file.cache_clear()
    with pytest.raises(DictionaryMissing, match=r"t\.title: the dictionary 'jobs'"):
        look_up_dictionaries(plan)
    with pytest.raises(RowError) as failed:
        Engine(plan).batch("t", 0, 3)
    assert failed.value.code == "DICTIONARY_NOT_FOUND"


def test_folder_of_a_version_that_does_not_say_what_it_is_counts_for_nothing(folder: Path) -> None:
    dictionaries.save("jobs", TEXTS, weighted=True)
    (folder / "jobs" / "1" / "dictionary.json").unlink()
    assert dictionaries.names() == () and dictionaries.every() == ()
    with pytest.raises(UnknownGenerator, match="no dictionaries here"):
        find("dictionary.jobs")


@pytest.mark.parametrize("name", ["", "A", "a b", "../x", "1a", "a" * 65, "a/b"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a dictionary"):
        dictionaries.save(name, TEXTS, weighted=False)
    assert dictionaries.versions(name) == ()
