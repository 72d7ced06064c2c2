"""`mockcraft generate` as the command-line library sees it: for its help and for completion."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.completion import generator_names
from cli.single import OWN, ValueFormat, answer, parse


def generate(
    context: typer.Context,
    type_: Annotated[str, typer.Argument(metavar="TYPE", autocompletion=generator_names, help="A generator, in any spelling.")],
    count: Annotated[int, typer.Option("--count", "-n", help="How many values.")] = 1,
    seed: Annotated[int | None, typer.Option("--seed", help="Same seed, same values; fresh ones without.")] = None,
    locale: Annotated[str, typer.Option("--locale", help="Such as id_ID.")] = "en_US",
    format_: Annotated[ValueFormat, typer.Option("--format", help="One value a line, JSON or CSV.")] = "text",
    param: Annotated[list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="One of its parameters.")] = None,
) -> None:
    """Make values of one generator; every other --NAME=VALUE is one of its parameters.

    mockcraft generate firstname · mockcraft generate password --length=12 · mockcraft describe password
    """
    own = {"count": count, "seed": seed, "locale": locale, "format": format_}
    words = [f"--{name}={value}" for name, value in own.items() if value is not None and name in OWN]
    words += [f"--param={assignment}" for assignment in param or ()]
    answer(parse([type_, *words, *context.args]))
