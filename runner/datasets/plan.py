"""Who writes about what: each record number's topic, kind, difficulty, persona and label.

The combinations of the axes are put in an order in which every beginning of it is balanced on each axis; record
number n gets the place permuted(n) mod (number of combinations) in that order. So counts differ by at most one, by
axis and by whole combination, any record's slot is known without the others, and neighbours differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import lcm, prod
from typing import Final

import numpy as np

from runner.datasets.spec import DatasetRequest
from runner.draws import I64, derive_key
from runner.permute import permute

AXES: Final = ("topic", "kind", "difficulty", "persona", "label")


@dataclass(frozen=True)
class Slot:
    """A record number's place in the plan; "" on an axis that was not asked for."""

    number: int
    topic: str
    kind: str
    difficulty: str
    persona: str
    label: str

    def as_metadata(self) -> dict[str, int | str]:
        """The fields that go before a record's own."""
        return {
            "id": self.number,
            "topic": self.topic,
            "kind": self.kind,
            "difficulty": self.difficulty,
            "persona": self.persona,
        }


def axes(request: DatasetRequest) -> tuple[tuple[str, ...], ...]:
    """The values of each of `AXES`, at least one ("") each. Labels count where classification is asked for."""
    labels = request.labels if "classification" in request.kinds else ()
    given = (request.topics or (request.domain,), request.kinds, request.difficulties, request.personas, labels)
    return tuple(values or ("",) for values in given)


def places(request: DatasetRequest, numbers: I64) -> tuple[I64, ...]:
    """Of each of `AXES`, the index of its value at each record number (0..targetCount-1), as vectors."""
    sizes = tuple(len(values) for values in axes(request))
    at = permute(_key(request.seed), request.target_count, numbers) % prod(sizes)
    return _coordinates(sizes, at)


def slots(request: DatasetRequest, numbers: Iterable[int]) -> Iterator[Slot]:
    """The slots of some record numbers."""
    wanted = np.fromiter(numbers, dtype=np.int64)
    values = axes(request)
    columns = [index.tolist() for index in places(request, wanted)]
    for number, *at in zip(wanted.tolist(), *columns, strict=True):
        yield Slot(number, *(axis[i] for axis, i in zip(values, at, strict=True)))


def slot(request: DatasetRequest, number: int) -> Slot:
    """The slot of one record number."""
    return next(slots(request, (number,)))


def expected(request: DatasetRequest) -> dict[tuple[str, ...], int]:
    """How many records each combination of `AXES` gets; combinations that get none are left out."""
    values = axes(request)
    total = prod(len(axis) for axis in values)
    order = np.arange(min(total, request.target_count), dtype=np.int64)
    each, more = divmod(request.target_count, total)
    columns = [index.tolist() for index in _coordinates(tuple(len(axis) for axis in values), order)]
    counts: Counter[tuple[str, ...]] = Counter()
    for position, at in enumerate(zip(*columns, strict=True)):
        counts[tuple(axis[i] for axis, i in zip(values, at, strict=True))] = each + (position < more)
    return dict(counts)


def _coordinates(sizes: tuple[int, ...], at: I64) -> tuple[I64, ...]:
    """Positions in the balanced order as an index on each axis.

    Axis by axis: where the axes before have m combinations and this one n values, position i has the index
    (i + i // lcm(m, n)) mod n. Over m * n positions each pair comes once; over any n of a run each value once.
    """
    found, before = [], 1
    for size in sizes:
        within = at % (before * size)
        found.append((within + within // lcm(before, size)) % size)
        before *= size
    return tuple(found)


@lru_cache(maxsize=16)
def _key(seed: int) -> int:
    return derive_key(seed, "dataset", "plan")
