"""`README.md`: a dataset card with the metadata that dataset hubs read, and what a person should know before using it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
import yaml

from runner.datasets.report import figures
from runner.datasets.summary import Summary

_TASKS = {
    "instruction": "text-generation",
    "qa": "question-answering",
    "chat": "text-generation",
    "classification": "text-classification",
    "summarization": "summarization",
    "preference": "text-generation",
    "text": "text-generation",
    "custom": "other",
}
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"))
_LARGER = ((100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"))
_LOADABLE = (".jsonl", ".json", ".csv", ".parquet", ".txt", ".gz", ".zst")


def card(summary: Summary) -> str:
    """The card as Markdown with YAML front matter."""
    head = yaml.safe_dump(_metadata(summary), sort_keys=False, allow_unicode=True, width=100)
    parts = [f"---\n{head}---", *_opening(summary), *_contents(summary), *_making(summary), *_samples(summary), _use(summary)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _metadata(summary: Summary) -> dict[str, Any]:
    kinds = [kind for kind in summary.by_kind if kind]
    tags = ["synthetic", "mockcraft", *kinds]
    files = [str(file["path"]) for file in summary.files if str(file["name"]).endswith(_LOADABLE)]
    about: dict[str, Any] = {"pretty_name": " ".join(summary.title.split())}
    about["license"] = "apache-2.0" if summary.template else "other"
    if not summary.template:
        about["license_name"] = "terms-of-the-model"
    about["task_categories"] = list(dict.fromkeys(_TASKS.get(kind, "other") for kind in kinds))
    about["size_categories"] = [_size(summary.accepted)]
    about["tags"] = [*tags, "template-generated"] if summary.template else [*tags, "llm-generated"]
    if summary.template:
        about["language"] = ["en"]
    if files:
        about["configs"] = [{"config_name": "default", "data_files": files}]
    return about


def _size(records: int) -> str:
    return next((name for bound, name in (*_SIZES, *_LARGER) if records < bound), "n>1B")


def _line(text: str) -> str:
    """One line, without what Markdown would take for a mark-up."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


def _opening(summary: Summary) -> list[str]:
    warning = "> **Synthetic data.** No record describes a real person, case or event. " + _line(figures.origin(summary))
    short = f"> **Incomplete.** {_line(summary.incomplete)}" if summary.incomplete else ""
    return [f"# {_line(summary.title)}", warning, short, _table(("Figure", "Value"), figures.key_figures(summary))]


def _contents(summary: Summary) -> list[str]:
    parts = ["## Contents"]
    for name, listed in figures.axes(summary):
        parts.append(
            _table((name, "Records", "Share"), [(c.name, figures.number(c.records), f"{c.share:.1f} %") for c in listed])
        )
    if summary.lengths:
        parts.append(f"The middle record has {figures.typical(summary)}.")
    if summary.files:
        rows = [
            (file["name"], figures.number(file.get("rows", 0)), figures.size(file["bytes"]), file["sha256"])
            for file in summary.files
        ]
        parts.append(_table(("File", "Records", "Size", "SHA-256"), rows))
    return parts


def _making(summary: Summary) -> list[str]:
    parts = ["## How it was made", _line(figures.origin(summary))]
    facts = [(str(name), str(value)) for name, value in summary.model.items()]
    parts += [_table(("Model", "Value"), facts), f"Duplicates: {_line(summary.duplicate_check)}."]
    if summary.rejected:
        rows = [(why, figures.number(n), part) for why, n, part in figures.reasons(summary)]
        parts += ["Answers that did not become a record:", _table(("Reason", "Answers", "Share"), rows)]
    return parts


def _samples(summary: Summary) -> list[str]:
    if not summary.samples:
        return []
    texts = [orjson.dumps(sample, option=orjson.OPT_INDENT_2).decode("utf-8", "replace") for sample in summary.samples]
    return ["## Samples", *(_fenced(text) for text in texts)]


def _fenced(text: str) -> str:
    """A block of code whose fence is longer than any within it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}json\n{text}\n{fence}"


def _use(summary: Summary) -> str:
    if summary.template:
        said = (
            "The records are grammatical and hold together, but they repeat the patterns of a grammar. Use them to build and "
            "test pipelines, not to teach a model facts or style."
        )
    else:
        said = "Language models err and repeat what they were trained on. Have samples read by people who know the field."
    return f"## Limits\n\n{said}\n\nMade with MockCraft."


def _table(heads: tuple[str, ...], rows: Any) -> str:
    def line(cells: Any) -> str:
        return "| " + " | ".join(_line(str(cell)) for cell in cells) + " |"

    listed: list[Mapping[str, Any]] = list(rows)
    return "\n".join([line(heads), "|" + " --- |" * len(heads), *(line(row) for row in listed)]) if listed else ""
