"""How numbers are distributed: the parameters every numeric generator takes, and the operation they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any, Literal

from runner.generators.compose import add
from runner.generators.registry import Make, Parameter, ParameterError
from runner.ops import Const, Op, Shaped, Uniform, Zipf

SHAPE = (
    Parameter(
        "dist", "string", "The shape", "uniform", choices=("uniform", "normal", "lognormal", "exponential", "triangular", "zipf")
    ),
    Parameter(
        "mean",
        "decimal",
        "the mean; by default the middle of the range for normal, a fifth of the range above `min` for exponential",
    ),
    Parameter("sd", "decimal", "normal: the standard deviation, by default a sixth of the range", minimum=0),
    Parameter(
        "median",
        "decimal",
        "lognormal: the median, by default the geometric mean of `min` (or the smallest value above 0) and `max`",
    ),
    Parameter("sigma", "decimal", "lognormal: the standard deviation of the logarithm, by default 0.5", minimum=0),
    Parameter("mode", "decimal", "triangular: the peak, by default the middle of the range"),
    Parameter(
        "s", "decimal", "zipf: the exponent, by default 1.1; the smallest value is the most frequent", minimum=0, maximum=4
    ),
)
_USES: dict[str, frozenset[str]] = {
    "uniform": frozenset(),
    "normal": frozenset({"mean", "sd"}),
    "lognormal": frozenset({"median", "sigma"}),
    "exponential": frozenset({"mean"}),
    "triangular": frozenset({"mode"}),
    "zipf": frozenset({"s"}),
}


@dataclass(frozen=True)
class Shape:
    """A distribution in the units of the user; `scale` digits turn them into physical ones."""

    dist: str = "uniform"
    scale: int = 0
    mean: Decimal | None = None
    sd: Decimal | None = None
    median: Decimal | None = None
    sigma: Decimal | None = None
    mode: Decimal | None = None
    s: Decimal | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any], scale: int) -> Shape:
        """From the parameters `SHAPE`; those that the shape does not use are refused."""
        shape = cls(scale=scale, **given)
        for name in ("mean", "sd", "median", "sigma", "mode", "s"):
            if getattr(shape, name) is not None and name not in _USES[shape.dist]:
                users = " and ".join(dist for dist, used in _USES.items() if name in used)
                raise ParameterError(f"`{name}` belongs to dist {users}, not to {shape.dist}", name)
        return shape

    def physical(self, value: Decimal) -> Decimal:
        """In units of the last digit."""
        return value.scaleb(self.scale)


_MOST_RANKS = 1 << 62


def drawn(make: Make, lo: int, hi: int, shape: Shape) -> Op:
    """Whole numbers in [lo, hi]; distinct (and then even) when the column is unique."""
    if make.unique:
        if shape.dist != "uniform":
            raise ParameterError(
                f"unique values cannot follow dist {shape.dist}: each may come only once", "dist", code="UNIQUE_IMPOSSIBLE"
            )
        return add(make.index(hi - lo + 1), lo)
    key = make.key("value")
    if shape.dist == "uniform" or lo == hi:
        return Const(lo) if lo == hi else Uniform(key, lo, hi, make.at)
    if shape.dist == "zipf":
        _require(hi - lo < _MOST_RANKS, f"dist zipf ranks at most {_MOST_RANKS:,} values", "max")
        return add(Zipf(key, hi - lo + 1, _text(shape.s or Decimal("1.1")), make.at), lo)
    a, b = _arguments(shape, Decimal(lo), Decimal(hi))
    kind: Literal["normal", "lognormal", "exponential", "triangular"] = shape.dist  # type: ignore[assignment]
    return Shaped(key, kind, lo, hi, a, b, make.at)


def _arguments(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    """`a` and `b` of `Shaped`, from what was given or from the range."""
    width = hi - lo
    match shape.dist:
        case "normal":
            mean = (lo + hi) / 2 if shape.mean is None else shape.physical(shape.mean)
            sd = width / 6 if shape.sd is None else shape.physical(shape.sd)
            _require(sd > 0, "`sd` must be above 0", "sd")
            return _text(mean), _text(sd)
        case "lognormal":
            _require(lo >= 0, "dist lognormal gives no values below 0: `min` must be 0 or more", "min")
            median = _middle(lo, hi) if shape.median is None else shape.physical(shape.median)
            sigma = Decimal("0.5") if shape.sigma is None else shape.sigma
            _require(median > 0, "`median` must be above 0", "median")
            _require(sigma > 0, "`sigma` must be above 0", "sigma")
            return _text(median), _text(sigma)
        case "exponential":
            mean = width / 5 if shape.mean is None else shape.physical(shape.mean) - lo
            _require(mean > 0, "`mean` must be above `min`", "mean")
            return _text(mean), ""
    mode = (lo + hi) / 2 if shape.mode is None else shape.physical(shape.mode)
    _require(lo <= mode <= hi, "`mode` must lie in the range", "mode")
    return _text(mode), ""


def _middle(lo: Decimal, hi: Decimal) -> Decimal:
    """The geometric mean of the ends (of 1 and the upper one where the lower is not above 0)."""
    _require(hi > 0, "dist lognormal needs a `max` above 0", "max")
    with localcontext() as context:
        context.prec = 30
        return (max(lo, Decimal(1)) * hi).sqrt()


def _text(value: Decimal) -> str:
    with localcontext() as context:
        context.prec = 20
        return format((+value).normalize(), "f")


def _require(holds: bool, message: str, parameter: str) -> None:
    if not holds:
        raise ParameterError(message, parameter)
