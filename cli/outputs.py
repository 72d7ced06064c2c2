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


OWN_CODEC = ("parquet",)
"""Formats that compress by themselves; `--compress` is about text files."""


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


def named(output: Mapping[str, Any], file_name: str) -> dict[str, Any]:
    """The output with the name of its file (without extension), as a build config gives it."""
    return {**output, "options": {"file_name": file_name, **output["options"]}}


def _output(name: str, dialect: str, compress: str, flags: Mapping[str, Any]) -> dict[str, Any]:
    options = {FLAGS[flag][1]: value for flag, value in flags.items() if FLAGS[flag][0] == name}
    compress = "none" if name in OWN_CODEC else compress
    return {"format": name, "compression": compress, "dialect": dialect if name == "sql" else "", "options": options}
