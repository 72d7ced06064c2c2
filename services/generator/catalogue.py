"""The catalogue as callers see it: generators with an example each, filtered and paged."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from runner.generators import Generator, Make, ParameterError, UnknownGenerator, build, everything, find
from runner.generators.lookup import DICTIONARY
from runner.pools import DEFAULT_LOCALE
from runner.steps import TooManyBytes
from runner.values import AS_OF, example_of, generate_values, home_locale, needed
from services.common.errors import FieldError, MockcraftError, invalid, not_found
from services.generator.reading import MOST_BYTES, too_large

LARGEST_PAGE = 1000
MOST_VALUES = 100_000
MOST_SLOW_VALUES = 10_000


@dataclass(frozen=True, slots=True)
class Described:
    """A generator with a value it made (None when it needs parameters) and how many distinct ones it has (None: unknown)."""

    generator: Generator
    example: Any = None
    distinct: int | None = None


@dataclass(frozen=True, slots=True)
class GeneratorPage:
    """A page of generators by name; `categories` counts all generators of each."""

    generators: tuple[Described, ...]
    next_page_token: str
    categories: Mapping[str, int]


def page(category: str, search: str, page_size: int, page_token: str) -> GeneratorPage:
    """Generators of a category (any case) that hold the searched word. Raises PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
    if not 0 <= page_size <= LARGEST_PAGE:
        raise invalid("PAGE_SIZE_INVALID", f"The page size must be 1 to {LARGEST_PAGE:,}.")
    after = _parse_token(page_token)
    wanted = [g for g in everything().values() if g.name > after and _matches(g, category.casefold(), search.casefold())]
    size = page_size or len(wanted)
    token = _token(wanted[size - 1].name) if len(wanted) > size else ""
    return GeneratorPage(tuple(describe(g.name) for g in wanted[:size]), token, categories())


def categories() -> dict[str, int]:
    """How many generators each category holds, by name."""
    return dict(sorted(Counter(g.category for g in everything().values()).items()))


def _matches(generator: Generator, category: str, search: str) -> bool:
    words = (generator.name, generator.description, *generator.aliases, *generator.keywords)
    return category in ("", generator.category.casefold()) and any(search in word.casefold() for word in words)


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _parse_token(token: str) -> str:
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise invalid("PAGE_TOKEN_INVALID", "This page token is not one of ours.", "Start from the first page.") from None


def describe(name: str) -> Described:
    """One generator by any spelling. Raises GENERATOR_NOT_FOUND."""
    return _described(name) if name.strip().casefold().startswith(DICTIONARY) else _known(name)


@lru_cache(maxsize=2048)
def _known(name: str) -> Described:
    """Of the catalogue, which stays as it is; dictionaries come and go."""
    return _described(name)


def _described(name: str) -> Described:
    generator, _ = look_up(name)
    try:
        return Described(generator, example_of(generator), _distinct(generator))
    except ValueError:  # it needs columns to work on
        return Described(generator)


def _distinct(generator: Generator) -> int | None:
    make = Make(seed=1, table="values", column=generator.name, rows=1, as_of=AS_OF, locale=home_locale(generator))
    distinct = build(generator, needed(generator), make).distinct
    return distinct if distinct is not None and distinct < 1 << 63 else None


def look_up(name: str) -> tuple[Generator, dict[str, Any]]:
    """`find`, for callers. Raises GENERATOR_NOT_FOUND with suggestions."""
    try:
        return find(name)
    except UnknownGenerator as error:
        hint = (
            f"Did you mean {' or '.join(error.suggestions)}?" if error.suggestions else "List the generators to see their names."
        )
        raise not_found("GENERATOR_NOT_FOUND", f"There is no generator of this name{error.reason}.", hint) from None


def values(name: str, count: int, seed: int | None, locale: str, params: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The canonical name and `count` JSON-safe values. Raises GENERATOR_NOT_FOUND and the codes of bad parameters."""
    if not 0 <= count <= MOST_VALUES:
        raise invalid("COUNT_INVALID", f"The count must be 1 to {MOST_VALUES:,}.")
    if look_up(name)[0].slow and count > MOST_SLOW_VALUES:
        raise invalid("COUNT_INVALID", f"The count must be 1 to {MOST_SLOW_VALUES:,} for a Faker provider.")
    try:
        today = datetime.now(UTC).date()
        generator, made = generate_values(
            name, count or 1, seed, locale or DEFAULT_LOCALE, params, today=today, most_bytes=MOST_BYTES
        )
    except TooManyBytes:
        raise too_large("values") from None
    except ParameterError as error:
        raise _bad_parameter(error) from error
    except ValueError as error:  # what a provider of the long tail answers
        raise invalid("VALUE_FAILED", str(error)) from error
    return generator.name, made


def _bad_parameter(error: ParameterError) -> MockcraftError:
    path = error.parameter if error.parameter in ("locale", "count") else f"parameters.{error.parameter}"
    finding = FieldError(path, str(error), error.code, suggestion=error.suggestion)
    hint = f"Did you mean {error.suggestion}?" if error.suggestion else ""
    return invalid(error.code, str(error), hint, [finding])
