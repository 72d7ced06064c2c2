"""Children per parent with random access: which parent a child has, and which children a parent has, in O(1).

Every run of K parents holds one fixed multiset of counts whose sum is T. A run takes one of 64
shuffled arrangements and a rotation, both hashed from (key, run), so that
`parent(j)` and `start(p)` are look-ups. The last run is a prefix of a full one: adding parents
changes no earlier child, and the number of children is exact for any number of parents.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from runner.draws import I64, bits, bounded, derive_key
from runner.plan import Layout

RUN = 4_096
ARRANGEMENTS = 64
_DIRECT = 1 << 17  # largest T with an inverse table; above it the parent is searched


class Tables(NamedTuple):
    """What is derived from a layout: K, T, doubled cumulative counts (64, 2K + 1), and the inverse (64, T) or None."""

    k: int
    t: int
    starts: I64
    inverse: npt.NDArray[np.int32] | None
    run_key: int
    turn_key: int


def multiset(counts: tuple[int, ...], weights: tuple[int, ...]) -> I64:
    """The counts of one run, sorted: K of them, shared out by largest remainder, every positive weight at least once.

    K is the smallest multiple of the number of counts that is >= 4,096.
    """
    size = len(counts)
    k = -(-RUN // size) * size
    total = sum(weights)
    shares = [max(w * k // total, 1 if w else 0) for w in weights]
    order = sorted(range(size), key=lambda i: (-(weights[i] * k % total), i))
    turn = 0
    while sum(shares) < k:
        shares[order[turn % size]] += 1
        turn += 1
    while sum(shares) > k:
        shares[max(range(size), key=lambda i: (shares[i], -i))] -= 1
    return np.repeat(np.array(counts, dtype=np.int64), shares)


@lru_cache(maxsize=32)
def tables(layout: Layout) -> Tables:
    """Derive the tables (5 to 8 MB, some 20 ms)."""
    counts = multiset(layout.counts, layout.weights)
    k, t = len(counts), int(counts.sum())
    starts = np.zeros((ARRANGEMENTS, 2 * k + 1), dtype=np.int64)
    inverse = np.empty((ARRANGEMENTS, t), dtype=np.int32) if 0 < t <= _DIRECT else None
    for number in range(ARRANGEMENTS):
        arranged = _arranged(layout, counts, number)
        np.cumsum(np.concatenate((arranged, arranged)), out=starts[number, 1:])
        if inverse is not None:
            inverse[number] = np.repeat(np.arange(k, dtype=np.int32), arranged)
    return Tables(k, t, starts, inverse, derive_key(layout.key, "run"), derive_key(layout.key, "turn"))


def _arranged(layout: Layout, counts: I64, number: int) -> I64:
    """One of the shuffled arrangements of a run's counts."""
    if counts[0] == counts[-1]:
        return counts
    order = np.argsort(bits(derive_key(layout.key, "arrangement", str(number)), np.arange(len(counts))), kind="stable")
    return counts[order]


def _of_run(tab: Tables, run: I64) -> tuple[I64, I64]:
    """The arrangement and the rotation of each run."""
    return bounded(tab.run_key, run, ARRANGEMENTS), bounded(tab.turn_key, run, tab.k)


def start(layout: Layout, parents: I64) -> I64:
    """The first child row of each parent row (children of p are [start(p), start(p + 1)))."""
    tab = tables(layout)
    run, q = np.divmod(parents, tab.k)
    arrangement, turn = _of_run(tab, run)
    return run * tab.t + tab.starts[arrangement, turn + q] - tab.starts[arrangement, turn]


def size(layout: Layout, parents: I64) -> I64:
    """How many children each parent row has."""
    return start(layout, parents + 1) - start(layout, parents)


def total_children(layout: Layout, parents: int) -> int:
    """How many children `parents` rows have in all. Arranges the last run alone: a check needs no more of a layout."""
    counts = multiset(layout.counts, layout.weights)
    run, rest = divmod(parents, len(counts))
    last = np.array([run], dtype=np.int64)
    arrangement = int(bounded(derive_key(layout.key, "run"), last, ARRANGEMENTS)[0])
    turn = int(bounded(derive_key(layout.key, "turn"), last, len(counts))[0])
    arranged = _arranged(layout, counts, arrangement) if rest else counts
    return run * int(counts.sum()) + int(np.roll(arranged, -turn)[:rest].sum())


def locate(layout: Layout, children: I64) -> tuple[I64, I64]:
    """The parent row of each child row, and the child's number within its parent, from 0."""
    tab = tables(layout)
    if children.size and children[-1] - children[0] == children.size - 1 and bool((np.diff(children) == 1).all()):
        return _locate_range(layout, int(children[0]), children.size)
    run, offset = np.divmod(children, tab.t)
    arrangement, turn = _of_run(tab, run)
    turned = tab.starts[arrangement, turn]
    place = (offset + turned) % tab.t
    slot = tab.inverse[arrangement, place].astype(np.int64) if tab.inverse is not None else _search(tab, arrangement, place)
    q = (slot - turn) % tab.k
    return run * tab.k + q, offset - (tab.starts[arrangement, turn + q] - turned)


def _search(tab: Tables, arrangement: I64, place: I64) -> I64:
    """The slot that holds `place`, by one binary search over all arrangements laid end to end."""
    step = np.int64(tab.t + 1)
    flat = (tab.starts[:, : tab.k + 1] + step * np.arange(ARRANGEMENTS)[:, None]).ravel()
    return np.searchsorted(flat, place + arrangement * step, side="right") - 1 - arrangement * (tab.k + 1)


def _locate_range(layout: Layout, first: int, size: int) -> tuple[I64, I64]:
    """`locate` for consecutive rows: the parents' starts repeated, no look-up per child."""
    edge = _locate_few(layout, np.array([first, first + size - 1], dtype=np.int64))
    low, high = int(edge[0]), int(edge[1])
    starts = start(layout, np.arange(low, high + 2, dtype=np.int64))
    clipped = np.clip(starts, first, first + size)
    counts = np.diff(clipped)
    parents = np.repeat(np.arange(low, high + 1, dtype=np.int64), counts)
    return parents, np.arange(first, first + size, dtype=np.int64) - np.repeat(starts[:-1], counts)


def _locate_few(layout: Layout, children: I64) -> I64:
    tab = tables(layout)
    run, offset = np.divmod(children, tab.t)
    arrangement, turn = _of_run(tab, run)
    place = (offset + tab.starts[arrangement, turn]) % tab.t
    parents: I64 = run * tab.k + (_search(tab, arrangement, place) - turn) % tab.k
    return parents
