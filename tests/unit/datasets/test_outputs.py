"""Writers of datasets: every format and shape, by table or by record, resumed anywhere, with the same bytes."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from runner.datasets import outputs
from runner.datasets.models.template import blocks
from runner.datasets.outputs import FORMATS, SHAPE_NAMES, Mark
from runner.datasets.outputs.writers import FRAME_ROWS
from runner.datasets.records import KINDS
from runner.datasets.spec import DatasetRequest
from runner.formats.common.base import OptionError, UnencodableValue

ROWS = 2_500
ALL = tuple(kind for kind in KINDS if kind not in ("custom",))
EXCHANGES = ("instruction", "qa", "classification", "summarization")
FITTING = [
    (format, shape)
    for format in FORMATS
    for shape in ("", *SHAPE_NAMES)
    if not (shape and format == "txt") and not (shape in ("sharegpt", "chatml") and format == "csv")
]
AWKWARD: list[dict[str, Any]] = [
    {"instruction": 'Say "hi"\nand\ttab', "input": "", "output": "a,b;c|\\ \r\n é 漢 😀 \x01"},
    {"instruction": " ", "input": "x", "output": "</script>'--"},
]


def kinds_of(shape: str) -> tuple[str, ...]:
    return {"": ALL, "alpaca": EXCHANGES}.get(shape, (*EXCHANGES, "chat"))


def table_of(shape: str, rows: int = ROWS) -> pa.Table:
    request = DatasetRequest(target_count=ROWS, kinds=kinds_of(shape), topics=("Sleep", "Naps"), labels=("positive", "negative"))  # type: ignore[arg-type]
    return blocks(request, 0, rows)


def dictionaries(table: pa.Table) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if value is not None} for row in table.to_pylist()]


def opened(path: Path, format: str, shape: str, mark: Mark | None = None, **more: Any) -> outputs.Writer:
    return outputs.open_writer(path, format, shape, kinds_of(shape), mark=mark, **more)


def written(path: Path, format: str, shape: str, table: pa.Table, **more: Any) -> bytes:
    writer = opened(path, format, shape, **more)
    writer.table(table)
    done = writer.finish()
    data = path.read_bytes()
    assert (done.rows, done.bytes) == (table.num_rows, len(data))
    return data


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
@pytest.mark.parametrize(("format", "shape"), FITTING)
def test_bytes_depend_on_the_rows_alone(format: str, shape: str, compression: str, tmp_path: Path) -> None:
    table = table_of(shape)
    whole = written(tmp_path / "whole", format, shape, table, compression=compression)
    records = dictionaries(table)
    writer = opened(tmp_path / "other", format, shape, compression=compression)
    writer.records(records[:1])
    writer.table(table.slice(1, 1_100))
    mark = writer.checkpoint()
    writer.table(table.slice(1_101, 900))  # lost: it comes after the mark
    writer.close()
    writer = opened(tmp_path / "other", format, shape, mark, compression=compression)
    assert writer.rows == (FRAME_ROWS if compression != "none" and format != "parquet" else 1_101)
    for at in range(writer.rows, ROWS, 331):
        writer.records(records[at : at + 331])
    writer.finish()
    assert (tmp_path / "other").read_bytes() == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "whole"]


def test_a_damaged_part_is_begun_anew(tmp_path: Path) -> None:
    table = table_of("")
    for format in ("jsonl", "parquet"):
        writer = opened(tmp_path / format, format, "")
        writer.table(table.slice(0, 100))
        mark = writer.checkpoint()
        writer.close()
        part = next(tmp_path.glob(f"{format}*.part"))
        part.write_bytes(b"?" + part.read_bytes()[1:])
        writer = opened(tmp_path / format, format, "", mark)
        assert writer.rows == 0
        writer.table(table)
        writer.finish()
        assert (tmp_path / format).read_bytes() == written(tmp_path / "again", format, "", table)


def test_json_lines_and_arrays_hold_the_records(tmp_path: Path) -> None:
    records = dictionaries(table_of(""))
    lines = written(tmp_path / "a", "jsonl", "", table_of("")).splitlines()
    assert [json.loads(line) for line in lines] == records
    assert json.loads(written(tmp_path / "b", "json", "", table_of(""))) == records
    assert list(json.loads(lines[0]))[:5] == ["id", "topic", "kind", "difficulty", "persona"]


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_at_all(format: str, tmp_path: Path) -> None:
    data = written(tmp_path / "none", format, "", table_of("", 0))
    assert data.startswith({"json": b"[\n]\n", "csv": b"id,topic,kind", "parquet": b"PAR1"}.get(format, b""))
    if format == "json":
        assert json.loads(data) == []


@pytest.mark.parametrize("metadata", [True, False])
def test_awkward_texts_come_back(metadata: bool, tmp_path: Path) -> None:
    about = {"id": 0, "topic": 'a,"b"', "kind": "instruction", "difficulty": "", "persona": ""} if metadata else {}
    records = [about | record for record in AWKWARD]
    found: dict[str, Any] = {}
    for format in ("jsonl", "json", "csv", "parquet"):
        writer = outputs.open_writer(tmp_path / format, format, metadata=metadata)
        writer.records(records)
        writer.finish()
        found[format] = tmp_path / format
    assert [json.loads(line) for line in found["jsonl"].read_text("utf-8").split("\n")[:-1]] == records
    assert json.loads(found["json"].read_text("utf-8")) == records
    with found["csv"].open(newline="", encoding="utf-8") as file:
        assert [{**row, "id": 0} if metadata else row for row in csv.DictReader(file)] == records
    assert pq.read_table(found["parquet"]).to_pylist() == records


def test_alpaca(tmp_path: Path) -> None:
    records = dictionaries(table_of("alpaca"))
    shaped = [json.loads(line) for line in written(tmp_path / "a", "jsonl", "alpaca", table_of("alpaca")).splitlines()]
    assert all(list(record) == ["instruction", "input", "output"] for record in shaped)
    by_kind = {record["kind"]: (record, shape) for record, shape in zip(records, shaped, strict=True)}
    record, shape = by_kind["instruction"]
    assert shape == {name: record[name] for name in shape}
    record, shape = by_kind["qa"]
    assert tuple(shape.values()) == (record["question"], record["context"], record["answer"])
    record, shape = by_kind["classification"]
    assert (shape["input"], shape["output"]) == (record["text"], record["label"])
    record, shape = by_kind["summarization"]
    assert (shape["input"], shape["output"]) == (record["document"], record["summary"])


def test_conversations(tmp_path: Path) -> None:
    records = dictionaries(table_of("chatml"))
    chatml = [json.loads(line) for line in written(tmp_path / "c", "jsonl", "chatml", table_of("chatml")).splitlines()]
    sharegpt = [json.loads(line) for line in written(tmp_path / "s", "jsonl", "sharegpt", table_of("sharegpt")).splitlines()]
    for record, one, other in zip(records, chatml, sharegpt, strict=True):
        assert list(one) == ["messages"]
        assert other["id"] == str(record["id"])
        speakers = {"user": "human", "assistant": "gpt", "system": "system"}
        turns = [{"from": speakers[turn["role"]], "value": turn["content"]} for turn in one["messages"]]
        assert other["conversations"] == turns
        if record["kind"] == "chat":
            assert one["messages"] == record["messages"]
        if record["kind"] == "instruction":
            asked = record["instruction"] + (f"\n\n{record['input']}" if record["input"] else "")
            assert [turn["content"] for turn in one["messages"]] == [asked, record["output"]]


def test_parquet_has_typed_columns(tmp_path: Path) -> None:
    written(tmp_path / "p", "parquet", "", table_of(""))
    file = pq.ParquetFile(tmp_path / "p")
    assert file.schema_arrow.field("id").type == pa.int64()
    assert file.metadata.num_rows == ROWS
    assert dictionaries(file.read()) == dictionaries(table_of(""))


def test_text_for_people(tmp_path: Path) -> None:
    writer = outputs.open_writer(tmp_path / "t", "txt", kinds=("instruction", "chat", "text"))
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    writer.records(
        [
            {"id": 0, "kind": "instruction", "instruction": "Do", "input": "", "output": "Done"},
            {"id": 1, "kind": "chat", "messages": turns},
            {"id": 2, "kind": "text", "text": "Free."},
        ]
    )
    writer.finish()
    assert (tmp_path / "t").read_text() == "Instruction: Do\nOutput: Done\n\nUser: Hi\nAssistant: Hello\n\nFree.\n\n"


CUSTOM = {
    "properties": {"id": {"type": "string"}, "n": {"type": "integer"}, "price": {"type": "number"}, "tags": {"type": "array"}}
}


def test_records_of_a_users_schema(tmp_path: Path) -> None:
    record = {"id": "x", "n": 2, "price": 1.5, "tags": ["a", None]}
    expected = {
        "jsonl": '{"id":"x","n":2,"price":1.5,"tags":["a",null]}\n',
        "csv": 'id,n,price,tags\nx,2,1.5,"[""a"",null]"\n',
    }
    for format, text in expected.items():
        writer = outputs.open_writer(tmp_path / format, format, kinds=("custom",), record_schema=CUSTOM)
        writer.records([record])
        writer.finish()
        assert (tmp_path / format).read_text() == text
    whole = outputs.table_of([record | {"n": 3.0}], outputs.schema_of(("custom",), CUSTOM))
    assert whole.column("n").to_pylist() == [3]
    writer = outputs.open_writer(tmp_path / "bad", "jsonl", kinds=("custom",), record_schema=CUSTOM)
    with pytest.raises(UnencodableValue, match=r"^n: "):
        writer.records([{"id": "x", "n": "two"}])
    writer.close()


def test_compressed_files_are_read_by_others(tmp_path: Path) -> None:
    plain = written(tmp_path / "plain", "jsonl", "", table_of(""))
    assert gzip.decompress(written(tmp_path / "a.gz", "jsonl", "", table_of(""), compression="gzip")) == plain
    written(tmp_path / "a.zst", "jsonl", "", table_of(""), compression="zstd")
    with pa.input_stream(str(tmp_path / "a.zst"), compression="zstd") as stream:
        assert stream.read() == plain


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("csv", "sharegpt"), "The shape sharegpt cannot be written as csv; it can as jsonl, json, parquet."),
        (("csv", "chatml"), "cannot be written as csv"),
        (("txt", "alpaca"), "cannot be written as txt"),
        (("jsonl", "alpaca", ("chat",)), "Records of the kind chat do not fit the shape alpaca"),
        (("jsonl", "sharegpt", ("instruction", "text", "preference")), "kind text, preference do not fit"),
        (("jsonl", "alpca"), "Did you mean alpaca"),
        (("josnl", ""), "Did you mean jsonl"),
        (("jsonl", "", ("custom",)), "need a recordSchema with properties"),
        (("jsonl", "", ("instruction",), None, "lz4"), "not a known compression"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        outputs.check(*arguments)


def test_every_other_pair_can_be_had() -> None:
    for format, shape in FITTING:
        outputs.check(format, shape, kinds_of(shape))


def test_names_and_types_of_files() -> None:
    assert outputs.filename("d", "jsonl", "gzip") == "d.jsonl.gz"
    assert outputs.filename("d", "parquet", "zstd") == "d.parquet"
    assert outputs.content_type("csv").startswith("text/csv")
    assert outputs.content_type("json", "zstd") == "application/zstd"


def test_fields_are_those_of_the_kinds() -> None:
    fields = {name: tuple(kind.schema["properties"]) for name, kind in KINDS.items() if name != "custom"}
    assert dict(outputs.FIELDS) == fields
