"""Keys, bits and bounded draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.draws import bits, bounded, derive_key, high_word, high_word_each

words = st.integers(0, 2**64 - 1)


def reference(key: int, row: int) -> int:
    """splitmix64 in Python integers."""
    mask = 2**64 - 1
    z = (row * 0x9E3779B97F4A7C15 + key) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


@given(words, st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=20))
def test_bits_are_splitmix64_of_key_and_counter(key: int, rows: list[int]) -> None:
    assert bits(key, np.array(rows, dtype=np.int64)).tolist() == [reference(key, r) for r in rows]


@given(st.lists(words, min_size=1, max_size=20), st.integers(1, 2**64))
def test_high_word_is_the_exact_product(xs: list[int], n: int) -> None:
    x = np.array(xs, dtype=np.uint64)
    assert high_word(x, n).tolist() == [(v * n) >> 64 for v in xs]


@given(st.lists(st.tuples(words, words), min_size=1, max_size=20))
def test_high_word_each_is_the_exact_product(pairs: list[tuple[int, int]]) -> None:
    x, n = (np.array(v, dtype=np.uint64) for v in zip(*pairs, strict=True))
    assert high_word_each(x, n).tolist() == [(a * b) >> 64 for a, b in pairs]


def test_keys_depend_on_every_name_and_on_where_names_end() -> None:
    keys = {
        derive_key(1, "a", "b"),
        derive_key(2, "a", "b"),
        derive_key(1, "ab"),
        derive_key(1, "a", "b", ""),
        derive_key(1, "b", "a"),
    }
    assert len(keys) == 5
    assert derive_key(42, "users", "email") == 0xA392885D8F6E13DF


@pytest.mark.parametrize("n", [1, 2, 7, 1000, 2**33 + 1])
def test_bounded_draws_stay_inside_and_are_even(n: int) -> None:
    drawn = bounded(derive_key(0, str(n)), np.arange(100_000), n)
    assert drawn.min() >= 0
    assert drawn.max() < n
    counts = np.bincount(drawn * min(n, 10) // n, minlength=min(n, 10))
    expected = np.array(
        [len([v for v in range(n) if v * min(n, 10) // n == i]) if n <= 1000 else n / 10 for i in range(min(n, 10))]
    )
    expected = expected / expected.sum() * 100_000
    assert ((counts - expected) ** 2 / expected).sum() < 40
