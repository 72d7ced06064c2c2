"""Kinds of records: what they must hold, and what makes one another question than others."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from runner.datasets import outputs
from runner.datasets.parsing import validator
from runner.datasets.records import KINDS, body, fields_of, lead, schema_of, texts
from runner.datasets.spec import DatasetRequest, DatasetSpec, KindName

CHAT = {
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
    ]
}


def request(**more: Any) -> DatasetRequest:
    return DatasetRequest.model_validate({"target_count": 1, **more})


def test_every_kind_of_a_request_is_a_kind_with_a_schema_and_the_fields_that_are_written() -> None:
    assert set(KINDS) == set(get_args(KindName))
    for kind in KINDS:
        if kind != "custom":
            validator(schema_of(kind, request()))
            assert fields_of(kind, request()) == outputs.FIELDS[kind]


@pytest.mark.parametrize(
    ("kind", "record", "question", "whole"),
    [
        ("instruction", {"instruction": "Sort", "input": "b a", "output": "a b"}, "Sort\nb a", "Sort\nb a\na b"),
        ("qa", {"question": "q", "context": "c", "answer": "a"}, "q\nc", "q\nc\na"),
        ("chat", CHAT, "Hi", "Be kind.\nHi\nHello"),
        ("classification", {"text": "t", "label": "good"}, "t", "t"),
        ("summarization", {"document": "d", "summary": "s"}, "d", "d\ns"),
        ("preference", {"prompt": "p", "chosen": "c", "rejected": "r"}, "p", "p\nc\nr"),
        ("text", {"text": "t"}, "t", "t"),
        ("custom", {"a": {"b": ["x", "y"]}, "n": 1}, "x\ny", "x\ny"),
        ("custom", {"n": 1}, '{"n":1}', '{"n":1}'),
    ],
)
def test_question_and_text_of_a_record(kind: str, record: dict[str, Any], question: str, whole: str) -> None:
    assert (lead(kind, record), body(kind, record)) == (question, whole)


def test_texts_are_found_at_any_depth() -> None:
    assert list(texts({"a": ["x", {"b": "y"}, 1, None], "c": "z"})) == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"target_count": 0}, "target_count"),
        ({"kinds": ("classification",)}, "labels"),
        ({"kinds": ("custom",)}, "recordSchema"),
        ({"record_schema": {"type": "object"}}, "recordSchema"),
        ({"kinds": ("custom", "qa"), "record_schema": {}}, "stands alone"),
        ({"topics": ("a", "a")}, "topics"),
        ({"filters": {"min_length": 9, "max_length": 8}}, "minLength 9 is above maxLength 8"),
        ({"temperature": 2.1}, "temperature"),
        ({"topP": 0}, "topP"),
        ({"nearDuplicate": 0.1}, "nearDuplicate"),
        ({"budget": {"tokens": 0}}, "tokens"),
        ({"language": "English"}, "language"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_requests_that_cannot_be_are_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        request(**fields)


def test_defaults_are_those_that_clients_know() -> None:
    wanted = DatasetRequest.model_validate({"targetCount": 1000, "domainDescription": "d", "useQuantization": True})
    assert (wanted.batch_size, wanted.temperature, wanted.output_format, wanted.kinds) == (25, 0.8, "jsonl", ("instruction",))


def test_a_spec_is_written_and_read(tmp_path: Any) -> None:
    spec = DatasetSpec(
        job_id="data_1", request=request(topics=("a",)), out_dir=tmp_path, work_dir=tmp_path, answers_path=tmp_path / "a.db"
    )
    spec.write(tmp_path / "spec.json")
    assert DatasetSpec.read(tmp_path / "spec.json") == spec
    assert b'"targetCount"' in (tmp_path / "spec.json").read_bytes()
