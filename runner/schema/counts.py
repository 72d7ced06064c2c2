"""`per: {parent, count}`: how many children a parent row has, as whole-number weights computed exactly.

```
count: 3                                        always three
count: {min: 0, max: 8}                         each number equally likely
count: {dist: poisson, mean: 3, max: 20}        capped; also uniform, geometric
count: {dist: zipf, s: 1.2, min: 1, max: 50}    the least number most often, weights 1/rank^s
count: {1: 70, 2: 25, 5: 5}                     these counts with these weights (also {dist: weights, weights: {…}})
```
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from typing import Final

from runner.schema.document import Node
from runner.schema.fields import known_fields, mapping, whole, word
from runner.schema.findings import Findings, did_you_mean
from runner.schema.model import PerSpec

MAX_COUNT: Final = 1_000_000
MAX_DIFFERENT: Final = 8_192
_SCALE: Final = 10**12
_COUNT_FIELDS: Final = ("dist", "mean", "min", "max", "s", "weights")
_RUN: Final = 4_096

Weights = dict[int, int]


def read_per(node: Node, findings: Findings) -> PerSpec | None:
    """The `per` field of a table."""
    if not mapping(node, "per", findings):
        return None
    spread = [key for key, _ in node.entries if key.text in _COUNT_FIELDS]
    for key in spread:
        findings.error(key, "UNKNOWN_FIELD", f"{key.text} belongs to the count: per: {{parent: users, count: {{…}}}}", "count")
    known_fields(node, ("parent", "count", *_COUNT_FIELDS), "per", findings)
    parent = word(node.get("parent"), "the name of the parent table", findings)
    count = node.get("count")
    for name, field in (("parent", node.get("parent")), ("count", count)):
        if field is None and not (spread and name == "count"):
            findings.error(node, "MISSING_FIELD", f"per needs a {name}: per: {{parent: users, count: {{min: 1, max: 5}}}}")
    weights = _weights(count, findings) if count else None
    if parent is None or not weights:
        return None
    kept = {c: w for c, w in sorted(weights.items()) if w}
    return PerSpec(parent, node, tuple(kept), tuple(kept.values()))


def _weights(node: Node, findings: Findings) -> Weights | None:
    if node.kind != "map":
        number = whole(node, "a count of children", findings, 0, MAX_COUNT, "COUNT_INVALID")
        return None if number is None else {number: 1}
    if node.names and all(key.text.isdecimal() for key, _ in node.entries):
        return _listed_in(node, findings)
    dist = node.get("dist")
    name = word(dist, "the name of a distribution", findings) if dist else "weights" if node.get("weights") else "uniform"
    if name is None:
        return None
    if name not in _SHAPES:
        at = dist or node
        message = f"there is no distribution {name!r} of counts; known are {', '.join(_SHAPES)}"
        findings.error(at, "COUNT_INVALID", message, did_you_mean(name, _SHAPES))
        return None
    fields, make = _SHAPES[name]
    known_fields(node, ("dist", *fields), f"a {name} count", findings)
    return make(node, findings)


def _limits(node: Node, findings: Findings, default_max: int | None) -> tuple[int, int] | None:
    low = whole(node.get("min"), "min", findings, 0, MAX_COUNT, "COUNT_INVALID") if node.get("min") else 0
    high = whole(node.get("max"), "max", findings, 0, MAX_COUNT, "COUNT_INVALID") if node.get("max") else default_max
    if low is None or (high is None and node.get("max")):
        return None
    if high is None:
        findings.error(node, "MISSING_FIELD", "count needs a max: {min: 0, max: 8}")
        return None
    if low > high:
        findings.error(node.get("min") or node, "COUNT_INVALID", f"min {low:,} is more than max {high:,}")
        return None
    if high - low >= MAX_DIFFERENT:
        findings.error(node, "COUNT_INVALID", f"at most {MAX_DIFFERENT:,} different counts are possible, not {high - low + 1:,}")
        return None
    return low, high


def _uniform(node: Node, findings: Findings) -> Weights | None:
    limits = _limits(node, findings, None)
    return dict.fromkeys(range(limits[0], limits[1] + 1), 1) if limits else None


def _mean(node: Node, findings: Findings, high: int) -> Decimal | None:
    field = node.get("mean")
    if field is None:
        findings.error(node, "MISSING_FIELD", "this distribution of counts needs a mean")
        return None
    value = Decimal(str(field.value)) if isinstance(field.value, int | float) and not isinstance(field.value, bool) else None
    if value is None or not 0 < value <= high:
        findings.error(field, "COUNT_INVALID", f"mean is a number above 0 and up to {high:,}, not {field.described}")
        return None
    return value


def _poisson(node: Node, findings: Findings) -> Weights | None:
    mean = _mean(node, findings, 1_000)
    if mean is None:
        return None
    with localcontext() as context:
        context.prec = 40
        limits = _limits(node, findings, int(mean + 6 * mean.sqrt()) + 4)
        if not limits:
            return None
        term, found = (-mean).exp(), Weights()
        for n in range(limits[1] + 1):
            if n >= limits[0]:
                found[n] = int((term * _SCALE).to_integral_value())
            term = term * mean / (n + 1)
    return _known_shape(found, node, findings)


def _geometric(node: Node, findings: Findings) -> Weights | None:
    mean = _mean(node, findings, 1_000)
    if mean is None:
        return None
    with localcontext() as context:
        context.prec = 40
        low = whole(node.get("min"), "min", findings, 0, MAX_COUNT, "COUNT_INVALID") or 0
        if mean <= low:
            findings.error(node.get("mean") or node, "COUNT_INVALID", f"mean {mean} must be above min {low}")
            return None
        limits = _limits(node, findings, low + int(8 * (mean - low)) + 4)
        if not limits:
            return None
        stay = (mean - low) / (mean - low + 1)
        found = {n: int((stay ** (n - low) * (1 - stay) * _SCALE).to_integral_value()) for n in range(limits[0], limits[1] + 1)}
    return _known_shape(found, node, findings)


def _zipf(node: Node, findings: Findings) -> Weights | None:
    """Count min + r - 1 with weight 1/r^s."""
    limits, field = _limits(node, findings, None), node.get("s")
    number = 1 if field is None else field.value
    if not isinstance(number, int | float) or isinstance(number, bool) or not 0 < number <= 4:
        findings.error(field or node, "COUNT_INVALID", f"s is a number above 0 and up to 4, not {(field or node).described}", "1")
        return None
    if not limits:
        return None
    s = Decimal(str(number))
    with localcontext() as context:
        context.prec = 40
        ranks = range(1, limits[1] - limits[0] + 2)
        found = {limits[0] + r - 1: int((Decimal(r) ** -s * _SCALE).to_integral_value()) for r in ranks}
    return _known_shape(found, node, findings)


def _known_shape(found: Weights, node: Node, findings: Findings) -> Weights | None:
    if not any(found.values()):
        findings.error(node, "COUNT_INVALID", "with these limits no count is ever drawn")
        return None
    total = sum(found.values())
    return {n: w for n, w in found.items() if w * _RUN * 2 >= total} or found


def _listed(node: Node, findings: Findings) -> Weights | None:
    field = node.get("weights")
    if field is None or not mapping(field, "weights", findings):
        if field is None:
            findings.error(node, "MISSING_FIELD", "this distribution needs weights: {1: 70, 2: 25, 5: 5}")
        return None
    return _listed_in(field, findings)


def _listed_in(field: Node, findings: Findings) -> Weights | None:
    found = Weights()
    for key, value in field.entries:
        count = whole(key, "a count of children", findings, 0, MAX_COUNT, "COUNT_INVALID")
        weight = _weight(value, findings)
        if count is not None and weight is not None:
            found[count] = weight
    if found and not any(found.values()):
        findings.error(field, "COUNT_INVALID", "all weights are zero")
        return None
    if len(found) > MAX_DIFFERENT:
        findings.error(field, "COUNT_INVALID", f"at most {MAX_DIFFERENT:,} different counts are possible")
        return None
    _warn_rare(field, found, findings)
    return found


def _weight(node: Node, findings: Findings) -> int | None:
    if isinstance(node.value, int | float) and not isinstance(node.value, bool) and 0 <= node.value <= 10**9:
        return int((Decimal(node.text.replace("_", "")) * 10**6).to_integral_value())
    findings.error(node, "COUNT_INVALID", f"a weight is a number from 0 to 1,000,000,000, not {node.described}")
    return None


def _warn_rare(node: Node, found: Weights, findings: Findings) -> None:
    total, runs = sum(found.values()), -(-_RUN // max(len(found), 1)) * max(len(found), 1)
    for count, weight in found.items():
        if 0 < weight * runs < total:
            message = f"the count {count} is rarer than one in {runs:,}; it will occur once in {runs:,} parents"
            findings.warning(node, "COUNT_WEIGHT_RARE", message)


_SHAPES: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Node, Findings], Weights | None]]]] = {
    "uniform": (("min", "max"), _uniform),
    "poisson": (("mean", "min", "max"), _poisson),
    "geometric": (("mean", "min", "max"), _geometric),
    "zipf": (("s", "min", "max"), _zipf),
    "weights": (("weights",), _listed),
}
