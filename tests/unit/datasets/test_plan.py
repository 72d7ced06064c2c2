"""Slots: exact coverage at any size, random access, a function of request and seed alone."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.datasets.plan import AXES, axes, expected, places, slot, slots
from runner.datasets.spec import DatasetRequest


def request(count: int, sizes: tuple[int, int, int, int], seed: int = 0, labels: int = 0) -> DatasetRequest:
    kinds = ("instruction", "qa", "chat", "classification" if labels else "text")
    names = [tuple(f"{axis}{i}" for i in range(size)) for axis, size in zip("tdp", (sizes[0], *sizes[2:]), strict=True)]
    return DatasetRequest(
        target_count=count,
        topics=names[0],
        kinds=kinds[: sizes[1]] if not labels else kinds[-sizes[1] :],
        difficulties=names[1],
        personas=names[2],
        labels=tuple(f"l{i}" for i in range(labels)),
        seed=seed,
    )


def spread(counts: Counter[tuple[str, ...]], all_: int) -> int:
    return max(counts.values()) - (min(counts.values()) if len(counts) == all_ else 0)


@given(
    st.integers(1, 3000),
    st.tuples(*[st.integers(1, 6), st.integers(1, 4), st.integers(1, 5), st.integers(1, 4)]),
    st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_counts_differ_by_at_most_one_on_each_axis_and_in_each_combination(
    count: int, sizes: tuple[int, int, int, int], seed: int
) -> None:
    wanted = request(count, sizes, seed)
    made = [(s.topic, s.kind, s.difficulty, s.persona, s.label) for s in slots(wanted, range(count))]
    values = axes(wanted)
    for at in range(len(AXES)):
        assert spread(Counter((one[at],) for one in made), len(values[at])) <= 1
    whole = Counter(made)
    assert spread(whole, len(list(product(*values)))) <= 1
    assert whole == expected(wanted)


@pytest.mark.parametrize("count", [70_001, 100_000])
def test_coverage_is_exact_beyond_the_size_of_a_table(count: int) -> None:
    wanted = request(count, (7, 3, 3, 5))
    counts = Counter(zip(*(at.tolist() for at in places(wanted, np.arange(count))), strict=True))
    assert len(counts) == 7 * 3 * 3 * 5
    assert max(counts.values()) - min(counts.values()) <= 1


def test_topics_and_kinds_are_balanced_together() -> None:
    wanted = request(1000, (7, 4, 3, 5))
    pairs = Counter((s.topic, s.kind) for s in slots(wanted, range(1000)))
    assert max(pairs.values()) - min(pairs.values()) <= 1


def test_labels_are_balanced() -> None:
    wanted = request(100, (3, 1, 1, 1), labels=3)
    counts = Counter(s.label for s in slots(wanted, range(100)))
    assert sorted(counts.values()) == [33, 33, 34]


def test_any_slot_is_known_without_the_others() -> None:
    wanted = request(500, (4, 3, 2, 2))
    whole = list(slots(wanted, range(500)))
    assert [slot(wanted, n) for n in (499, 0, 123)] == [whole[499], whole[0], whole[123]]
    assert list(slots(wanted, [])) == []


def test_the_seed_decides_the_order_and_nothing_else_does() -> None:
    wanted = [request(400, (4, 2, 2, 2), seed) for seed in (1, 1, 2)]
    first, again, other = ([s.topic for s in slots(one, range(400))] for one in wanted)
    assert first == again != other
    changed = wanted[0].model_copy(update={"output_format": "csv", "batch_size": 7, "temperature": 0.1})
    assert [s.topic for s in slots(changed, range(400))] == first


def test_neighbours_differ() -> None:
    topics = [s.topic for s in slots(request(1000, (10, 1, 1, 1)), range(1000))]
    assert sum(a == b for a, b in combinations(topics[:50], 2)) < 250
    assert len(set(topics[:30])) >= 8


def test_an_axis_not_asked_for_is_empty_and_the_domain_stands_for_topics() -> None:
    bare = DatasetRequest(target_count=3, domain="health", difficulties=())
    assert {(s.topic, s.difficulty, s.persona, s.label) for s in slots(bare, range(3))} == {("health", "", "", "")}
    assert slot(bare, 2).as_metadata() == {"id": 2, "topic": "health", "kind": "instruction", "difficulty": "", "persona": ""}
