"""Writing pools: one Arrow IPC file of one row, each field of each pool a list column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa

Fields = dict[str, Sequence[Any]]
_TABLES = Path(__file__).parent / "tables"
WEIGHT = 10**9  # what the weights of a pool come to, about


def lines(name: str) -> list[str]:
    """The lines of a file in tables/, comments left out."""
    text = (_TABLES / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def table(name: str) -> list[list[str]]:
    """The rows of tables/<name>.tsv."""
    return [line.split("\t") for line in lines(f"{name}.tsv")]


def whole_weights(weights: Iterable[float | int], total: int = WEIGHT) -> list[int]:
    """Weights as whole numbers that come to about `total`, at least 1 each (exact arithmetic)."""
    exact = [Fraction(str(w)) for w in weights]
    all_ = sum(exact)
    return [max(1, round(w * total / all_)) for w in exact]


def counted(values: Any, total: int = WEIGHT) -> dict[str, int]:
    """Faker's pool (a mapping to weights, or a sequence where a value may come again) with whole weights."""
    plain: dict[str, Any] = {}
    items = values.items() if isinstance(values, Mapping) else ((v, 1) for v in values)
    for value, weight in items:
        text = " ".join(str(value).split())
        if text:
            plain[text] = plain.get(text, 0) + Fraction(str(weight))
    return dict(zip(plain, whole_weights(plain.values(), total), strict=True))


def weighted(values: Any) -> Fields:
    """A pool of texts: `name`, and `weight` unless all are the same."""
    counts = counted(values)
    fields: Fields = {"name": list(counts)}
    if len(set(counts.values())) > 1:
        fields["weight"] = list(counts.values())
    return fields


def write(path: Path, pools: Mapping[str, Fields], facts: Mapping[str, Any]) -> None:
    """Write a data file; `facts` go into its metadata together with the pools' names."""
    columns, names = [], []
    for pool, fields in pools.items():
        sizes = {len(v) for v in fields.values()}
        assert len(sizes) == 1, f"{path.stem}/{pool}: fields of different lengths"
        assert sizes != {0}, f"{path.stem}/{pool}: empty"
        for name, values in fields.items():
            array = pa.array(values)
            columns.append(pa.ListArray.from_arrays(pa.array([0, len(array)], pa.int32()), array))
            names.append(f"{pool}.{name}")
    metadata = {b"facts": json.dumps({"pools": list(pools), **facts}, ensure_ascii=False, sort_keys=True).encode()}
    batch = pa.RecordBatch.from_arrays(
        columns, schema=pa.schema([pa.field(n, c.type) for n, c in zip(names, columns, strict=True)], metadata)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")  # programs that have the old file mapped keep it
    with pa.OSFile(str(fresh), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    fresh.replace(path)
