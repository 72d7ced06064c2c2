"""The folder is the registry; names of files; compression of units; files and units."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pyarrow as pa
import pytest

from runner.formats import OptionError, format_names, format_options, open_format
from runner.formats.common.compression import compress
from runner.formats.common.names import safe_stem, stems
from runner.plan import TablePlan
from runner.spec import Output
from tests.unit.formats.samples import one_file, plan_of, table, written


def test_the_formats() -> None:
    assert format_names() == ("csv", "json", "jsonl", "parquet", "sql")


@pytest.mark.parametrize("name", format_names())
def test_every_format_explains_its_options_and_makes_one_file_per_table(name: str) -> None:
    assert all(o.help.endswith(".") for o in format_options(name))
    tables = [table({"id": ("int", [1, 2])}, name=n)[0] for n in ("users", "Users", "../etc/passwd")]
    files = open_format(plan_of(*tables), Output(format=name)).files()
    assert [f.table for f in files] == ["users", "Users", "../etc/passwd"]
    assert len({f.name.lower() for f in files}) == len({f.path.lower() for f in files}) == 3
    assert all("/" not in f.name and ".." not in f.path and f.content_type for f in files)


def test_unknown_formats_are_explained() -> None:
    with pytest.raises(OptionError, match=r"known are csv, json, jsonl, parquet, sql\. Did you mean parquet"):
        open_format(plan_of(), Output(format="parqet"))


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("users", "users"),
        ("Order Items", "Order%20Items"),
        ("a/b\\c:d", "a%2Fb%5Cc%3Ad"),
        ("..", "%2E."),
        (".hidden", "%2Ehidden"),
        ("CON", "%43ON"),
        ("nul.txt", "%6Eul.txt"),
        ("é", "%C3%A9"),
        ("50%", "50%25"),
        ("a\0\n", "a%00%0A"),
        ("~", "%7E"),
        ("manifest.json", "%6Danifest.json"),
        ("Manifest.JSON", "%4Danifest.JSON"),
        ("manifest", "manifest"),
    ],
)
def test_safe_stems(name: str, stem: str) -> None:
    assert safe_stem(name) == stem


@pytest.mark.parametrize("options", [{}, {"file_name": "manifest.json"}])
def test_no_folder_of_a_table_takes_the_place_of_the_manifest(options: dict[str, Any]) -> None:
    plan, _ = table({"a": ("int", [1])}, name="manifest.json")
    (file,) = open_format(plan_of(plan), Output(format="parquet", options=options)).files()
    assert file.path == "%6Danifest.json/%6Danifest.json-00000.parquet"


def test_long_and_colliding_names_stay_apart() -> None:
    long = ["x" * 300, "x" * 301, "€" * 200]
    made = stems([*long, "users", "Users", "USERS", "users~2"])
    assert len({m.lower() for m in made.values()}) == 7 and max(map(len, made.values())) <= 120
    assert [made[n] for n in ("users", "Users", "USERS", "users~2")] == ["users", "Users~2", "USERS~3", "users%7E2"]


def test_units_are_absolute_and_empty_tables_have_one() -> None:
    plan, _ = table({"id": ("int", [])})
    big = TablePlan("big", 150_000, plan.columns)
    empty, full = open_format(plan_of(plan, big), Output(format="csv")).files()
    assert list(empty.units()) == [(0, 0)]
    assert list(full.units()) == [(0, 65_536), (65_536, 131_072), (131_072, 150_000)]


def rows(n: int) -> tuple[TablePlan, pa.RecordBatch]:
    return table({"id": ("int", list(range(n))), "s": ("string*", [f"v{i % 7}" for i in range(n)])})


@pytest.mark.parametrize("name", ["csv", "json", "jsonl", "sql"])
def test_compressed_files_are_frames_that_read_as_one(name: str) -> None:
    plan, batch = rows(70_000)
    plain = one_file(plan_of(plan), batch, format=name)
    zipped = written(plan_of(plan), batch, format=name, compression="gzip")
    zstd = written(plan_of(plan), batch, 5_000, format=name, compression="zstd")
    (gzip_path,), (zstd_path,) = zipped, zstd
    assert gzip_path.endswith(f".{name}.gz") and zstd_path.endswith(f".{name}.zst")
    assert gzip.decompress(zipped[gzip_path]) == plain
    assert pa.CompressedInputStream(pa.BufferReader(zstd[zstd_path]), "zstd").read() == plain


def test_a_gzip_member_holds_neither_time_nor_name() -> None:
    (member,) = compress([b"abc", memoryview(b"def")], "gzip")
    head = bytes(member)[:10]
    assert head[:3] == b"\x1f\x8b\x08" and head[3] == 0 and head[4:8] == b"\0\0\0\0"
    assert zlib.decompress(bytes(member), wbits=31) == b"abcdef"


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_an_empty_file_is_an_empty_frame(compression: Any) -> None:
    (frame,) = compress([], compression)
    assert len(bytes(frame)) > 5
    assert pa.CompressedInputStream(pa.BufferReader(bytes(frame)), compression).read() == b""


def test_file_name_names_the_file_of_a_single_table() -> None:
    plan, batch = rows(3)
    for name, path in (("csv", "my_data.csv"), ("sql", "my_data.sql"), ("parquet", "my_data/my_data-00000.parquet")):
        assert list(written(plan_of(plan), batch, format=name, options={"file_name": "my_data"})) == [path]
    with pytest.raises(OptionError, match="one table"):
        open_format(plan_of(plan, TablePlan("u", 1, plan.columns)), Output(format="csv", options={"file_name": "x"}))
