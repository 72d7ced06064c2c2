"""Schemas named on the command line: reading, checking, and telling what was found."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.failure import USAGE, CommandError, did_you_mean, say, usage
from services.common.redaction import redact

if TYPE_CHECKING:
    from runner.plan import Plan
    from runner.schema import Access, Checked, Finding
    from services.common.schemas import SchemaRequest

SchemaArgument = Annotated[str, typer.Argument(metavar="SCHEMA", help="Schema file, YAML or JSON; - reads standard input.")]
RowsOption = Annotated[list[str], typer.Option("--rows", metavar="TABLE=N", help="Row count of a table: 10K, 5M; repeatable.")]
SetOption = Annotated[list[str], typer.Option("--set", metavar="NAME=VALUE", help="Value of a schema option; repeatable.")]
SeedOption = Annotated[int | None, typer.Option("--seed", help="Instead of the schema's seed.")]

AllowEnvOption = Annotated[
    list[str], typer.Option("--allow-env", metavar="NAME", help="Let the schema read ${env.NAME}; repeatable.")
]


@dataclass(frozen=True)
class Given:
    """A schema as the command line gives it: its text, and what overrides it."""

    path: str
    text: bytes
    options: Mapping[str, str]
    rows: Mapping[str, str]
    seed: int | None
    access: Access

    @cached_property
    def checked(self) -> Checked:
        """The outcome of its check; `today` in it is the present day (UTC)."""
        from datetime import UTC, datetime

        from runner.schema import check

        today = datetime.now(UTC).date()
        return check(self.text, options=self.options, rows=self.rows, seed=self.seed, today=today, access=self.access)

    @property
    def request(self) -> SchemaRequest:
        """The same as the generator takes it."""
        from services.common.schemas import SchemaRequest

        return SchemaRequest(self.text.decode(), self.options, self.rows, self.seed, self.access)

    def plan(self) -> Plan:
        """Its plan; what was found is told. Raises `CommandError` (usage) when it is invalid."""
        tell(self.path, self.checked.findings)
        if self.checked.plan is None:
            raise invalid(self.path, self.checked.findings)
        return self.checked.plan


def given(
    path: str,
    set_: Sequence[str] = (),
    rows: Sequence[str] = (),
    seed: int | None = None,
    allow_env: Sequence[str] = (),
    settings: str = "",
) -> Given:
    """Read a schema and the flags beside it. Raises `CommandError` (usage)."""
    text = read(path)
    return Given(path, text, assignments("set", set_), assignments("rows", rows), seed, access(path, text, allow_env, settings))


def access(path: str, text: bytes, allow_env: Sequence[str], settings: str) -> Access:
    """What the schema may reach: files of its folder, the variables allowed by flag or settings.

    The settings are loaded for schemas that look as if they ask for more than that. Raises `CommandError` (usage).
    """
    from runner.schema import Access

    names, folders = list(allow_env), tuple[Path, ...]()
    if b"include" in text or b"env." in text:
        from cli.configuration import load

        allowed = load(settings).schemas
        names += allowed.allow_env
        folders = tuple(Path(folder) for folder in allowed.include_folders)
    base = None if path == "-" else Path(path).absolute().parent
    return Access(base, folders, {name: os.environ.get(name) for name in names})


def read(path: str) -> bytes:
    """The schema's text. Raises `CommandError` (usage) when there is no such file."""
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except IsADirectoryError:
        raise usage(f"{path} is a folder, not a schema") from None
    except OSError as error:
        raise usage(f"cannot read the schema {redact(path)}: {error.strerror}") from None  # a URL, perhaps


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
    file = "<stdin>" if path == "-" else str(Path(path).parent / finding.file) if finding.file else path
    place = file + (f":{finding.line}:{finding.column}" if finding.line else "")
    severity = "warning: " if finding.severity == "warning" else ""
    where = f" ({finding.path})" if finding.path else ""
    guess = f"; {did_you_mean(finding.suggestion)}" if finding.suggestion else ""
    return f"{place}: {severity}{finding.code} {finding.message}{where}{guess}"


def as_documents(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as plain data."""
    return [asdict(finding) for finding in findings]
