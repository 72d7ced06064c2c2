"""`mockcraft describe TYPE`: one generator in full."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.completion import generator_names
from cli.failure import did_you_mean, say, usage
from cli.output import FormatOption, dump, pairs, table

if TYPE_CHECKING:
    from runner.generators.registry import Generator

PARAMETER_COLUMNS = ("parameter", "type", "default", "range", "description")


def describe(
    type_: Annotated[str, typer.Argument(metavar="TYPE", autocompletion=generator_names, help="A generator, in any spelling.")],
    format_: FormatOption = "table",
) -> None:
    """Describe a generator: parameters, aliases, an example."""
    from runner.generators import find
    from runner.plugins import problems

    try:
        generator, bound = find(type_)
    except LookupError as error:
        for problem in problems():
            say(f"mockcraft: {problem}")
        hint = did_you_mean(*getattr(error, "suggestions", ()))
        raise usage(f"there is no generator '{type_}'{getattr(error, 'reason', '')}", hint, "GENERATOR_NOT_FOUND") from error
    document = description(generator, bound)
    if format_ != "table":
        dump(document, format_)
        return
    pairs({name: value for name, value in document.items() if name != "parameters"})
    if generator.parameters:
        print()
        table([_parameter_row(p) for p in document["parameters"]], PARAMETER_COLUMNS)


def description(generator: Generator, bound: dict[str, Any]) -> dict[str, Any]:
    """All there is to say; `bound` are the parameters that the alias sets."""
    from runner.values import example_of

    return {
        "name": generator.name,
        "description": generator.description,
        "category": generator.category,
        "example": example_of(generator, bound),
        "output": generator.output,
        "sets": bound,
        "aliases": list(generator.aliases),
        "keywords": list(generator.keywords),
        "locales": list(generator.locales),
        "version": generator.version,
        "slow": generator.slow,
        "parameters": [_plain(asdict(p)) for p in generator.parameters],
    }


def _plain(parameter: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in parameter.items()}


def _parameter_row(parameter: dict[str, Any]) -> dict[str, Any]:
    low, high = parameter["minimum"], parameter["maximum"]
    bounds = "" if low is None and high is None else f"{_bound(low)}..{_bound(high)}"
    return {
        "parameter": parameter["name"] + (" (required)" if parameter["required"] else ""),
        "type": parameter["type"],
        "default": parameter["default"],
        "range": ", ".join(parameter["choices"]) or bounds,
        "description": parameter["description"],
    }


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:,.15g}"
