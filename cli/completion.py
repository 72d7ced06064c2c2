"""What the shell is offered while a word is typed."""

from __future__ import annotations


def generator_names(incomplete: str) -> list[str]:
    """Generators whose canonical or bare name begins so."""
    from runner.generators import catalogue

    wanted = incomplete.casefold()
    names = [name for name in catalogue() if name.startswith(wanted)]
    return names or [name.rpartition(".")[2] for name in catalogue() if name.rpartition(".")[2].startswith(wanted)]


def categories(incomplete: str) -> list[str]:
    """Categories of the catalogue that begin so."""
    from runner.generators import catalogue

    return sorted({g.category for g in catalogue().values() if g.category.startswith(incomplete)})


def formats(incomplete: str) -> list[str]:
    """Output formats; the last of a comma-separated list is completed."""
    from runner.formats import format_names

    head, comma, last = incomplete.rpartition(",")
    return [head + comma + name for name in format_names() if name.startswith(last)]
