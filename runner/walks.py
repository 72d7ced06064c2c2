"""Walks over states: the state of a walk at any step, computed from its key, its number and its length.

Which moves are allowed depends on how many are still to come, so that no walk gets stuck before its
end. What is possible is worked out once per plan; a state at step k costs k draws, shared by the
rows of one walk.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from runner.draws import I64, bits, high_word_each
from runner.ops import Walk

LONGEST = 1_024
"""Steps of a walk."""
STATES = 64


class Choices(NamedTuple):
    """Cumulative weights of the start by moves left (n, s), and of each move by moves left after it and state (n, s, s)."""

    start: I64
    moves: I64


def finishable(moves: tuple[tuple[int, ...], ...], complete: bool, most: int) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Whether exactly m more moves can be made from a state, for m in 0 to `most` (rows) and each state (columns)."""
    allowed = np.array(moves, dtype=np.int64) > 0
    possible = np.zeros((most + 1, len(moves)), dtype=np.bool_)
    possible[0] = ~allowed.any(axis=1) if complete else True
    for left in range(1, most + 1):
        possible[left] = (allowed & possible[left - 1]).any(axis=1)
    return possible


@lru_cache(maxsize=32)
def _choices(start: tuple[int, ...], moves: tuple[tuple[int, ...], ...], complete: bool, most: int) -> Choices:
    possible = finishable(moves, complete, most)
    weights = np.array(moves, dtype=np.int64)
    starts = np.cumsum(np.array(start, dtype=np.int64) * possible, axis=1)
    return Choices(starts, np.cumsum(weights * possible[:, None, :], axis=2))


def walked(op: Walk, group: I64, step: I64, size: I64) -> I64:
    """The state of walk `group` of `size` states at `step`, 0 <= step < size. Draw j of a walk is at group * 1,024 + j."""
    if not group.size:
        return group
    choices = _choices(op.start, op.moves, op.complete, int(size.max()) - 1)
    walks, first, place = np.unique(group, return_index=True, return_inverse=True)
    length, state = size[first], np.zeros(len(walks), dtype=np.int64)
    order = np.argsort(step, kind="stable")
    ends = np.searchsorted(step[order], np.arange(int(step.max()) + 2))
    found = np.empty(len(group), dtype=np.int64)
    for number in range(int(step.max()) + 1):
        going = np.flatnonzero(length > number)
        left = length[going] - 1 - number
        table = choices.moves[left, state[going]] if number else choices.start[left]
        state[going] = _drawn(op.key, walks[going] * LONGEST + number, table)
        rows = order[ends[number] : ends[number + 1]]
        found[rows] = state[place[rows]]
    return found


def _drawn(key: int, at: I64, cumulative: I64) -> I64:
    """The index drawn by the cumulative weights of each row (n, s)."""
    drawn = high_word_each(bits(key, at), cumulative[:, -1].astype(np.uint64)).view(np.int64)
    index: I64 = (cumulative <= drawn[:, None]).sum(axis=1)
    return index
