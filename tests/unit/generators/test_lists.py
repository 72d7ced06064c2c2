"""Generators over given values, numbers with gaps, and remarks."""

from collections import Counter
from itertools import permutations

import pytest

from runner.engine import values
from runner.generators.lists import cycle, sample
from runner.generators.registry import Make, ParameterError
from runner.generators.remark import remark
from runner.generators.sparse import sparse_sequence


def make(rows: int = 20_000, unique: bool = False) -> Make:
    return Make(seed=1, table="t", column="c", rows=rows, as_of=0, unique=unique)


def test_a_cycle_goes_round() -> None:
    made = cycle(make(), ["b", "a", "c"])
    assert values(made, 7).to_pylist() == ["b", "a", "c", "b", "a", "c", "b"]
    assert (made.distinct, made.unique) == (3, False)


def test_a_cycle_is_unique_only_once_round() -> None:
    assert cycle(make(3, unique=True), [3, 1, 2]).unique
    with pytest.raises(ParameterError, match="unique needs 4 distinct values, but only 3"):
        cycle(make(4, unique=True), [3, 1, 2])
    with pytest.raises(ParameterError, match="only 2"):
        cycle(make(3, unique=True), [3, 1, 1])


def test_a_sample_is_any_selection_equally_often() -> None:
    found = Counter(values(sample(make(), list("abcd"), 3, ""), 24_000).to_pylist())
    assert set(found) == {"".join(p) for p in permutations("abcd", 3)}
    assert 850 < min(found.values()) <= max(found.values()) < 1150


def test_a_sample_of_more_than_there_are_is_refused() -> None:
    with pytest.raises(ParameterError, match="only 2 values"):
        sample(make(), ["a", "b"], 3, " ")
    with pytest.raises(ParameterError, match="twice"):
        sample(make(), ["a", "a"], 1, " ")


def test_sparse_numbers_leave_gaps() -> None:
    assert values(sparse_sequence(make(), 1, 2, 5), 6).to_pylist() == [1, 2, 6, 7, 11, 12]
    with pytest.raises(ParameterError, match="more than the `span`"):
        sparse_sequence(make(), 1, 6, 5)


@pytest.mark.parametrize(("low", "high"), [(3, 3), (10, 43), (49, 198), (201, 201)])
def test_remarks_have_the_length_asked_for(low: int, high: int) -> None:
    texts = values(remark(make(), low, high), 20_000).to_pylist()
    assert {len(t) for t in texts} <= set(range(low, high + 1))
    assert len(set(texts)) > min(1000, 10 ** (low // 2))
    assert all(text == text.strip() and "  " not in text for text in texts)


def test_remarks_cannot_be_shorter_than_their_minimum() -> None:
    with pytest.raises(ParameterError, match="more than `max`"):
        remark(make(), 20, 10)
