"""Files of datasets: jsonl, json, csv, parquet or txt, plain or in the shapes Alpaca, ShareGPT and ChatML.

`check` says what cannot be had together, `filename` how the file is called, `open_writer` makes a `Writer`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from runner.datasets.outputs.encoders import ENCODERS
from runner.datasets.outputs.layout import FIELDS, conformed, schema_of, table_of
from runner.datasets.outputs.shapes import SHAPES
from runner.datasets.outputs.writers import Mark, ParquetWriter, TextWriter, Writer, Written
from runner.formats.common.base import OptionError
from runner.formats.common.compression import CONTENT_TYPE, SUFFIX, Compression
from runner.formats.common.options import one_of

__all__ = [
    "FIELDS",
    "FORMATS",
    "SHAPE_NAMES",
    "Mark",
    "Writer",
    "Written",
    "check",
    "conformed",
    "content_type",
    "filename",
    "open_writer",
    "schema_of",
    "table_of",
]

FORMATS = (*ENCODERS, "parquet")
SHAPE_NAMES = tuple(SHAPES)
_PARQUET_TYPE = "application/vnd.apache.parquet"
_CODECS = {"none": "zstd", "zstd": "zstd", "gzip": "gzip"}


def check(
    format: str,
    shape: str = "",
    kinds: Sequence[str] = ("instruction",),
    record_schema: Mapping[str, Any] | None = None,
    compression: str = "none",
) -> None:
    """Whether these go together. Raises `OptionError` with a sentence that says what would."""
    one_of("format", format, FORMATS)
    one_of("compression", compression, tuple(SUFFIX))
    for kind in kinds:
        one_of("kind", kind, (*FIELDS, "custom"))
    if "custom" in kinds and not (record_schema or {}).get("properties"):
        raise OptionError("recordSchema", "Records of the kind custom need a recordSchema with properties.")
    if shape:
        _check_shape(format, one_of("shape", shape, SHAPE_NAMES), kinds)


def _check_shape(format: str, shape: str, kinds: Sequence[str]) -> None:
    fitting = SHAPES[shape]
    if format not in fitting.formats:
        message = f"The shape {shape} cannot be written as {format}; it can as {', '.join(fitting.formats)}."
        raise OptionError("shape", message)
    foreign = [kind for kind in dict.fromkeys(kinds) if kind not in fitting.kinds]
    if foreign:
        message = (
            f"Records of the kind {', '.join(foreign)} do not fit the shape {shape}; those that do: {', '.join(fitting.kinds)}."
        )
        raise OptionError("shape", message)


def filename(stem: str, format: str, compression: str = "none") -> str:
    """`dataset.jsonl.gz`: Parquet is compressed inside."""
    if format == "parquet":
        return f"{stem}.parquet"
    return f"{stem}.{ENCODERS[format].extension}{SUFFIX[cast('Compression', compression)]}"


def content_type(format: str, compression: str = "none") -> str:
    """The media type of such a file."""
    if format == "parquet":
        return _PARQUET_TYPE
    return CONTENT_TYPE[cast("Compression", compression)] or ENCODERS[format].content_type


def open_writer(
    path: Path,
    format: str,
    shape: str = "",
    kinds: Sequence[str] = ("instruction",),
    record_schema: Mapping[str, Any] | None = None,
    compression: str = "none",
    mark: Mark | None = None,
    *,
    metadata: bool = True,
) -> Writer:
    """A writer of the file `path`, going on from a mark: its `rows` say what it holds, 0 where the file is damaged.

    Raises `OptionError` as `check` does, and `OSError`.
    """
    check(format, shape, kinds, record_schema, compression)
    schema = schema_of(kinds, record_schema, metadata)
    reshape = SHAPES[shape].reshape if shape else None
    if format == "parquet":
        return ParquetWriter(path, schema, reshape, _CODECS[compression], mark or Mark())
    return TextWriter(path, schema, reshape, ENCODERS[format], cast("Compression", compression), mark or Mark())
