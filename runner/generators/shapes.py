"""How numbers are distributed: the parameters every numeric generator takes, and the operation they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any, Literal, cast

from runner.generators.compose import add, divide, multiply, subtract
from runner.generators.registry import Make, Parameter, ParameterError
from runner.masses import Bins, bins_of
from runner.ops import Const, Op, Shaped, Uniform, UniformBetween, Values, Weighted, Zipf

_USES: dict[str, tuple[str, ...]] = {
    "uniform": (),
    "normal": ("mean", "sd"),
    "lognormal": ("median", "sigma"),
    "exponential": ("mean",),
    "triangular": ("mode",),
    "zipf": ("s",),
    "pareto": ("alpha", "smallest"),
    "weibull": ("shape", "median"),
    "gamma": ("shape", "mean"),
    "beta": ("alpha", "beta"),
    "poisson": ("mean",),
    "binomial": ("trials", "p"),
    "geometric": ("mean",),
}
"""The parameters of each shape."""
_WHOLE = ("poisson", "binomial", "geometric")
_PARAMETERS = ("mean", "sd", "median", "sigma", "mode", "s", "shape", "alpha", "beta", "smallest", "trials", "p")
_MOST_MEAN, _MOST_TRIALS, _MOST_SHAPE = 100_000, 1_000_000, 1_000


def _shape_parameters(dists: tuple[str, ...]) -> tuple[Parameter, ...]:
    return (
        Parameter("dist", "string", "The shape", "uniform", choices=dists),
        Parameter(
            "mean", "decimal", "the mean; by default the middle of the range for normal, a fifth of the range above `min` for "
            "exponential, gamma, poisson and geometric",
        ),
        Parameter("sd", "decimal", "normal: the standard deviation, by default a sixth of the range", minimum=0),
        Parameter(
            "median", "decimal", "lognormal: the median, by default the geometric mean of `min` (or the smallest value above 0) "
            "and `max`; weibull: by default a fifth of the range above `min`",
        ),
        Parameter("sigma", "decimal", "lognormal: the standard deviation of the logarithm, by default 0.5", minimum=0),
        Parameter("mode", "decimal", "triangular: the peak, by default the middle of the range"),
        Parameter(
            "s", "decimal", "zipf: the exponent, by default 1.1; the smallest value is the most frequent", minimum=0, maximum=4
        ),
        Parameter(
            "shape", "decimal", "gamma and weibull: the shape, by default 2; 1 is exponential", minimum=0, maximum=_MOST_SHAPE
        ),
        Parameter(
            "alpha", "decimal", "pareto: the exponent of the tail, by default 1.16, the 80:20 rule; beta: the first shape, by "
            "default 2", minimum=0, maximum=100,
        ),
        Parameter("beta", "decimal", "beta: the second shape, by default 2", minimum=0, maximum=100),
        Parameter("smallest", "decimal", "pareto: where the tail begins, by default `min` (or the smallest value above 0)"),
        *(_WHOLE_PARAMETERS if "binomial" in dists else ()),
    )  # fmt: skip


_WHOLE_PARAMETERS = (
    Parameter("trials", "int", "binomial: how many trials, by default `max`", minimum=1, maximum=_MOST_TRIALS),
    Parameter("p", "decimal", "binomial: the chance of each, by default 0.5", minimum=0, maximum=1),
)
SHAPE = _shape_parameters(tuple(d for d in _USES if d not in _WHOLE))
"""For numbers with digits after the point."""
WHOLE_SHAPE = _shape_parameters(tuple(_USES))
"""For whole numbers."""


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
    shape: Decimal | None = None
    alpha: Decimal | None = None
    beta: Decimal | None = None
    smallest: Decimal | None = None
    trials: int | None = None
    p: Decimal | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any], scale: int) -> Shape:
        """From the parameters `SHAPE`; those that the shape does not use are refused."""
        shape = cls(scale=scale, **given)
        for name in _PARAMETERS:
            if getattr(shape, name) is not None and name not in _USES[shape.dist]:
                users = " and ".join(dist for dist, used in _USES.items() if name in used)
                raise ParameterError(f"`{name}` belongs to dist {users}, not to {shape.dist}", name)
        return shape

    def physical(self, value: Decimal) -> Decimal:
        """In units of the last digit."""
        return value.scaleb(self.scale)


_MOST_RANKS = 1 << 62


def drawn(make: Make, lo: int, hi: int, shape: Shape, step: int = 1) -> Op:
    """Whole numbers in [lo, hi]: `lo` and multiples of `step` above; distinct (and then even) when the column is unique."""
    if step > 1:
        return _stepped(make, lo, hi, shape, step)
    if make.unique:
        if shape.dist != "uniform":
            raise ParameterError(
                f"unique values cannot follow dist {shape.dist}: each may come only once", "dist", code="UNIQUE_IMPOSSIBLE"
            )
        return add(make.index(hi - lo + 1), lo)
    if lo == hi:
        return Const(lo)
    return _shaped(make, lo, hi, shape)


def _stepped(make: Make, lo: int, hi: int, shape: Shape, step: int) -> Op:
    """Even draws are of the steps; shaped ones are moved to the nearest step."""
    steps = (hi - lo) // step
    if make.unique or shape.dist == "uniform":
        return add(multiply(drawn(make, 0, steps, shape), step), lo)
    value = drawn(make, lo, lo + steps * step, shape)
    return add(multiply(divide(subtract(value, lo - step // 2), step), step), lo)


def _shaped(make: Make, lo: int, hi: int, shape: Shape) -> Op:
    key = make.key("value")
    match shape.dist:
        case "uniform":
            return Uniform(key, lo, hi, make.at)
        case "zipf":
            _require(shape.s is None or shape.s > 0, "`s` must be above 0", "s")
            _require(hi - lo < _MOST_RANKS, f"dist zipf ranks at most {_MOST_RANKS:,} values", "max")
            return add(Zipf(key, hi - lo + 1, _text(shape.s or Decimal("1.1")), make.at), lo)
    a, b = _ARGUMENTS[shape.dist](shape, Decimal(lo), Decimal(hi))
    if shape.dist in ("gamma", "beta", *_WHOLE):
        return _binned(make, lo, hi, shape.dist, a, b)
    kind = cast(Literal["normal", "lognormal", "exponential", "triangular", "pareto", "weibull"], shape.dist)
    return Shaped(key, kind, lo, hi, a, b, make.at)


def _binned(make: Make, lo: int, hi: int, dist: str, a: str, b: str) -> Op:
    try:
        bins = bins_of(dist, lo, hi, a, b)
    except ValueError:
        raise ParameterError(f"dist {dist} gives no values between `min` and `max`", "dist") from None
    return within(make, bins)


def within(make: Make, bins: Bins, purpose: str = "value") -> Op:
    """A bin by its weight, and within it evenly."""
    index = Weighted(make.key(purpose), bins.weights, make.at)
    single = bins.first == bins.last
    if single and bins.last[-1] - bins.first[0] == len(bins.first) - 1:
        return add(index, bins.first[0])
    if single:
        return Values(bins.first, index)
    return UniformBetween(make.key(f"{purpose} inside"), Values(bins.first, index), Values(bins.last, index), make.at)


def _normal(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    mean = (lo + hi) / 2 if shape.mean is None else shape.physical(shape.mean)
    sd = (hi - lo) / 6 if shape.sd is None else shape.physical(shape.sd)
    _require(sd > 0, "`sd` must be above 0", "sd")
    return _text(mean), _text(sd)


def _lognormal(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    _require(lo >= 0, "dist lognormal gives no values below 0: `min` must be 0 or more", "min")
    median = _middle(lo, hi) if shape.median is None else shape.physical(shape.median)
    sigma = Decimal("0.5") if shape.sigma is None else shape.sigma
    _require(median > 0, "`median` must be above 0", "median")
    _require(sigma > 0, "`sigma` must be above 0", "sigma")
    return _text(median), _text(sigma)


def _exponential(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    mean = (hi - lo) / 5 if shape.mean is None else shape.physical(shape.mean) - lo
    _require(mean > 0, "`mean` must be above `min`", "mean")
    return _text(mean), ""


def _triangular(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    mode = (lo + hi) / 2 if shape.mode is None else shape.physical(shape.mode)
    _require(lo <= mode <= hi, "`mode` must lie in the range", "mode")
    return _text(mode), ""


def _pareto(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    smallest = max(lo, Decimal(1)) if shape.smallest is None else shape.physical(shape.smallest)
    alpha = Decimal("1.16") if shape.alpha is None else shape.alpha
    _require(alpha > 0, "`alpha` must be above 0", "alpha")
    _require(0 < smallest <= hi, "`smallest` must be above 0 and not above `max`", "smallest")
    return _text(smallest), _text(alpha)


def _weibull(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    exponent, median = _form(shape, lo), shape.median
    middle = lo + (hi - lo) / 5 if median is None else shape.physical(median)
    _require(middle > 0, "`median` must be above 0", "median")
    _require(Decimal("0.05") <= exponent, "`shape` must be 0.05 or more", "shape")
    return _text(middle / (Decimal(2).ln().ln() / exponent).exp()), _text(exponent)


def _gamma(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    form = _form(shape, lo)
    mean = lo + (hi - lo) / 5 if shape.mean is None else shape.physical(shape.mean)
    _require(mean > 0, "`mean` must be above 0", "mean")
    return _text(form), _text(mean / form)


def _form(shape: Shape, lo: Decimal) -> Decimal:
    _require(lo >= 0, f"dist {shape.dist} gives no values below 0: `min` must be 0 or more", "min")
    form = Decimal(2) if shape.shape is None else shape.shape
    _require(form > 0, "`shape` must be above 0", "shape")
    return form


def _beta(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    alpha, beta = (Decimal(2) if value is None else value for value in (shape.alpha, shape.beta))
    _require(alpha > 0, "`alpha` must be above 0", "alpha")
    _require(beta > 0, "`beta` must be above 0", "beta")
    return _text(alpha), _text(beta)


def _poisson(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    mean = min(lo + (hi - lo) / 5, Decimal(_MOST_MEAN)) if shape.mean is None else shape.mean
    _require(0 < mean <= _MOST_MEAN, f"`mean` of dist poisson must be above 0 and at most {_MOST_MEAN:,}", "mean")
    return _text(mean), ""


def _geometric(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    mean = lo + (hi - lo) / 5 if shape.mean is None else shape.mean
    _require(mean > lo, "`mean` must be above `min`", "mean")
    return _text(mean), ""


def _binomial(shape: Shape, lo: Decimal, hi: Decimal) -> tuple[str, str]:
    trials = min(int(hi), _MOST_TRIALS) if shape.trials is None else shape.trials
    p = Decimal("0.5") if shape.p is None else shape.p
    _require(trials > 0, "dist binomial needs a `max` above 0", "max")
    _require(0 < p < 1, "`p` must be above 0 and below 1", "p")
    _require(lo <= trials, "`min` is above the number of `trials`", "min")
    return str(trials), _text(p)


_ARGUMENTS = {
    "normal": _normal,
    "lognormal": _lognormal,
    "exponential": _exponential,
    "triangular": _triangular,
    "pareto": _pareto,
    "weibull": _weibull,
    "gamma": _gamma,
    "beta": _beta,
    "poisson": _poisson,
    "geometric": _geometric,
    "binomial": _binomial,
}
"""What each shape takes, from what was given or from the range."""


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
