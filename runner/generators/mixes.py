"""Mixes of locales: each row is of one of them, in all of its columns.

A mix is written `en_US:60,id_ID:30,ja_JP:10`; the numbers are relative weights. Which locale a row has is
one draw for the row, so that its person, its address and its company are of the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import gcd
from typing import NamedTuple

from runner import draws, pools
from runner.generators.compose import choose
from runner.generators.registry import Beside, Made, Make, ParameterError
from runner.ops import Call, Nulls, Op, Weighted

MOST = 100
"""Locales in one mix."""


class Share(NamedTuple):
    """A locale of a mix and its whole weight, at least 1."""

    locale: str
    weight: int


class MixError(ValueError):
    """Text or weights that are no mix: a plain sentence."""


@lru_cache(maxsize=256)
def shares(text: str) -> tuple[Share, ...]:
    """The locales of a mix with their weights, in the order written; a plain locale is one share. Raises `MixError`."""
    if "," not in text and ":" not in text:
        return (Share(text, 1),)
    return weighed(named(text))


def named(text: str) -> list[tuple[str, str]]:
    """The locales of a written mix with their weights as text; a JSON object of them is read, too."""
    parts = [part for part in text.strip().removeprefix("{").removesuffix("}").split(",") if part.strip()]
    return [(name.strip(" \"'"), weight.strip() or "1") for name, _, weight in (part.partition(":") for part in parts)]


def weighed(pairs: Iterable[tuple[str, str]]) -> tuple[Share, ...]:
    """Locales with weights as text, made whole numbers; those of weight 0 left out. Raises `MixError`."""
    numbers: dict[str, Decimal] = {}
    for name, text in ((pools.locale_of(name) or name, text) for name, text in pairs):
        if name in numbers:
            raise MixError(f"a mix names {name} twice")
        numbers[name] = _weight(name, text)
    if len(numbers) > MOST:
        raise MixError(f"a mix has at most {MOST} locales, not {len(numbers)}")
    scale = 10 ** max((max(0, -int(n.as_tuple().exponent)) for n in numbers.values()), default=0)
    whole = {name: int(n * scale) for name, n in numbers.items() if n}
    if not whole:
        raise MixError("a mix of locales needs a weight above 0")
    common = gcd(*whole.values())
    return tuple(Share(name, n // common) for name, n in whole.items())


def _weight(name: str, text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number <= 10**9 or int(number.as_tuple().exponent) < -6:
        raise MixError(f"the weight of {name} is a number from 0 to 1,000,000,000 with at most 6 decimals, not {text}")
    return number


def written(found: tuple[Share, ...]) -> str:
    """The text of a mix; of one share the plain locale."""
    return found[0].locale if len(found) == 1 else ",".join(f"{name}:{weight}" for name, weight in found)


def build_mixed(make: Make, mix: tuple[Share, ...], build: Callable[[Make], Made]) -> Made:
    """What `build` makes of each locale, by the row's own one; the same for all where the locale does not matter.

    Raises `ParameterError` (code UNIQUE_IMPOSSIBLE) for a unique column where two locales may give one value.
    """
    key = draws.derive_key(make.seed, make.table, "$entity", "locale", "")
    index = Weighted(key, tuple(share.weight for share in mix), make.row)
    names = tuple(share.locale for share in mix)
    options = [build(_in_locale(make, names, number, index)) for number in range(len(names))]
    first = options[0]
    if all(replace(option, source=None) == replace(first, source=None) for option in options):
        return first
    if make.unique and not all(option.apart for option in options):
        message = "in a mix of locales two of them may give the same value, so that it cannot be unique"
        raise ParameterError(message, "unique", code="UNIQUE_IMPOSSIBLE")
    sizes = [option.distinct for option in options]
    return replace(
        first,
        op=choose(index, *(option.op for option in options)),
        distinct=None if None in sizes else sum(size or 0 for size in sizes),
        unique=all(option.unique and option.apart for option in options),
        claims=tuple(dict.fromkeys(claim for option in options for claim in option.claims)),
    )


def _in_locale(make: Make, names: tuple[str, ...], number: int, index: Op) -> Make:
    """The make of one locale of the mix, to which the columns beside it show what they are in that locale."""
    name = names[number]
    beside = tuple(_beside(b, name) for b in make.beside)
    find = make.find_column
    return replace(make, locale=name, mix=names, beside=beside, find_column=lambda column: _option(find(column), index, number))


def _beside(column: Beside, name: str) -> Beside:
    known = [share.locale for share in shares(column.locale)]
    return replace(column, locale=name if name in known else known[0])


def _option(column: Made, index: Op, number: int) -> Made:
    """A column found by name, whose source is that of the locale."""
    source = column.source or column.op
    inner = source.of if isinstance(source, Nulls) else source
    if not isinstance(inner, Call) or inner.function != "choose" or inner.args[0] != index:
        return column
    option = inner.args[1 + number]
    return replace(column, source=replace(source, of=option) if isinstance(source, Nulls) else option)
