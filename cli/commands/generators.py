"""`mockcraft generators`: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.completion import categories
from cli.output import FormatOption, show

if TYPE_CHECKING:
    from runner.generators.registry import Generator

COLUMNS = ("name", "category", "output", "description")


def generators(
    category: Annotated[str, typer.Option("--category", autocompletion=categories, help="Only this category.")] = "",
    search: Annotated[str, typer.Option("--search", help="Only where name, alias, keyword or description has it.")] = "",
    format_: FormatOption = "table",
) -> None:
    """List the generators."""
    from runner.generators import catalogue

    found = [g for _, g in sorted(catalogue().items()) if matches(g, category, search)]
    show([summary(g) for g in found], COLUMNS, format_)


def matches(generator: Generator, category: str, search: str) -> bool:
    """Whether it is of the category and holds the searched words (case folded; empty: any)."""
    texts = (generator.name, generator.description, *generator.aliases, *generator.keywords)
    wanted = search.casefold()
    return (not category or generator.category.casefold() == category.casefold()) and any(wanted in t.casefold() for t in texts)


def summary(generator: Generator) -> dict[str, Any]:
    """What a list says about it."""
    return {
        "name": generator.name,
        "category": generator.category,
        "output": generator.output,
        "description": generator.description,
        "parameters": [p.name for p in generator.parameters],
    }
