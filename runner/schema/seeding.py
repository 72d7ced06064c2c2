"""Plans whose seed is left open: one schema planned once, for many seeds.

A seed enters a plan as the keys that are derived from it and names, and as itself. `SeededPlan` remembers where they
stand in the plan's JSON and from which names they come, and writes the plan of another seed without planning again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from runner.draws import derivations, derive_key
from runner.plan import Plan

FIRST: Final = 0x5EED_0FA7_1A7E_5A1
SECOND: Final = -0x0DD_5EED_0FA7_1A7
"""Seeds to plan with: numbers that nothing else in a plan is likely to be."""

_NUMBER: Final = re.compile(rb"-?\d+")


@dataclass(frozen=True, slots=True)
class SeededPlan:
    """The texts between the places of a plan's JSON that hang on its seed, and the names of each (None: the seed itself)."""

    texts: tuple[bytes, ...]
    names: tuple[tuple[str, ...] | None, ...]

    def json(self, seed: int) -> bytes:
        """The plan's canonical JSON for a seed, the same bytes as planning with it gives."""
        made = [str(seed if names is None else derive_key(seed, *names)).encode() for names in self.names]
        return b"".join(part for pair in zip(self.texts, (*made, b""), strict=True) for part in pair)


def seeded(plan: Callable[[int], Plan | None]) -> SeededPlan | None:
    """What `plan(seed)` gives, with the seed left open; None where that cannot be (no plan, or a seed that enters otherwise).

    `plan` is called twice, with seeds of ours, and what was made is compared with the second.
    """
    with derivations() as seen:
        first = plan(FIRST)
    second = plan(SECOND) if first is not None else None
    if first is None or second is None:
        return None
    known: dict[bytes, tuple[str, ...] | None] = {str(key).encode(): at for key, (seed, at) in seen.items() if seed == FIRST}
    known[str(FIRST).encode()] = None
    made = _split(first.to_json(), known)
    return made if made.json(SECOND) == second.to_json() else None


def _split(text: bytes, known: dict[bytes, tuple[str, ...] | None]) -> SeededPlan:
    texts, names, end = [], [], 0
    for found in _NUMBER.finditer(text):
        if found[0] in known:
            texts.append(text[end : found.start()])
            names.append(known[found[0]])
            end = found.end()
    return SeededPlan((*texts, text[end:]), tuple(names))
