"""`mockcraft generators`: the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.completion import categories
from cli.failure import did_you_mean, say, usage
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
    from runner.generators import everything
    from runner.plugins import problems

    for problem in problems():
        say(f"mockcraft: {problem}")
    check_category(category)
    found = [g for g in everything().values() if matches(g, category, search)]
    if not found:
        say(f"mockcraft: no generator has '{search}'; every method of Faker's providers is one, too: faker.<method>")
    show([summary(g) for g in found], COLUMNS, format_)


def check_category(category: str) -> None:
    """Raise `CommandError` (usage) for a category that no generator is of; "" means any."""
    from rapidfuzz import process

    from runner.generators import everything

    known = sorted({g.category for g in everything().values()})
    if category and category.casefold() not in (name.casefold() for name in known):
        near = process.extractOne(category.casefold(), known, score_cutoff=60)
        hint = did_you_mean(str(near[0])) if near else f"categories are {', '.join(known)}"
        raise usage(f"there is no category '{category}'", hint, "CATEGORY_NOT_FOUND")


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
