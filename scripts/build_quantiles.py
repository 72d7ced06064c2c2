"""Write runner/data/normal.json: quantiles of the standard normal distribution, exact to 40 digits, as integers.

Node i of octave o is the quantile at p = 2^-(o+2) * (1 + i/32), i in 0..31, for the lower tail;
the upper tail is its mirror. Values are z * 2^52, rounded.
"""

from __future__ import annotations

import json
from decimal import Decimal, getcontext
from pathlib import Path
from statistics import NormalDist

OCTAVES, STEPS, SCALE = 53, 32, 1 << 52


def density(z: Decimal) -> Decimal:
    """exp(-z^2/2) / sqrt(2 pi)."""
    pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
    return (-(z * z) / 2).exp() / (2 * pi).sqrt()


def probability(z: Decimal) -> Decimal:
    """The distribution function, by the series of odd double factorials (all terms of one sign)."""
    term = total = z
    n = 1
    while abs(term) > Decimal("1e-55"):
        n += 2
        term *= z * z / n
        total += term
    return Decimal("0.5") + density(z) * total


def quantile(p: Decimal) -> Decimal:
    """Newton's method from the float answer."""
    z = Decimal(NormalDist().inv_cdf(float(p)))
    for _ in range(3):
        z -= (probability(z) - p) / density(z)
    return z


def main() -> None:
    """Write the file."""
    getcontext().prec = 60
    nodes = [
        int((quantile(Decimal(1 << (60 - o - 2)) * (STEPS + i) / STEPS / (1 << 60)) * SCALE).to_integral_value())
        for o in range(OCTAVES)
        for i in range(STEPS)
    ]
    path = Path(__file__).parents[1] / "runner" / "data" / "normal.json"
    path.write_text(json.dumps({"octaves": OCTAVES, "steps": STEPS, "scale_bits": 52, "nodes": nodes}) + "\n")


if __name__ == "__main__":
    main()
