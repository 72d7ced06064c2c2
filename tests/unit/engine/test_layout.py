"""Children per parent, both ways."""

import numpy as np
import pytest

from runner.layout import locate, multiset, start, total_children
from runner.plan import Layout

SHAPES = [
    ((0, 1, 2, 3, 4, 5, 6, 7, 8), (1,) * 9),
    ((1, 2, 3, 4, 5), (50, 20, 15, 10, 5)),
    ((0, 1000), (3, 1)),
    ((3,), (1,)),
    ((0, 1), (999, 1)),
    ((0, 2_000), (1, 1)),
]


@pytest.mark.parametrize(("counts", "weights"), SHAPES)
def test_parents_and_children_agree(counts: tuple[int, ...], weights: tuple[int, ...]) -> None:
    layout = Layout(7, "parents", counts, weights)
    parents = 6_000
    total = total_children(layout, parents)
    parent, ordinal = locate(layout, np.arange(total))
    per_parent = np.bincount(parent, minlength=parents)
    assert len(per_parent) == parents
    assert set(per_parent.tolist()) <= set(counts)
    assert np.array_equal(np.diff(start(layout, np.arange(parents + 1))), per_parent)
    assert np.array_equal(start(layout, parent) + ordinal, np.arange(total))


@pytest.mark.parametrize(("counts", "weights"), SHAPES)
def test_random_access_equals_sequence(counts: tuple[int, ...], weights: tuple[int, ...]) -> None:
    layout = Layout(3, "parents", counts, weights)
    total = total_children(layout, 6_000)
    parent, ordinal = locate(layout, np.arange(total))
    asked = np.arange(0, total, 97)[::-1].copy()
    some_parent, some_ordinal = locate(layout, asked)
    assert np.array_equal(some_parent, parent[asked])
    assert np.array_equal(some_ordinal, ordinal[asked])
    third = np.arange(total // 3, total // 3 + min(500, total // 3))
    assert np.array_equal(locate(layout, third)[0], parent[third])
    assert np.array_equal(
        locate(layout, np.array([0, 3, 1, 3], dtype=np.int64) % total)[0], parent[np.array([0, 3, 1, 3]) % total]
    )


def test_more_parents_change_no_earlier_child() -> None:
    layout = Layout(3, "parents", (0, 1, 5), (1, 2, 1))
    few = total_children(layout, 1_000)
    assert np.array_equal(locate(layout, np.arange(few))[0], locate(layout, np.arange(total_children(layout, 9_000)))[0][:few])


def test_a_run_holds_the_weights_and_every_positive_one() -> None:
    counts = multiset((0, 1, 2), (10_000_000, 1, 10_000_000))
    assert len(counts) == 4_098
    assert (counts == 1).sum() == 1
    assert abs((counts == 0).sum() - (counts == 2).sum()) <= 1


def test_rows_far_beyond_memory() -> None:
    layout = Layout(3, "parents", tuple(range(9)), (1,) * 9)
    j = np.array([10**12, 10**12 + 1, 10**15])
    parent, ordinal = locate(layout, j)
    assert np.array_equal(start(layout, parent) + ordinal, j)
