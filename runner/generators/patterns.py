"""Templates: from `SKU-####` to one alphabet per position."""

from __future__ import annotations

import string
from math import prod

from runner.generators.registry import ParameterError

LARGEST = 1 << 62  # texts one pattern can tell apart
LONGEST = 1_000
_ALPHABETS = {
    "#": string.digits,
    "%": "123456789",
    "?": string.ascii_uppercase,
    "^": string.ascii_lowercase,
    "*": string.ascii_uppercase + string.digits,
    "&": "0123456789abcdef",
}


def parse_template(template: str, letters: str | None = None) -> tuple[str, ...]:
    """One alphabet per position; `letters` is what ? stands for. Raises `ParameterError`."""
    if not 1 <= len(template) <= LONGEST:
        raise ParameterError(f"`template` must have 1 to {LONGEST:,} characters", "template")
    alphabets: list[str] = []
    literal = False
    for character in template:
        if literal or character not in (*_ALPHABETS, "\\"):
            alphabets.append(character)
            literal = False
        elif character == "\\":
            literal = True
        elif character == "?" and letters:
            alphabets.append("".join(dict.fromkeys(letters)))
        else:
            alphabets.append(_ALPHABETS[character])
    if literal:
        raise ParameterError("`template` ends with a lone \\", "template")
    return tuple(alphabets)


def chunks(alphabets: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The positions in runs of at most 2^62 texts each, filled from the right so that the last run is the largest."""
    runs: list[list[str]] = [[]]
    size = 1
    for alphabet in reversed(alphabets):
        if size * len(alphabet) > LARGEST:
            runs.append([])
            size = 1
        runs[-1].append(alphabet)
        size *= len(alphabet)
    return [tuple(reversed(run)) for run in reversed(runs)]


def size_of(alphabets: tuple[str, ...]) -> int:
    """How many texts there are."""
    return prod(len(a) for a in alphabets)
