"""What a finished dataset is, in numbers: the report and the last event are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Summary:
    """Counts of the accepted records, and what it cost to get them.

    `by_…` map values to numbers of records (an axis that was not asked for has the one value ""); `lengths` are
    [from, to, records] of a record's characters, ascending; `rejected` maps reasons to answers; `tokens` has `prompt`
    and `completion` over all answers that were used, stored ones of earlier attempts included; `seconds` is the time
    of all attempts. `near_duplicates` says how near ones were looked for. `samples` are whole records.
    """

    title: str
    target: int
    accepted: int
    by_topic: Mapping[str, int]
    by_kind: Mapping[str, int]
    by_difficulty: Mapping[str, int]
    by_persona: Mapping[str, int]
    lengths: tuple[tuple[int, int, int], ...]
    answers: int
    repaired: int
    rejected: Mapping[str, int]
    exact_duplicates: int
    near_duplicates: int
    duplicate_check: str
    tokens: Mapping[str, int]
    seconds: float
    model: Mapping[str, Any]
    template: bool
    fallback: str = ""
    incomplete: str = ""
    samples: tuple[Mapping[str, Any], ...] = ()
    files: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def rejected_total(self) -> int:
        """Answers that did not become a record, duplicates included."""
        return sum(self.rejected.values())
