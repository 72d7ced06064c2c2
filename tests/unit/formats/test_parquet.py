"""Parquet: parts of a fixed size, bytes that know nothing of blocks, values that read back."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runner.formats import OptionError
from tests.unit.formats.samples import EVERY_TYPE, plan_of, table, written


def batch_of(n: int) -> tuple[Any, pa.RecordBatch]:
    return table(
        {
            "id": ("bigint", list(range(n))),
            "s": ("string*", [f"v{i * i % 97}" if i % 5 else None for i in range(n)]),
            "m": ("string", [f"user{i}@example.com" for i in range(n)]),
        },
        primary_key=("id",),
    )


def test_bytes_are_the_same_for_any_block_size() -> None:
    plan, batch = batch_of(150_000)
    options = {"part_rows": 60_000, "row_group_rows": 25_000}
    digests = [
        {
            p: hashlib.sha256(b).hexdigest()
            for p, b in written(plan_of(plan), batch, size, format="parquet", options=options).items()
        }
        for size in (4_096, 10_000, 65_536, 150_000)
    ]
    assert list(digests[0]) == ["t/t-00000.parquet", "t/t-00001.parquet", "t/t-00002.parquet"]
    assert all(d == digests[0] for d in digests)


def test_dictionaries_made_per_block_leave_no_trace() -> None:
    plan, batch = batch_of(20_000)
    texts = batch.column("s").cast(pa.string())

    class PerBlock:
        def batches(self, table: str, start: int, stop: int) -> Any:
            for at in range(start, stop, 3_000):
                piece = slice(at, min(at + 3_000, stop))
                yield pa.record_batch(
                    {**dict(zip(batch.schema.names, batch[piece].columns, strict=True)), "s": texts[piece].dictionary_encode()}
                )

    from runner.formats import open_format
    from runner.spec import Output

    fmt = open_format(plan_of(plan), Output(format="parquet"))
    made = bytes(fmt.unit(fmt.files()[0], PerBlock(), 0, 20_000)[0])
    assert made == written(plan_of(plan), batch, format="parquet")["t/t-00000.parquet"]


def test_parts_and_row_groups(tmp_path: Any) -> None:
    plan, batch = batch_of(30_000)
    files = written(plan_of(plan), batch, format="parquet", options={"part_rows": 20_000, "row_group_rows": 8_192})
    sizes = []
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
        metadata = pq.read_metadata(io.BytesIO(content))
        sizes.append([metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)])
        assert metadata.row_group(0).column(0).compression == "ZSTD"
    assert sizes == [[8_192, 8_192, 3_616], [8_192, 1_808]]
    assert pq.read_table(tmp_path / "t").equals(
        pa.Table.from_batches([batch]).cast(pq.read_schema(tmp_path / "t/t-00000.parquet"))
    )
    query = f"SELECT count(*), count(DISTINCT id), sum(id), count(s) FROM '{tmp_path}/t/*.parquet'"
    assert duckdb.execute(query).fetchall() == [(30_000, 30_000, 30_000 * 29_999 // 2, 24_000)]


def test_every_type_reads_back() -> None:
    plan, batch = table(EVERY_TYPE)
    (content,) = written(plan_of(plan), batch, format="parquet").values()
    read = pq.read_table(io.BytesIO(content))
    assert read.to_pylist() == batch.to_pylist()
    assert str(read.schema.field("d").type) == "decimal128(12, 2)" and str(read.schema.field("stamp").type) == "timestamp[ms]"


def test_an_empty_table_is_one_empty_part() -> None:
    plan, batch = batch_of(0)
    (content,) = written(plan_of(plan), batch, format="parquet").values()
    assert pq.read_table(io.BytesIO(content)).num_rows == 0


def test_codec_and_bad_options() -> None:
    plan, batch = batch_of(10)
    (content,) = written(plan_of(plan), batch, format="parquet", compression="gzip").values()
    assert pq.read_metadata(io.BytesIO(content)).row_group(0).column(0).compression == "GZIP"
    with pytest.raises(OptionError, match="Did you mean zstd"):
        written(plan_of(plan), batch, format="parquet", options={"compression": "zst"})
    with pytest.raises(OptionError, match="from 1 to"):
        written(plan_of(plan), batch, format="parquet", options={"part_rows": 0})
