"""Shaped distributions, weights and Zipf."""

from decimal import Decimal
from statistics import NormalDist

import numpy as np
import pytest

from runner.shapes import alias_table, normal_probability, normal_quantile, shaped, weighted, zipf

ROWS = np.arange(400_000)


@pytest.mark.parametrize("p", [0.000001, 0.01, 0.3, 0.5, 0.7, 0.999])
def test_normal_quantiles_are_those_of_the_library(p: float) -> None:
    assert float(normal_quantile(Decimal(p))) == pytest.approx(NormalDist().inv_cdf(p), abs=2e-3)
    assert float(normal_probability(normal_quantile(Decimal(p)))) == pytest.approx(p, rel=1e-9)


def test_normal_has_its_mean_spread_and_tail() -> None:
    x = shaped(1, ROWS, "normal", -(10**7), 10**7, "500", "10000")
    assert x.mean() == pytest.approx(500, abs=60)
    assert x.std() == pytest.approx(10_000, rel=0.01)
    assert (np.abs(x - 500) > 30_000).mean() == pytest.approx(0.0027, rel=0.15)


def test_truncation_keeps_the_shape_and_the_range() -> None:
    x = shaped(1, ROWS, "normal", 0, 100, "0", "50")
    assert x.min() == 0
    assert x.max() == 100
    inside = [NormalDist(0, 50).cdf(v) for v in (0, 50, 100)]
    assert (x < 50).mean() == pytest.approx((inside[1] - inside[0]) / (inside[2] - inside[0]), abs=0.01)


def test_lognormal_spread_is_true_to_the_far_tail() -> None:
    x = shaped(1, ROWS, "lognormal", 1, 10**9, "2500", "0.6")
    assert np.median(x) == pytest.approx(2500, rel=0.01)
    assert np.log(x).std() == pytest.approx(0.6, rel=0.01)
    assert x.std() == pytest.approx(2500 * np.exp(0.18) * np.sqrt(np.exp(0.36) - 1), rel=0.03)


def test_exponential_and_triangular_have_their_means() -> None:
    assert shaped(1, ROWS, "exponential", 0, 10**6, "1000", "").mean() == pytest.approx(1000, rel=0.01)
    assert shaped(1, ROWS, "triangular", 0, 1000, "800", "").mean() == pytest.approx(600, rel=0.01)


@pytest.mark.parametrize("weights", [(80, 15, 5), (1, 0, 1), (7,), (1, 10**12), tuple(range(1, 500))])
def test_weights_are_followed(weights: tuple[int, ...]) -> None:
    counts = np.bincount(weighted(5, ROWS, weights), minlength=len(weights))
    expected = np.array(weights, dtype=float) / sum(weights) * len(ROWS)
    assert (counts[expected == 0] == 0).all()
    seen = expected > 0.5
    chi2 = ((counts[seen] - expected[seen]) ** 2 / expected[seen]).sum()
    assert chi2 < seen.sum() + 5 * np.sqrt(2 * seen.sum())


def test_alias_table_is_exact() -> None:
    weights = (3, 1, 4, 1, 5)
    table = alias_table(weights)
    mass = [0] * table.n
    for i in range(table.n):
        mass[i] += int(table.threshold[i])
        mass[int(table.alias[i])] += 2**64 - int(table.threshold[i])
    for got, weight in zip(mass, weights, strict=True):
        assert got / (table.n * 2**64) == pytest.approx(weight / sum(weights), abs=1e-15)


@pytest.mark.parametrize("s", ["0.8", "1", "1.3"])
def test_zipf_follows_its_law(s: str) -> None:
    n = 50_000
    ranks = zipf(3, ROWS, n, s)
    mass = np.arange(1, n + 1) ** -float(s)
    seen = np.cumsum(np.bincount(ranks, minlength=n)) / len(ranks)
    assert np.abs(seen - np.cumsum(mass) / mass.sum()).max() < 0.004
    assert zipf(3, ROWS, 3, s).max() == 2
