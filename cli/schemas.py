"""Schemas named on the command line: reading, checking, and telling what was found."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.failure import USAGE, CommandError, did_you_mean, say, usage

if TYPE_CHECKING:
    from runner.plan import Plan
    from runner.schema import Checked, Finding

SchemaArgument = Annotated[str, typer.Argument(metavar="SCHEMA", help="Schema file, YAML or JSON; - reads standard input.")]
RowsOption = Annotated[list[str], typer.Option("--rows", metavar="TABLE=N", help="Row count of a table: 10K, 5M; repeatable.")]
SetOption = Annotated[list[str], typer.Option("--set", metavar="NAME=VALUE", help="Value of a schema option; repeatable.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Instead of the schema's seed.")]


@dataclass(frozen=True)
class Given:
    """A schema as the command line gives it: its text, and what overrides it."""

    path: str
    text: bytes
    options: Mapping[str, str]
    rows: Mapping[str, str]
    seed: int | None

    @cached_property
    def checked(self) -> Checked:
        """The outcome of its check; `today` in it is the present day (UTC)."""
        from datetime import UTC, datetime

        from runner.schema import check

        return check(self.text, options=self.options, rows=self.rows, seed=self.seed, today=datetime.now(UTC).date())

    def plan(self) -> Plan:
        """Its plan; what was found is told. Raises `CommandError` (usage) when it is invalid."""
        tell(self.path, self.checked.findings)
        if self.checked.plan is None:
            raise invalid(self.path, self.checked.findings)
        return self.checked.plan


def given(path: str, set_: Sequence[str] = (), rows: Sequence[str] = (), seed: int | None = None) -> Given:
    """Read a schema and the flags beside it. Raises `CommandError` (usage)."""
    return Given(path, read(path), assignments("set", set_), assignments("rows", rows), seed)


def read(path: str) -> bytes:
    """The schema's text. Raises `CommandError` (usage) when there is no such file."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except IsADirectoryError:
        raise usage(f"{path} is a folder, not a schema") from None
    except OSError as error:
        raise usage(f"cannot read the schema {path}: {error.strerror}") from None


def assignments(option: str, given: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` words as a mapping. Raises `CommandError` (usage)."""
    pairs = [word.partition("=") for word in given]
    for word, (name, equals, _) in zip(given, pairs, strict=True):
        if not name.strip() or not equals:
            raise usage(f"--{option} wants NAME=VALUE, not '{word}'")
    return {name.strip(): value.strip() for name, _, value in pairs}


def invalid(path: str, findings: Sequence[Finding]) -> CommandError:
    """The failure of a schema whose findings were told."""
    errors = sum(f.severity == "error" for f in findings)
    return CommandError(f"{path} is invalid: {errors} error{'s' * (errors != 1)}", code="SCHEMA_INVALID", status=USAGE)


def tell(path: str, findings: Sequence[Finding]) -> None:
    """Print findings on standard error, one a line."""
    for finding in findings:
        say(line(path, finding))


def line(path: str, finding: Finding) -> str:
    """`shop.yaml:12:7: CODE message (tables.users.columns.email); did you mean 'email'?`.

    What is wrong with the flags beside a schema has no place in its text.
    """
    place = ("<stdin>" if path == "-" else path) + (f":{finding.line}:{finding.column}" if finding.line else "")
    severity = "warning: " if finding.severity == "warning" else ""
    where = f" ({finding.path})" if finding.path else ""
    guess = f"; {did_you_mean(finding.suggestion)}" if finding.suggestion else ""
    return f"{place}: {severity}{finding.code} {finding.message}{where}{guess}"


def as_documents(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as plain data."""
    return [asdict(finding) for finding in findings]
