"""CSV: minimal quoting as a function of the cell, round trips through Python's csv module, options."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from runner import pieces
from runner.formats import OptionError, open_format
from runner.spec import Output
from tests.unit.formats.samples import EVERY_TYPE, HOSTILE, Served, one_file, plan_of, table


def write(columns: dict[str, tuple[str, list[Any]]], **options: Any) -> bytes:
    plan, batch = table(columns)
    return one_file(plan_of(plan), batch, format="csv", options=options)


def read(content: bytes, **dialect: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True, **dialect))


@pytest.mark.parametrize("kind", ["string", "string*"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_hostile_texts_round_trip(kind: str, delimiter: str) -> None:
    content = write({"a": ("int", list(range(len(HOSTILE)))), "v,;\t|": (kind, HOSTILE)}, delimiter=delimiter)
    assert read(content, delimiter=delimiter) == [["a", "v,;\t|"], *([str(i), v] for i, v in enumerate(HOSTILE))]


def test_nul_is_written_as_it_is() -> None:
    assert write({"v": ("string", ["a\0b"])}) == b"v\na\0b\n"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("plain", b"plain"),
        ("", b'""'),
        (None, b""),
        ("a,b", b'"a,b"'),
        ('a"b', b'"a""b"'),
        ("a\rb", b'"a\rb"'),
        ("a\nb", b'"a\nb"'),
        (" a ", b" a "),
        ("a;b", b"a;b"),
        ("=1", b"=1"),
        ("NULL", b"NULL"),
    ],
)
@pytest.mark.parametrize("kind", ["string", "string*"])
@pytest.mark.parametrize("company", [["x"], ["x", 'q"', ",", "", None]])
def test_a_cell_is_written_alike_in_any_company(value: str | None, cell: bytes, kind: str, company: list[str | None]) -> None:
    content = write({"v": (kind, [value, *company]), "end": ("int", [7] * (1 + len(company)))})
    assert content.split(b"v,end\n", 1)[1].startswith(cell + b",7\n")


def test_null_word_is_never_taken_for_a_text() -> None:
    assert write({"v": ("string", ["NULL", None, "", "x"]), "n": ("int", [1, None, 2, 3])}, null="NULL") == (
        b'v,n\n"NULL",1\nNULL,NULL\n,2\nx,3\n'
    )


def test_formula_safe_defuses_texts_only() -> None:
    values = ["=1+1", "+x", "-x", "@x", "\tx", "\rx", "x=1", ""]
    content = write({"v": ("string", values), "n": ("int", [-1] * 8)}, formula_safe=True)
    assert read(content)[1:] == [[("'" + v if v and v[0] in "=+-@\t\r" else v), "-1"] for v in values]


def test_header_and_line_ending() -> None:
    assert write({"a": ("int", [1, 2])}, header=False, line_ending="crlf") == b"1\r\n2\r\n"
    assert write({"a": ("int", [])}) == b"a\n"


def test_every_type() -> None:
    rows = read(write(EVERY_TYPE))
    assert rows[1] == [
        "1", "-9223372036854775808", "0.1", "-0.05", "-0.0000000001", "O'Brien", "pool", "true", "2024-02-29", "00:00:00",
        "2024-02-29 23:59:59", "2024-01-01 00:00:00.000001", "261e4f78-e23c-46b8-9c8b-887c79f916a1", '{"a": [1, "x\\"y"]}',
        "AP8nXA==",
    ]  # fmt: skip
    assert rows[3][4] == "1000000000000000000000000000.0000000000"
    assert rows[4][2:8] == ["5", "7.00", "12.5000000000", 'a,"b"\r\n\\', "other's", "true"]
    assert rows[2] == [
        "", "9223372036854775807", "-1e+300", "1234567890.12", "", "", "pool", "false", "1899-12-31", "23:59:59",
        "1969-12-31 23:00:00", "", "", "null", "",
    ]  # fmt: skip


def test_pyarrow_writes_the_same_where_it_can() -> None:
    from pyarrow import csv as arrow_csv

    n = 70_000
    plan, batch = table(
        {
            "id": ("bigint", list(range(10**6, 10**6 + n))),
            "far": ("bigint", [(i * 2654435761) % 10**12 - 10**11 for i in range(n)]),
            "price": ("decimal(10,2)", [Decimal((i * 7919) % 10**7) / 100 for i in range(n)]),
            "name": ("string*", [f"name {i % 50}" for i in range(n)]),
            "mail": ("string", [f"user{i}@example.com" for i in range(n)]),
            "ok": ("bool", [i % 3 == 0 for i in range(n)]),
            "at": ("datetime", [datetime(2020, 1, 1 + i % 28, i % 24, i % 60, i % 59) for i in range(n)]),
        }
    )
    sink = pa.BufferOutputStream()
    arrow_csv.write_csv(batch, sink, arrow_csv.WriteOptions(include_header=False, quoting_style="none"))
    expected = ",".join(batch.schema.names).encode() + b"\n" + sink.getvalue().to_pybytes()
    assert one_file(plan_of(plan), batch, format="csv") == expected
    assert one_file(plan_of(plan), batch, 10_000, format="csv") == expected


def test_huge_rows_are_gathered_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    columns: dict[str, tuple[str, list[Any]]] = {"v": ("string", ["y" * (i % 900) for i in range(3_000)])}
    whole = write(columns)
    monkeypatch.setattr(pieces, "_LARGEST", 100_000)
    plan, batch = table(columns)
    fmt = open_format(plan_of(plan), Output(format="csv"))
    buffers = fmt.unit(fmt.files()[0], Served(batch), 0, 3_000)
    assert b"".join(bytes(b) for b in buffers) == whole
    assert len(buffers) > 12 and max(memoryview(b).nbytes for b in buffers) <= 100_000


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"delimeter": ";"}, "Did you mean delimiter?"),
        ({"delimiter": "ab"}, "one ASCII character"),
        ({"delimiter": '"'}, "one ASCII character"),
        ({"delimiter": "1"}, "one ASCII character"),
        ({"null": "a,b"}, "null cannot hold"),
        ({"header": "maybe"}, "true or false"),
        ({"line_ending": "lfcr"}, "known are lf, crlf"),
    ],
)
def test_bad_options_are_explained(options: dict[str, Any], expected: str) -> None:
    with pytest.raises(OptionError) as caught:
        write({"a": ("int", [1])}, **options)
    assert expected in str(caught.value)
    assert caught.value.code == "OPTION_INVALID"
