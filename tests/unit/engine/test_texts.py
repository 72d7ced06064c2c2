"""Digits, patterns and UUIDs by table look-up."""

import string
import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.texts import digits, pattern, uuid4


@given(st.lists(st.integers(0, 10**15), max_size=30), st.integers(1, 18), st.booleans())
def test_digits_are_padded_numbers(values: list[int], width: int, blank: bool) -> None:
    expected = ["" if blank and v == 0 else str(v).zfill(width) for v in values]
    assert digits(np.array(values, dtype=np.int64), width, blank).to_pylist() == expected


def reference(alphabets: tuple[str, ...], index: int) -> str:
    text = ""
    for alphabet in reversed(alphabets):
        index, low = divmod(index, len(alphabet))
        text = alphabet[low] + text
    return text


ALPHABETS = st.lists(st.sampled_from(["S", "-", "0123456789", string.ascii_uppercase, "ab", "éè", "01"]), min_size=1, max_size=12)


@given(ALPHABETS, st.integers(0, 2**62))
def test_patterns_are_mixed_radix(alphabets: list[str], number: int) -> None:
    size = int(np.prod([len(a) for a in alphabets], dtype=object))
    index = [0, size - 1, number % size]
    expected = [reference(tuple(alphabets), i) for i in index]
    assert pattern(tuple(alphabets), np.array(index, dtype=np.int64)).to_pylist() == expected


@pytest.mark.parametrize("n", [0, 1, 1000])
def test_uuids_are_version_4_and_distinct(n: int) -> None:
    texts = uuid4(3, np.arange(n)).to_pylist()
    assert len(set(texts)) == n
    assert all(uuid.UUID(t).version == 4 and uuid.UUID(t).variant == uuid.RFC_4122 and str(uuid.UUID(t)) == t for t in texts)
