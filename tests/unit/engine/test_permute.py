"""Keyed bijections."""

import numpy as np
import pytest

from runner.permute import permute, permute32


@pytest.mark.parametrize("n", [*range(1, 40), 1000, 65_536, 65_537, 65_600, 99_999, 100_003, 262_144])
def test_every_value_comes_once(n: int) -> None:
    assert np.array_equal(np.sort(permute(11, n, np.arange(n))), np.arange(n))


@pytest.mark.parametrize("n", [6 * 10**7, 10**12, 2**62])
def test_large_domains_have_no_collision_in_a_sample_and_stay_inside(n: int) -> None:
    image = permute(5, n, np.arange(200_000))
    assert len(np.unique(image)) == 200_000
    assert image.min() >= 0
    assert image.max() < n


def test_neighbours_are_scattered_and_keys_differ() -> None:
    a, b = permute(1, 10**6, np.arange(10**5)), permute(2, 10**6, np.arange(10**5))
    assert abs(np.corrcoef(a, np.arange(10**5))[0, 1]) < 0.02
    assert (a == b).mean() < 0.001


def test_permute32_is_distinct_and_takes_rows_modulo_2_to_the_32() -> None:
    rows = np.arange(300_000)
    image = permute32(9, rows)
    assert len(np.unique(image)) == 300_000
    assert image.max() < 2**32
    assert np.array_equal(permute32(9, rows + 2**32), image)
