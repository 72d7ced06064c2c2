"""The texts of one field of a dataset's file, counted: what dictionaries are made of. Reads what datasets are written as."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from runner.dictionaries import MOST_BYTES, MOST_TEXTS
from runner.generators.building import closest
from services.common.errors import FieldError, MockcraftError, invalid

Record = Mapping[str, Any]
DEFAULT_FIELDS: Final = ("output", "answer", "summary", "chosen", "text")
"""Which field is meant where none is named: the one of a record's kind that a model wrote last."""
LONGEST_FIELD: Final = 1 << 27
PIECE: Final = 1 << 20
_FIELDS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which texts of which records. Lengths are characters; no topics or kinds mean all of them."""

    field: str = ""
    min_length: int = 1
    max_length: int = 200
    topics: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(slots=True)
class Found:
    """How often each text came, in the order in which they came first, and texts that were not taken, by reason."""

    counts: dict[str, int] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    fields: dict[str, None] = field(default_factory=dict)
    bytes: int = 0


def collect(path: Path, wanted: Wanted) -> Found:
    """The texts of a file.

    Raises FILE_UNREADABLE, FORMAT_UNSUPPORTED, FIELD_NOT_FOUND, DICTIONARY_EMPTY, DICTIONARY_TOO_LARGE.
    """
    found, has_field = Found(), False
    try:
        for record in records(path):
            if len(found.fields) < _FIELDS_SHOWN:
                found.fields.update(dict.fromkeys(record))
            has_field = _add(found, record, wanted) or has_field
    except (OSError, EOFError, ValueError, csv.Error, pa.ArrowException) as error:
        message = f"{path.name} cannot be read as a dataset: {type(error).__name__}."
        raise invalid(
            "FILE_UNREADABLE", message, "Give a file of a dataset: jsonl, json, csv or parquet, or a text a line."
        ) from None
    if not has_field and not found.left_out["other_record"]:
        raise _no_field(wanted.field, tuple(found.fields))
    if not found.counts:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in found.left_out.most_common()) or "the file is empty"
        raise invalid("DICTIONARY_EMPTY", f"No text is left for the dictionary: {reasons}.")
    return found


def _add(found: Found, record: Record, wanted: Wanted) -> bool:
    """Count the texts of a record; whether it has the field."""
    if (wanted.topics and record.get("topic") not in wanted.topics) or (wanted.kinds and record.get("kind") not in wanted.kinds):
        found.left_out["other_record"] += 1
        return False
    name = wanted.field or next((each for each in DEFAULT_FIELDS if record.get(each) not in (None, "")), "")
    if name not in record:
        found.left_out["no_such_field"] += 1
        return False
    value = record[name]
    for each in value if isinstance(value, list) else (value,):
        _count(found, each, wanted)
    return True


def _count(found: Found, value: Any, wanted: Wanted) -> None:
    if not isinstance(value, str):
        found.left_out["no_text"] += 1
        return
    text = value.strip()
    if not wanted.min_length <= len(text) <= wanted.max_length:
        found.left_out["too_short" if len(text) < wanted.min_length else "too_long"] += 1
        return
    if text not in found.counts:
        found.bytes += len(text.encode())
        if len(found.counts) >= MOST_TEXTS or found.bytes > MOST_BYTES:
            raise _too_large()
    found.counts[text] = found.counts.get(text, 0) + 1


def records(path: Path) -> Iterator[Record]:
    """The records of a file, by its ending. Raises FORMAT_UNSUPPORTED, and what reading raises."""
    name = path.name.lower()
    packing = next((each for each in (".gz", ".zst") if name.endswith(each)), "")
    if name.endswith(".parquet"):
        yield from _parquet(path)
        return
    reader = _READERS.get(Path(name.removesuffix(packing)).suffix)
    if reader is None:
        known = ", ".join((*sorted(_READERS), ".parquet"))
        message = f"Dictionaries are not made of {path.name!r}; the endings that can be read are {known}, also with .gz or .zst."
        raise invalid("FORMAT_UNSUPPORTED", message)
    codec = {".gz": "gzip", ".zst": "zstd"}.get(packing)
    with pa.input_stream(str(path), compression=codec) as stream:
        yield from reader(io.BufferedReader(stream, PIECE))


def _jsonl(file: BinaryIO) -> Iterator[Record]:
    return (_object(orjson.loads(line)) for line in file if line.strip())


def _json(file: BinaryIO) -> Iterator[Record]:
    loaded = orjson.loads(file.read())
    return (_object(each) for each in (loaded if isinstance(loaded, list) else [loaded]))


def _csv(file: BinaryIO) -> Iterator[Record]:
    csv.field_size_limit(min(LONGEST_FIELD, sys.maxsize))
    yield from csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""), restkey="", restval="")


def _parquet(path: Path) -> Iterator[Record]:
    for batch in pq.ParquetFile(path, memory_map=True).iter_batches(batch_size=1024):
        yield from batch.to_pylist()


def _lines(file: BinaryIO) -> Iterator[Record]:
    return ({"text": line} for line in io.TextIOWrapper(file, "utf-8-sig") if line.strip())


_READERS: Final[Mapping[str, Callable[[BinaryIO], Iterable[Record]]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".txt": _lines,
}


def _object(value: Any) -> Record:
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _no_field(name: str, known: tuple[str, ...]) -> MockcraftError:
    shown = ", ".join(known) or "none"
    if not name:
        return invalid(
            "FIELD_NOT_FOUND", f"Say which field: the records have {shown}.", findings=[_of_field("Which field is needed.")]
        )
    near = closest(name, known)
    message = f"No record has a field {name[:80]!r}; they have {shown}."
    return invalid("FIELD_NOT_FOUND", message, f"Did you mean {near}?" if near else "", [_of_field(message, near)])


def _of_field(message: str, suggestion: str = "") -> FieldError:
    return FieldError("field", message, "FIELD_NOT_FOUND", suggestion=suggestion)


def _too_large() -> MockcraftError:
    message = f"A dictionary has at most {MOST_TEXTS:,} texts and {MOST_BYTES >> 20:,} MiB."
    return invalid("DICTIONARY_TOO_LARGE", message, "Take fewer records, or shorter texts.")
