"""From the flags of `seed` to the outputs of a job: each flag goes to the format that has such an option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cli.failure import usage

FLAGS: Mapping[str, tuple[str, str]] = {
    "--pretty": ("json", "pretty"),
    "--create-table": ("sql", "create_table"),
    "--batch-size": ("sql", "rows_per_statement"),
    "--csv-delimiter": ("csv", "delimiter"),
    "--csv-null": ("csv", "null"),
    "--no-header": ("csv", "header"),
}
"""Each flag's format and the name of its option there."""


def outputs(names: str, dialect: str, compress: str, flags: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The outputs of `--output NAMES` as records. `flags` are those given, with their option's value.

    Raises `CommandError` (usage) for a flag that no output has a use for.
    """
    formats = list(dict.fromkeys(name.strip().lower() for name in names.split(",") if name.strip()))
    if not formats:
        raise usage("--output wants formats, such as csv or csv,jsonl")
    _refuse_useless(formats, {**flags, **({"--dialect": dialect} if dialect else {})})
    return tuple(_output(name, dialect, compress, flags) for name in formats)


def _refuse_useless(formats: Sequence[str], given: Mapping[str, Any]) -> None:
    for flag in given:
        wanted = FLAGS.get(flag, ("sql", ""))[0]
        if wanted not in formats:
            raise usage(f"{flag} needs --output {wanted}")


def _output(name: str, dialect: str, compress: str, flags: Mapping[str, Any]) -> dict[str, Any]:
    options = {FLAGS[flag][1]: value for flag, value in flags.items() if FLAGS[flag][0] == name}
    return {"format": name, "compression": compress, "dialect": dialect if name == "sql" else "", "options": options}
