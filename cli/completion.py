"""What the shell is offered while a word is typed."""

from __future__ import annotations

from collections.abc import Iterable


def generator_names(incomplete: str) -> list[str]:
    """Generators whose canonical or bare name begins so."""
    from runner.generators import everything

    wanted = incomplete.casefold()
    every = everything()
    names = [name for name in every if name.startswith(wanted)]
    return names or [name.rpartition(".")[2] for name in every if name.rpartition(".")[2].startswith(wanted)]


def categories(incomplete: str) -> list[str]:
    """Categories of the catalogue that begin so."""
    from runner.generators import everything

    return sorted({g.category for g in everything().values() if g.category.startswith(incomplete)})


def formats(incomplete: str) -> list[str]:
    """Output formats; the last of a comma-separated list is completed."""
    from runner.formats import format_names

    return _last_word(incomplete, format_names())


def fast_words(incomplete: str) -> list[str]:
    """What a load may take off; the last of a comma-separated list is completed."""
    return _last_word(incomplete, ("indexes", "triggers", "unlogged"))


def _last_word(incomplete: str, words: Iterable[str]) -> list[str]:
    head, comma, last = incomplete.rpartition(",")
    return [head + comma + word for word in words if word.startswith(last)]
