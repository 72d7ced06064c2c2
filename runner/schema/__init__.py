"""The schema language: YAML or JSON in, a plan out, or every mistake at once with its place.

Light to import: what checks a schema is loaded when the first one comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from runner.schema.access import NOTHING, Access
from runner.schema.findings import CODES, Finding

if TYPE_CHECKING:
    from runner.plan import Plan
    from runner.schema.buildconfig import Requested
    from runner.schema.feasibility import Feasible

__all__ = ["CODES", "Access", "Checked", "Finding", "check"]


@dataclass(frozen=True)
class Checked:
    """The outcome of a check: a plan when there is no error, and all findings in the order of the text.

    `requested` is what a build config asks for beside the data (format, dialect, file name). `distinct` says of
    all unique columns how many values they need, and how many there are.
    """

    plan: Plan | None
    findings: tuple[Finding, ...]
    requested: Requested | None = None
    distinct: tuple[Feasible, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the schema can run. Warnings do not stop it."""
        return self.plan is not None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop it."""
        return tuple(f for f in self.findings if f.severity == "error")


def check(
    source: str | bytes | Mapping[str, Any],
    *,
    options: Mapping[str, str] | None = None,
    rows: Mapping[str, str] | None = None,
    seed: int | None = None,
    today: date | None = None,
    access: Access = NOTHING,
) -> Checked:
    """Check a schema (YAML or JSON text, or an object) and plan it. Never raises for bad input.

    `options` override the schema's own, `rows` the row counts of tables (`10K` is fine), `seed` its
    seed; `today` is the day that `today` in the schema means; `access` the files and variables it may reach.
    """
    from runner.schema.checking import check_source

    return check_source(source, options or {}, rows or {}, seed, today, access)
