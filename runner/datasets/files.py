"""What a dataset's job leaves: the records' file, the report, and the manifest that says what made them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from runner import ENGINE_VERSION
from runner.datasets import outputs, prompts
from runner.datasets.outputs import Mark, Writer, Written
from runner.datasets.plan import slots
from runner.datasets.records import Record
from runner.datasets.spec import DatasetRequest, DatasetSpec
from runner.datasets.summary import Summary
from runner.datasets.tally import Tally
from runner.manifest import NAME as MANIFEST
from runner.platform import write_durably
from runner.sink import part_of

Artifact = dict[str, Any]
CARD, PAGE = "README.md", "report.html"
ABOUT: Final = (CARD, PAGE, MANIFEST)
"""What stands beside the records' file."""
_CHUNK: Final = 1024
SAMPLES: Final = 5
_UNDECISIVE: Final = {"budget", "give_up", "batch_size"}
_UNDECISIVE_OF_RECORDS: Final = _UNDECISIVE | {"output_format", "shape", "compression", "metadata"}


def work_digest(request: DatasetRequest, *, records_only: bool = False) -> str:
    """SHA-256 of what decides the file, or the accepted records alone: limits and formats do not matter to these."""
    left_out = _UNDECISIVE_OF_RECORDS if records_only else _UNDECISIVE
    data = [request.model_dump(mode="json", exclude=left_out), prompts.VERSION]
    return hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()


def file_name(spec: DatasetSpec) -> str:
    """What the records' file is called."""
    return outputs.filename(spec.file_name, spec.request.output_format, spec.request.compression)


def open_writer(spec: DatasetSpec, mark: Mark | None = None) -> Writer:
    """The records' file, from a mark on. Raises `OptionError` for what does not go together, and `OSError`."""
    request = spec.request
    return outputs.open_writer(
        spec.out_dir / file_name(spec),
        request.output_format,
        request.shape,
        request.kinds,
        request.record_schema,
        request.compression,
        mark,
        metadata=request.with_metadata,
    )


def write_records(
    spec: DatasetSpec, records: Iterator[tuple[int, Record]], go_on: Callable[[], None]
) -> tuple[Written, Tally, tuple[Record, ...]]:
    """Write accepted records, whole, with their place in the plan; returns the file, the counts and first samples.

    `go_on` is called between chunks; it raises to stop.
    """
    request, tally, samples = spec.request, Tally(spec.request), list[Record]()
    schema = outputs.schema_of(request.kinds, request.record_schema, request.with_metadata)
    writer = open_writer(spec)
    while chunk := list(islice(records, _CHUNK)):
        go_on()
        numbers = [number for number, _ in chunk]
        whole = placed(request, numbers, [record for _, record in chunk])
        samples += whole[: SAMPLES - len(samples)]
        table = outputs.table_of(whole, schema)
        writer.table(table)
        tally.add(np.array(numbers, dtype=np.int64), table)
    return writer.finish(), tally, tuple(samples)


def placed(request: DatasetRequest, numbers: Sequence[int], records: Sequence[Record]) -> list[Record]:
    """Records with their metadata before them, where the request wants it."""
    if not request.with_metadata:
        return list(records)
    return [place.as_metadata() | record for place, record in zip(slots(request, numbers), records, strict=True)]


def artifact(spec: DatasetSpec, written: Written) -> Artifact:
    """The records' file as events and the manifest list it."""
    name, kind = file_name(spec), outputs.content_type(spec.request.output_format, spec.request.compression)
    return {
        "name": name,
        "path": name,
        "bytes": written.bytes,
        "sha256": written.sha256,
        "contentType": kind,
        "rows": written.rows,
    }


def located(spec: DatasetSpec, about: Artifact) -> Artifact:
    """An artifact of the report's folder, its path as seen from `out_dir`."""
    return about | {"path": Path(os.path.relpath(spec.about_dir / about["name"], spec.out_dir)).as_posix()}


def write_manifest(spec: DatasetSpec, summary: Summary, files: Sequence[Artifact]) -> Artifact:
    """Write `manifest.json`; returns it as an artifact. Its bytes do not depend on when and how often a job ran."""
    data = orjson.dumps(manifest(spec, summary, files), option=orjson.OPT_INDENT_2) + b"\n"
    write_durably(spec.about_dir / MANIFEST, data)
    return {
        "name": MANIFEST,
        "path": MANIFEST,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "contentType": "application/json",
        "rows": 0,
    }


def manifest(spec: DatasetSpec, summary: Summary, files: Sequence[Artifact]) -> Mapping[str, Any]:
    """The request, versions, model, counts and files."""
    return {
        "mockcraft": version("mockcraft"),
        "engine": ENGINE_VERSION,
        "kind": "dataset",
        "seed": spec.request.seed,
        "request": spec.request.model_dump(mode="json", by_alias=True),
        "prompts": prompts.VERSION,
        "model": dict(summary.model),
        "template": summary.template,
        "fallback": summary.fallback,
        "complete": not summary.incomplete,
        "incomplete": summary.incomplete,
        "target": summary.target,
        "accepted": summary.accepted,
        "answers": summary.answers,
        "repaired": summary.repaired,
        "rejected": dict(summary.rejected),
        "tokens": dict(summary.tokens),
        "duplicateCheck": summary.duplicate_check,
        "libraries": {name: version(name) for name in ("numpy", "pyarrow", "rensa")},
        "files": list(files),
    }


def remove_files(spec: DatasetSpec) -> None:
    """Remove the records' file of a cancelled job, finished or not."""
    path = spec.out_dir / file_name(spec)
    spool = path.with_name(path.name + ".spool")
    for left in (path, part_of(path), part_of(spool), spec.about_dir / MANIFEST):
        Path(left).unlink(missing_ok=True)
