"""Bounds of what may be asked of a provider of the long tail: one call must neither fill the memory nor take minutes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from math import prod
from typing import Any, Final

from runner.generators.registry import ParameterError

LARGEST: Final = 1_000_000
"""Largest number, and largest product of the numbers of one call: lengths are multiplied by counts."""
MOST: Final = 10_000
"""Largest count of things in one value (`nb_…`, `num_…`)."""
LONGEST: Final = 100_000
"""Longest text or list, in characters."""

_VALUES: Final = ("min", "max", "min_value", "max_value")
"""Bounds of the number that is drawn, not of the work of drawing it."""
_COUNTS: Final = ("nb", "num", "count")


def check_provider(params: Mapping[str, Any]) -> None:
    """Raise `ParameterError` for parameters that ask for too much."""
    sizes: list[int] = []
    for name, value in params.items():
        if len(str(value)) > LONGEST:
            raise ParameterError(f"`{name}` has more than {LONGEST:,} characters", name)
        if name not in _VALUES:
            own = [abs(number) for number in _integers(value)]
            most = MOST if name.startswith(_COUNTS) else LARGEST
            if any(number > most for number in own):
                raise ParameterError(f"`{name}` can be at most {most:,} here", name)
            sizes += own if len(own) <= 3 else [max(own)]
    if prod(size for size in sizes if size > 1) > LARGEST:
        raise ParameterError(f"the parameters together ask for more than {LARGEST:,} pieces in one value")


def _integers(value: Any) -> Iterable[int]:
    """The whole numbers in a parameter, in text and lists too; a command line gives everything as text."""
    if isinstance(value, bool):
        return
    if isinstance(value, int | float) and abs(value) >= 1:
        yield int(min(abs(value), 2 * LARGEST))
    elif isinstance(value, str):
        yield from _integers(_read(value))
    elif isinstance(value, Mapping):
        yield from (number for part in value.values() for number in _integers(part))
    elif isinstance(value, list | tuple):
        yield from (number for part in value for number in _integers(part))


def _read(text: str) -> Any:
    """The number or list that a text is, as the providers read it; None for others."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return None if isinstance(found, str) else found
