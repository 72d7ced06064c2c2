"""Numbers follow their distributions: chi-square where values are few, Kolmogorov-Smirnov where they are many."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from runner.circles import arc_cosine, cosine, cosine_table, sine
from runner.engine import values
from runner.generators import ParameterError
from runner.masses import bins_of, lower_beta, lower_gamma
from tests.unit.generators.made import one, values_of

ROWS = 200_000
Floats = npt.NDArray[np.float64]


def numbers(name: str, params: dict[str, Any], column: str = "c", rows: int = ROWS) -> Floats:
    made = one(name, params, rows=rows, column=column)
    return np.array(values(made, rows).cast("float64").to_numpy(), np.float64)


def chi_square(found: Floats, expected: dict[int, float]) -> None:
    """Categories of less than five expected are put together."""
    total, counts = sum(expected.values()), {k: int(n) for k, n in zip(*np.unique(found, return_counts=True), strict=True)}
    assert set(counts) <= set(expected)
    statistic, freedom, rest, rest_expected = 0.0, -1, 0, 0.0
    for value, weight in expected.items():
        mass = weight / total * len(found)
        if mass < 5:
            rest, rest_expected = rest + counts.get(value, 0), rest_expected + mass
            continue
        statistic += (counts.get(value, 0) - mass) ** 2 / mass
        freedom += 1
    if rest_expected > 0.5:
        statistic += (rest - rest_expected) ** 2 / rest_expected
        freedom += 1
    assert statistic < freedom + 4 * math.sqrt(2 * freedom) + 8


def kolmogorov(found: Floats, probability: Callable[[float], float]) -> None:
    """The largest distance to the exact distribution, at steps of the sample, is what chance allows (1 in 10,000)."""
    ordered = np.sort(found)
    places = np.unique(np.linspace(0, len(ordered) - 1, 4_000).astype(int))
    below = np.searchsorted(ordered, ordered[places], side="right") / len(ordered)
    exact = np.array([probability(x) for x in ordered[places]])
    assert np.abs(below - exact).max() < 2.23 / math.sqrt(len(ordered))


def poisson(mean: float) -> dict[int, float]:
    return {k: math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(400)}


def binomial(n: int, p: float) -> dict[int, float]:
    return {k: math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)}


WHOLE: dict[str, tuple[dict[str, Any], dict[int, float]]] = {
    "poisson": ({"dist": "poisson", "mean": 4}, poisson(4)),
    "large poisson": ({"dist": "poisson", "mean": 150}, poisson(150)),
    "cut poisson": ({"dist": "poisson", "mean": "2.5", "min": 1, "max": 6}, {k: poisson(2.5)[k] for k in range(1, 7)}),
    "binomial": ({"dist": "binomial", "trials": 20, "p": "0.3"}, binomial(20, 0.3)),
    "rare binomial": (
        {"dist": "binomial", "trials": 1_000, "p": "0.002", "max": 60},
        {k: binomial(1_000, 0.002)[k] for k in range(61)},
    ),
    "geometric": ({"dist": "geometric", "mean": 3}, {k: 0.75**k for k in range(400)}),
    "geometric from 1": ({"dist": "geometric", "mean": 2, "min": 1, "max": 9}, {k: 0.5**k for k in range(1, 10)}),
    "steps": ({"min": 10, "max": 99, "step": 20}, dict.fromkeys((10, 30, 50, 70, 90), 1.0)),
    "uniform": ({"min": -3, "max": 3}, dict.fromkeys(range(-3, 4), 1.0)),
    "zipf": ({"dist": "zipf", "s": "1.5", "min": 1, "max": 50}, {k: k**-1.5 for k in range(1, 51)}),
    "normal": (
        {"dist": "normal", "mean": 5, "sd": 2, "min": 0, "max": 10},
        {k: NormalDist(5, 2).cdf(k + 0.5) - NormalDist(5, 2).cdf(k - 0.5) for k in range(11)},
    ),
    "beta": (
        {"dist": "beta", "alpha": 2, "beta": 2, "min": 1, "max": 5},
        {k: (3 * (k / 5) ** 2 - 2 * (k / 5) ** 3) - (3 * ((k - 1) / 5) ** 2 - 2 * ((k - 1) / 5) ** 3) for k in range(1, 6)},
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_follow_their_masses(name: str) -> None:
    params, expected = WHOLE[name]
    chi_square(numbers("int", params), expected)


def gamma_of(a: float, x: float) -> float:
    """The regularised lower incomplete gamma function by its series, in floats."""
    if x <= 0:
        return 0.0
    term = total = 1 / a
    n = a
    while term > total * 1e-17:
        n += 1
        term *= x / n
        total += term
    return total * math.exp(-x + a * math.log(x) - math.lgamma(a))


def beta_of(a: float, b: float) -> Callable[[float], float]:
    """By the midpoint rule after x = sin^2 t, which has no poles at the ends."""
    t = (np.arange(400_000) + 0.5) / 400_000 * math.pi / 2
    density = np.sin(t) ** (2 * a - 1) * np.cos(t) ** (2 * b - 1)
    running = np.cumsum(density) / density.sum()
    return lambda x: float(np.interp(math.asin(math.sqrt(min(max(x, 0), 1))), t, running))


WIDE = {"min": 0, "max": 1_000_000, "scale": 3}
CONTINUOUS: dict[str, tuple[dict[str, Any], Callable[[float], float]]] = {
    "gamma": ({**WIDE, "dist": "gamma", "shape": 2, "mean": 100}, lambda x: gamma_of(2, x / 50)),
    "steep gamma": ({**WIDE, "dist": "gamma", "shape": "0.5", "mean": 100}, lambda x: gamma_of(0.5, x / 200)),
    "tall gamma": ({**WIDE, "dist": "gamma", "shape": 40, "mean": 100}, lambda x: gamma_of(40, x / 2.5)),
    "weibull": ({**WIDE, "dist": "weibull", "shape": "1.5", "median": 50}, lambda x: 1 - 2 ** -((x / 50) ** 1.5)),
    "pareto": ({"min": 1, "max": 10**9, "scale": 4, "dist": "pareto", "alpha": 2}, lambda x: 1 - x**-2.0),
    "exponential": ({**WIDE, "dist": "exponential", "mean": 100}, lambda x: 1 - math.exp(-x / 100)),
    "normal": ({"min": -1_000, "max": 1_000, "scale": 3, "dist": "normal", "mean": 3, "sd": 5}, NormalDist(3, 5).cdf),
    "lognormal": (
        {**WIDE, "dist": "lognormal", "median": 50, "sigma": "0.8"},
        lambda x: NormalDist(math.log(50), 0.8).cdf(math.log(x)),
    ),
    "triangular": ({"min": 0, "max": 10, "scale": 4, "dist": "triangular", "mode": 0}, lambda x: 1 - (1 - x / 10) ** 2),
    "beta": ({"min": 0, "max": 1, "scale": 6, "dist": "beta", "alpha": 2, "beta": 5}, beta_of(2, 5)),
    "bathtub": ({"min": 0, "max": 1, "scale": 6, "dist": "beta", "alpha": "0.5", "beta": "0.5"}, beta_of(0.5, 0.5)),
    "uniform": ({"min": 0, "max": 1, "scale": 6}, lambda x: x),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_numbers_with_fractions_follow_their_distribution(name: str) -> None:
    params, probability = CONTINUOUS[name]
    kolmogorov(numbers("decimal", params), probability)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_no_correlation_with_the_row_number_or_another_column(name: str) -> None:
    params, _ = CONTINUOUS[name]
    first, second = (np.argsort(np.argsort(numbers("decimal", params, column), kind="stable"), kind="stable") for column in "ab")
    rows = np.arange(ROWS)
    for one_side, other in ((first, rows), (first, second), (first[1:], first[:-1]), (first % 7, rows % 7), (first, rows % 64)):
        assert abs(np.corrcoef(one_side, other)[0, 1]) < 5 / math.sqrt(ROWS)


def test_steps_of_a_shape_are_multiples_within_the_range() -> None:
    found = numbers("int", {"min": 3, "max": 100, "step": 7, "dist": "normal"})
    assert set(found) <= set(range(3, 101, 7))
    assert found.mean() == pytest.approx(48.5, abs=0.2)
    assert set(values_of("float", {"min": 0, "max": 1, "step": "0.25"})) == {0.0, 0.25, 0.5, 0.75, 1.0}
    assert len(set(values_of("decimal", {"min": 1, "max": 2, "step": "0.05"}, rows=21, unique=True))) == 21


def test_masses_are_exact() -> None:
    three = bins_of("binomial", 0, 3, "3", "0.5")
    assert (three.first, three.last) == ((0, 1, 2, 3), (0, 1, 2, 3))
    assert [weight * 8 // sum(three.weights) for weight in three.weights] in ([1, 3, 3, 1], [0, 2, 2, 0], [0, 3, 2, 0])
    assert float(lower_gamma(Decimal(3), Decimal(2))) == pytest.approx(gamma_of(3, 2) * 2, rel=1e-12)
    assert float(lower_beta(Decimal(2), Decimal(3), Decimal("0.3")) * 12) == pytest.approx(0.3483, rel=1e-9)
    assert float(lower_beta(Decimal(2), Decimal(3), Decimal(1)) * 12) == pytest.approx(1, rel=1e-12)
    assert all(a < b for a, b in pairwise(bins_of("gamma", 0, 10**9, "2", "1000").first))


@pytest.mark.parametrize("x", ["-3", "-0.9", "0", "0.3", "1", "5"])
def test_circles_are_those_of_the_library(x: str) -> None:
    assert float(sine(Decimal(x))) == pytest.approx(math.sin(float(x)), abs=1e-15)
    assert float(cosine(Decimal(x))) == pytest.approx(math.cos(float(x)), abs=1e-15)
    if abs(float(x)) <= 1:
        assert float(arc_cosine(Decimal(x))) == pytest.approx(math.acos(float(x)), abs=1e-15)


def test_a_table_of_cosines_has_its_peak_where_it_was_asked_for() -> None:
    from fractions import Fraction

    table = cosine_table(1_024, 10**9, Fraction(1, 4))
    assert table[256] == 10**9
    assert table[768] == -(10**9)
    assert [abs(value - 10**9 * math.cos(2 * math.pi * (n / 1_024 - 0.25))) < 1 for n, value in enumerate(table)].count(
        False
    ) == 0


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("int", {"dist": "poison"}, "dist", "poisson"),
    ("decimal", {"dist": "poisson"}, "dist", ""),
    ("int", {"dist": "poisson", "mean": 0}, "mean", ""),
    ("int", {"dist": "poisson", "mean": 10**6}, "mean", ""),
    ("int", {"dist": "binomial", "p": 1}, "p", ""),
    ("int", {"dist": "binomial", "trials": 5, "min": 6}, "min", ""),
    ("int", {"dist": "gamma", "min": -1}, "min", ""),
    ("int", {"dist": "gamma", "shape": 0}, "shape", ""),
    ("int", {"dist": "gamma", "mean": 5, "min": 10**6, "max": 10**7}, "dist", ""),
    ("int", {"dist": "beta", "alpha": 0}, "alpha", ""),
    ("int", {"dist": "beta", "alpha": 101}, "alpha", ""),
    ("int", {"dist": "pareto", "smallest": 0}, "smallest", ""),
    ("int", {"dist": "geometric", "mean": 3, "min": 3}, "mean", ""),
    ("int", {"dist": "normal", "trials": 3}, "trials", ""),
    ("int", {"dist": "zipf", "s": 0}, "s", ""),
    ("int", {"step": 0}, "step", ""),
    ("decimal", {"step": "0.001"}, "step", ""),
    ("histogram", {"bins": [[0, 10]]}, "bins", ""),
    ("histogram", {"bins": [[0, 10, 1], [5, 20, 1]]}, "bins", ""),
    ("histogram", {"bins": [[0, 10, -1]]}, "bins", ""),
    ("histogram", {"bins": [[0, 10, 0]]}, "bins", ""),
    ("histogram", {"bins": [["a", 10, 1]]}, "bins", ""),
    ("histogram", {"edges": [0, 1]}, "weights", ""),
    ("histogram", {"edges": [0, 1], "weights": [1, 2]}, "edges", ""),
    ("empirical", {"values": []}, "values", ""),
    ("empirical", {"values": [True]}, "values", ""),
    ("empirical", {"quantiles": {0: 1, 0.5: 2}}, "quantiles", ""),
    ("empirical", {"quantiles": {0: 5, 1: 2}}, "quantiles", ""),
    ("choice", {"values": ["a", "b"], "weights": [1]}, "weights", ""),
    ("choice", {"values": {"a": 1}, "weights": [1]}, "weights", ""),
    ("choice", {"values": [None]}, "values", ""),
    ("sequence", {"wrap": 0}, "wrap", ""),
    ("cycle", {"values": [1], "each": 0}, "each", ""),
]


@pytest.mark.parametrize(("name", "params", "parameter", "suggestion"), BAD)
def test_bad_parameters_are_refused_at_their_place(name: str, params: dict[str, Any], parameter: str, suggestion: str) -> None:
    with pytest.raises(ParameterError) as refused:
        one(name, params)
    assert refused.value.parameter == parameter
    assert refused.value.suggestion == suggestion


def test_histograms_and_samples_follow_their_weights() -> None:
    found = numbers("histogram", {"bins": [[0, 10, 5], [10, 20, 3], [30, 40, 2]]})
    expected = {value: weight / 10 for low, weight in ((0, 5), (10, 3)) for value in range(low, low + 10)}
    chi_square(found, expected | dict.fromkeys(range(30, 41), 2 / 11))
    chi_square(numbers("empirical", {"values": [7, 3, 7, 7]}), {3: 1, 7: 3})
    halves = numbers("empirical", {"quantiles": {0: 0, 0.9: 10, 1: 1000}, "scale": 2})
    assert (halves < 10).mean() == pytest.approx(0.9, abs=0.004)
    kolmogorov(halves[halves < 10], lambda x: x / 10)
    between = numbers("empirical", {"values": [0, 100, 400], "between": True})
    assert (between < 100).mean() == pytest.approx(0.5, abs=0.005)
    assert set(values_of("empirical", {"values": [7, 3, 7]}, rows=2, unique=True)) == {3, 7}


def test_forms_of_a_histogram_are_one() -> None:
    bins = {"bins": [[0, 0.5, 1], [0.5, 2, 3]]}
    assert values_of("histogram", bins) == values_of("histogram", {"edges": [0, 0.5, 2], "weights": [1, 3]})
    assert values_of("histogram", bins) == values_of("histogram", {"edges": "[0, 0.5, 2]", "weights": "1,3"})
    assert {value.as_tuple().exponent for value in values_of("histogram", bins)} == {-1}


def test_choices_of_any_kind_keep_to_their_weights() -> None:
    options: list[Any] = [None, 1, [1, 2], {"a": "é"}]
    found = [str(value) for value in values_of("choice", {"values": options, "weights": [1, 2, 3, 4]}, rows=ROWS)]
    counts = np.array([found.count(text) for text in ("None", "1", "[1,2]", '{"a":"é"}')])
    expected = np.array([1, 2, 3, 4]) * ROWS / 10
    assert counts.sum() == ROWS
    assert ((counts - expected) ** 2 / expected).sum() < 20
    assert set(values_of("choice", {"values": [1, None, 3]})) == {1, None, 3}


def test_unique_choices_are_a_sample_without_replacement() -> None:
    assert sorted(values_of("choice", {"values": list("abcde")}, rows=5, unique=True)) == list("abcde")
    found = values_of("sample", {"values": list("abcdef"), "size": 3}, rows=120, unique=True)
    assert len(set(found)) == 120
    assert all(len(set(text.split())) == 3 for text in found)
    with pytest.raises(ParameterError, match="120") as refused:
        one("sample", {"values": list("abcdef"), "size": 3}, rows=121, unique=True)
    assert refused.value.code == "UNIQUE_IMPOSSIBLE"


def test_sequences_have_steps_prefixes_suffixes_padding_and_begin_anew() -> None:
    padded = {"start": 7, "step": 5, "prefix": "A-", "suffix": "/24", "width": 4}
    assert values_of("sequence", padded, rows=3) == ["A-0007/24", "A-0012/24", "A-0017/24"]
    assert values_of("sequence", {"start": 10, "step": -2, "wrap": 3}, rows=7) == [10, 8, 6, 10, 8, 6, 10]
    assert values_of("cycle", {"values": ["x", "y"], "each": 2}, rows=6) == ["x", "x", "y", "y", "x", "x"]
