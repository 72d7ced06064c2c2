"""Distributions, series, weights of moments and points give the same bytes on a CPU with other vector units."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from tests.unit.generators.made import values_of

ROOT: Final = Path(__file__).resolve().parents[3]
CASES: Final[list[tuple[str, dict[str, Any]]]] = [
    *(("int", {"dist": dist}) for dist in ("poisson", "binomial", "geometric", "gamma", "beta", "zipf")),
    *(
        ("decimal", {"dist": dist, "min": 1})
        for dist in ("normal", "lognormal", "exponential", "triangular", "pareto", "weibull")
    ),
    ("histogram", {}),
    ("empirical", {"quantiles": {0: 1, 0.5: 10, 1: 400}}),
    ("series", {"season": [{"period": "7d", "amplitude": 10}, {"period": "year", "amplitude": 3}], "noise": 2, "trend": "1/day"}),
    ("timestamps", {"every": "5m", "jitter": "30s"}),
    ("datetime", {"months": {"dec": 3}, "weekdays": "business", "hours": {"9-17": 5}, "pattern": "%G-W%V-%u %T"}),
    ("date", {"weekdays": "business"}),
    ("point_geohash", {"center": [51.5, 0], "radius": "25km"}),
    ("point_wkt", {"box": [-30, 10, 60, 50]}),
]


def digest() -> str:
    """SHA-256 of some values of each."""
    total = hashlib.sha256()
    for name, params in CASES:
        total.update("\n".join(map(str, values_of(name, params, rows=20_000))).encode())
    return total.hexdigest()


def numpy_features() -> list[str]:
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]


@pytest.mark.skipif(not numpy_features(), reason="NumPy dispatches on no feature of this CPU")
def test_bytes_do_not_depend_on_vector_units() -> None:
    command = [sys.executable, "-c", "import sys, tests.unit.generators.test_every_cpu as t; sys.stdout.write(t.digest())"]
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(numpy_features()), "PYTHONPATH": str(ROOT)}
    there = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, text=True)
    assert there.stdout == digest()


def test_plans_of_them_survive_json() -> None:
    from runner.plan import ColumnPlan, Plan, TablePlan
    from tests.unit.generators.made import one

    columns = tuple(
        ColumnPlan(f"c{number}", made.type, made.op) for number, made in enumerate(one(name, params) for name, params in CASES)
    )
    plan = Plan(0, "2025-01-01T00:00:00Z", "en_US", (TablePlan("t", 10, columns),))
    assert Plan.from_json(orjson.dumps(orjson.loads(plan.to_json()))) == plan
    assert len(plan.to_json()) < 1_000_000
