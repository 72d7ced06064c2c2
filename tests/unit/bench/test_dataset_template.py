"""The measure of near-duplicates finds what it should, and nothing else."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tests.bench.dataset_template import Words, near_duplicates, shingles, signatures


def text(seed: int, changed: int = 0) -> str:
    """A hundred words; `changed` of them, at the end, are others."""
    drawn = np.random.default_rng(seed).integers(0, 5_000, 100)
    return " ".join(f"w{n}" for n in [*drawn[: 100 - changed], *range(9_000, 9_000 + changed)])


def test_triples_stay_within_their_text() -> None:
    numbers, starts = shingles(*Words()(pa.array(["a b c d", "a b c", "x y"])))
    assert starts.tolist() == [0, 2, 3, 3]
    assert len(numbers) == 3
    assert numbers[0] == numbers[2] != numbers[1]


def test_near_duplicates_are_found() -> None:
    texts = [*(text(seed) for seed in range(300)), text(7), text(8, 4), text(9, 40)]
    near = near_duplicates(signatures(pa.array(texts), Words()))
    assert np.flatnonzero(near).tolist() == [300, 301]
