"""Texts of datasets, counted: every format, what is left out and why, what cannot be read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.common.errors import MockcraftError
from services.datasets import texts
from services.datasets.texts import Wanted, collect

RECORDS: list[dict[str, Any]] = [
    {"id": 0, "topic": "a", "kind": "qa", "question": "Q1", "answer": "  Nurse "},
    {"id": 1, "topic": "b", "kind": "qa", "question": "Q2", "answer": "Pilot"},
    {"id": 2, "topic": "a", "kind": "qa", "question": "Q3", "answer": "Nurse"},
    {"id": 3, "topic": "a", "kind": "qa", "question": "Q4", "answer": "An answer, much too long,\nin two lines"},
]


def lines(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
    return path


def refused(path: Path, wanted: Wanted) -> MockcraftError:
    with pytest.raises(MockcraftError) as told:
        collect(path, wanted)
    return told.value


def test_texts_are_counted_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    found = collect(lines(tmp_path / "d.jsonl", RECORDS), Wanted("answer", max_length=20))
    assert list(found.counts.items()) == [("Nurse", 2), ("Pilot", 1)]
    assert dict(found.left_out) == {"too_long": 1}


def test_every_format_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text(json.dumps(RECORDS))
    with gzip.open(tmp_path / "d.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps(each) + "\n" for each in RECORDS[:2]))
    with gzip.open(tmp_path / "d.jsonl.gz", "at") as file:  # a second frame, as our own files have them
        file.write("".join(json.dumps(each) + "\n" for each in RECORDS[2:]))
    pq.write_table(pa.Table.from_pylist(RECORDS), tmp_path / "d.parquet")
    quoted = [",".join('"{}"'.format(str(value).replace('"', '""')) for value in each.values()) for each in RECORDS]
    (tmp_path / "d.csv").write_text("\n".join([",".join(RECORDS[0]), *quoted]), newline="")
    counts = [collect(tmp_path / name, Wanted("answer")).counts for name in ("d.json", "d.jsonl.gz", "d.parquet", "d.csv")]
    assert counts == [{"Nurse": 2, "Pilot": 1, RECORDS[3]["answer"]: 1}] * 4


def test_records_are_chosen_by_topic_and_kind(tmp_path: Path) -> None:
    path = lines(tmp_path / "d.jsonl", RECORDS)
    found = collect(path, Wanted("answer", topics=("b",)))
    assert (found.counts, found.left_out["other_record"]) == ({"Pilot": 1}, 3)
    assert refused(path, Wanted("answer", kinds=("chat",))).code == "DICTIONARY_EMPTY"


def test_field_is_the_one_with_the_answer_unless_named(tmp_path: Path) -> None:
    assert "Pilot" in collect(lines(tmp_path / "d.jsonl", RECORDS), Wanted()).counts
    assert collect(lines(tmp_path / "l.jsonl", [{"names": ["a", "b", 3]}]), Wanted("names")).counts == {"a": 1, "b": 1}
    (tmp_path / "t.txt").write_text("Nurse\n\nPilot\n")
    assert collect(tmp_path / "t.txt", Wanted()).counts == {"Nurse": 1, "Pilot": 1}


def test_unknown_field_is_told_the_known_ones(tmp_path: Path) -> None:
    error = refused(lines(tmp_path / "d.jsonl", RECORDS), Wanted("anser"))
    assert (error.code, error.findings[0].suggestion) == ("FIELD_NOT_FOUND", "answer") and "question" in error.message
    assert refused(lines(tmp_path / "n.jsonl", [{"a": 1}]), Wanted()).code == "FIELD_NOT_FOUND"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("d.jsonl", b"{nonsense", "FILE_UNREADABLE"),
        ("d.jsonl", b"[1, 2]\n", "FILE_UNREADABLE"),
        ("d.jsonl", b"\xff\xfe\n", "FILE_UNREADABLE"),
        ("d.csv", b"a\n\xff\n", "FILE_UNREADABLE"),
        ("d.parquet", b"PAR1 no", "FILE_UNREADABLE"),
        ("d.jsonl.gz", b"no gzip", "FILE_UNREADABLE"),
        ("d.xlsx", b"", "FORMAT_UNSUPPORTED"),
        ("d", b"", "FORMAT_UNSUPPORTED"),
    ],
)
def test_what_is_no_dataset_is_refused(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / name, Wanted("answer")).code == code


def test_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "absent.jsonl", Wanted()).code == "FILE_UNREADABLE"


def test_too_many_texts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MOST_TEXTS", 2)
    path = lines(tmp_path / "d.jsonl", [{"text": str(number % 2)} for number in range(9)])
    assert collect(path, Wanted()).counts == {"0": 5, "1": 4}
    assert (
        refused(lines(tmp_path / "e.jsonl", [{"text": str(number)} for number in range(3)]), Wanted()).code
        == "DICTIONARY_TOO_LARGE"
    )
