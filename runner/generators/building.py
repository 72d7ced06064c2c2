"""From parameters as they were written to a built generator: everything is checked before the function runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from keyword import iskeyword
from typing import Any

from runner.generators import moments
from runner.generators.bounds import check_provider
from runner.generators.permuted import permuted
from runner.generators.registry import Generator, Made, Make, Parameter, ParameterError

_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


def build(generator: Generator, params: Mapping[str, Any], make: Make) -> Made:
    """Check and convert the parameters, then call the generator; see to it that a unique column is distinct where it can be.

    Texts are converted to the parameter's type, so that `length=12` from a command line is a number.
    A parameter that is None counts as not given; one whose name is a Python keyword arrives with `_`
    after it (`from_`). Raises `ParameterError` naming the parameter.
    """
    known = {p.name: p for p in generator.parameters}
    for name in params:
        if name not in known:
            raise _unknown(name, generator)
    if generator.category == "faker":
        check_provider(params)
    values: dict[str, Any] = {}
    for name, parameter in known.items():
        given = params.get(name)
        if given is None and parameter.required:
            raise ParameterError(f"{generator.name} needs `{name}`: {parameter.description}", name, code="PARAMETER_MISSING")
        given = parameter.default if given is None else given
        values[f"{name}_" if iskeyword(name) else name] = None if given is None else convert(parameter, given, make)
    return permuted(generator.function(make, **values), make)


def _unknown(name: str, generator: Generator) -> ParameterError:
    names = [p.name for p in generator.parameters]
    nearest = closest(name, names)
    listed = f"it has {', '.join(names)}" if names else "it has none"
    return ParameterError(f"{generator.name} has no parameter `{name}`; {listed}", name, nearest, "PARAMETER_UNKNOWN")


def closest(word: str, options: list[str] | tuple[str, ...]) -> str:
    """The option nearest to `word`, or nothing."""
    from rapidfuzz import fuzz, process

    hit = process.extractOne(word.casefold(), options, scorer=fuzz.ratio, score_cutoff=55, processor=str.casefold)
    return str(hit[0]) if hit else ""


def convert(parameter: Parameter, given: Any, make: Make) -> Any:
    """The value as the parameter's type, within its range and choices. Raises `ParameterError`."""
    try:
        value = _CONVERSIONS[parameter.type](given, make)
    except ParameterError as error:
        error.parameter = error.parameter or parameter.name
        raise
    except (ValueError, TypeError, InvalidOperation):
        raise ParameterError(f"`{parameter.name}` must be {_WORDS[parameter.type]}, not {given!r}", parameter.name) from None
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        _check_range(parameter, value)
    return _chosen(parameter, value) if parameter.choices and isinstance(value, str) else value


def _check_range(parameter: Parameter, value: Any) -> None:
    if parameter.minimum is not None and value < parameter.minimum:
        raise ParameterError(f"`{parameter.name}` must be at least {parameter.minimum:,}, not {value}", parameter.name)
    if parameter.maximum is not None and value > parameter.maximum:
        raise ParameterError(f"`{parameter.name}` must be at most {parameter.maximum:,}, not {value}", parameter.name)


def _chosen(parameter: Parameter, value: str) -> str:
    for choice in parameter.choices:
        if choice.casefold() == value.strip().casefold():
            return choice
    message = f"`{parameter.name}` must be one of {', '.join(parameter.choices)}, not {value!r}"
    raise ParameterError(message, parameter.name, closest(value, parameter.choices))


def _int(given: Any, make: Make) -> int:
    if isinstance(given, bool):
        raise ValueError
    if isinstance(given, str):
        return int(given.strip())
    if given != int(given):
        raise ValueError
    return int(given)


def _decimal(given: Any, make: Make) -> Decimal:
    if isinstance(given, bool):
        raise ValueError
    value = Decimal(str(given).strip())
    if not value.is_finite():
        raise ValueError
    return value


def _bool(given: Any, make: Make) -> bool:
    folded = str(given).strip().casefold()
    if folded not in _TRUE | _FALSE:
        raise ValueError
    return folded in _TRUE


def _string(given: Any, make: Make) -> str:
    if isinstance(given, dict | list):
        raise ValueError
    if isinstance(given, bool):
        return str(given).lower()
    return str(given)


def _list(given: Any, make: Make) -> list[Any]:
    if isinstance(given, str):
        given = (
            json.loads(given) if given.lstrip().startswith("[") else [part.strip() for part in given.split(",") if part.strip()]
        )
    if not isinstance(given, list | tuple):
        raise ValueError
    return list(given)


def _columns(given: Any, make: Make) -> list[str]:
    names = _list(given, make)
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError
    return names


def _map(given: Any, make: Make) -> dict[str, Any]:
    if isinstance(given, str):
        given = json.loads(given) if given.lstrip().startswith("{") else _pairs(given)
    if not isinstance(given, Mapping):
        raise ValueError
    return dict(given)


def _pairs(text: str) -> dict[str, str]:
    """`free:80,pro:15` or `free=80,pro=15`."""
    parts = [re.split(r"[:=]", part, maxsplit=1) for part in text.split(",")]
    return {key.strip(): value.strip() for key, value in parts}


_CONVERSIONS: dict[str, Callable[[Any, Make], Any]] = {
    "int": _int,
    "float": lambda given, make: float(_decimal(given, make)),
    "decimal": _decimal,
    "bool": _bool,
    "string": _string,
    "date": moments.date_bound,
    "datetime": moments.datetime_bound,
    "list": _list,
    "map": _map,
    "columns": _columns,
    "any": lambda given, make: given,
}
_WORDS = {
    "int": "a whole number", "float": "a number", "decimal": "a number", "bool": "true or false", "string": "text",
    "date": "a date such as 2024-12-31", "datetime": "a time such as 2024-12-31T12:00:00Z", "list": "a list",
    "map": "a map of values to weights", "columns": "a list of column names", "any": "a value",
}  # fmt: skip
