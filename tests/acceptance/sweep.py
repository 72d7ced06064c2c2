"""Many random schemas written by the real job and checked: what `make test` does with some and `make prove` with many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from tests.acceptance.checker import broken
from tests.acceptance.features import NAMES, features
from tests.acceptance.schemas import documents
from tests.acceptance.written import planned, write


@dataclass
class Sweep:
    """What was looked at, and what did not hold."""

    schemas: int = 0
    claims: int = 0
    rows: int = 0
    tables: Counter[int] = field(default_factory=Counter)
    features: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def rarest(self) -> tuple[float, str]:
        """The share of schemas that have the rarest feature, and its name."""
        return min((self.features[name] / max(self.schemas, 1), name) for name in NAMES)

    def add(self, document: Mapping[str, Any]) -> None:
        """Plan, write and check one schema."""
        self.schemas += 1
        self.tables[len(document["tables"])] += 1
        self.features.update(features(document))
        plan = planned(document)
        with TemporaryDirectory(prefix="mockcraft-acceptance-") as folder:
            found, claims = broken(document, write(plan, Path(folder), block_rows=1024))
        self.claims += claims
        self.rows += plan.total_rows
        self.broken += [f"{line}\n{document}" for line in found]


def sweep(examples: int) -> Sweep:
    """So many random schemas, the same ones every time; nothing is shrunk, all that is broken is told."""
    seen = Sweep()

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(documents())
    def looked_at(document: dict[str, Any]) -> None:
        seen.add(document)

    looked_at()
    return seen
