"""Records out of models' texts: what is put right, what is not, and what is said about it."""

from __future__ import annotations

import time
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.datasets.parsing import Parsed, Reader, found_json, validator
from runner.datasets.spec import DatasetRequest, KindName

RECORD = {"instruction": "Explain {lists}.", "input": "", "output": 'A list, e.g. [1, 2], is ordered.\nSee "docs".'}
TEXT = orjson.dumps(RECORD).decode()


def reader(*kinds: KindName, **more: Any) -> Reader:
    return Reader(DatasetRequest(target_count=1, kinds=kinds or ("instruction",), **more))


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        f"  {TEXT}\n",
        f"Sure, here it is:\n```json\n{TEXT}\n```\nHope it helps!",
        f"```\n{TEXT}",
        f"Here you are: {TEXT} Anything else?",
        TEXT[:-1] + ",}",
        TEXT[:-1],
        f"[{TEXT}]",
        TEXT.replace("\\n", "\n"),
        TEXT[:-1] + ', "confidence": 0.9}',
    ],
    ids="plain blanks fence open-fence prose comma bracket list newline extra".split(),
)
def test_small_slips_are_put_right(text: str) -> None:
    assert reader().read(text, "instruction") == Parsed(RECORD)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("I would rather not.", "malformed_json"),
        (TEXT[:40], "truncated"),
        (TEXT[:-3], "truncated"),
        ("{", "truncated"),
        ('{"instruction": ', "truncated"),
        ('{"instruction": }', "malformed_json"),
        ('{"instruction": "a"]', "malformed_json"),
        ('{"instruction": "a", "output": NaN}', "malformed_json"),
        ('{"instruction": "\\ud800", "output": "b"}', "malformed_json"),
        ("[" * 100_000, "malformed_json"),
        ('{"a":' * 100_000, "malformed_json"),
        ('{"instruction": "a"}', "wrong_schema"),
        ('{"instruction": "a", "output": 7}', "wrong_schema"),
        ('{"instruction": "a", "output": "  "}', "wrong_schema"),
        (f"[{TEXT}, {TEXT}]", "wrong_schema"),
        ("[]", "wrong_schema"),
    ],
)
def test_what_cannot_be_put_right_has_a_reason_and_a_problem_to_tell(text: str, reason: str) -> None:
    parsed = reader().read(text, "instruction")
    assert (parsed.record, parsed.reason) == (None, reason)
    assert parsed.problem
    assert len(parsed.problem) < 500


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    parsed = reader("text", "instruction").read(text, "instruction")
    assert (parsed.record is None) == bool(parsed.reason)


def test_hostile_texts_take_no_time() -> None:
    began = time.perf_counter()
    for text in ('{"a' + '\\"' * 200_000, '{"' * 200_000, '"' * 400_000, "```" * 100_000, '{"a": "' + "x" * 500_000):
        assert reader().read(text, "instruction").record is None
    assert time.perf_counter() - began < 5


def test_every_kind_is_read() -> None:
    given_: dict[KindName, dict[str, Any]] = {
        "qa": {"question": "q?", "context": "c", "answer": "a"},
        "chat": {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]},
        "classification": {"text": "t", "label": "good"},
        "summarization": {"document": "d", "summary": "s"},
        "preference": {"prompt": "p", "chosen": "c", "rejected": "r"},
        "text": {"text": "t"},
    }
    for kind, record in given_.items():
        labels = ("good", "bad") if kind == "classification" else ()
        assert reader(kind, labels=labels).read(orjson.dumps(record).decode(), kind) == Parsed(record)


def test_labels_are_those_of_the_request() -> None:
    parsed = reader("classification", labels=("good", "bad")).read('{"text": "t", "label": "fine"}', "classification")
    assert parsed.reason == "wrong_schema"
    assert "label" in parsed.problem
    other = reader("classification", labels=("good", "bad")).read('{"text": "t", "label": "bad"}', "classification", label="good")
    assert (other.reason, "'good'" in other.problem) == ("wrong_schema", True)


def test_prose_is_a_free_text_where_one_was_asked_for() -> None:
    assert reader("text").read("Plain words, as asked.", "text").record == {"text": "Plain words, as asked."}
    assert reader("text").read('{"text": "cut of', "text").reason == "truncated"
    assert reader("text").read("cut off in the mid", "text", "length").reason == "malformed_json"


def test_records_by_a_users_schema_are_exactly_by_it() -> None:
    schema = {
        "type": "object",
        "properties": {"code": {"$ref": "#/$defs/code"}, "n": {"type": "integer", "minimum": 1}},
        "required": ["code"],
        "$defs": {"code": {"type": "string", "pattern": "^[A-Z]{3}$"}},
    }
    own = reader("custom", record_schema=schema)
    assert own.read('{"code": "ABC", "n": 2}', "custom").record == {"code": "ABC", "n": 2}
    assert own.read('{"code": "abc"}', "custom").reason == "wrong_schema"
    assert own.read('{"code": "ABC", "n": 0}', "custom").reason == "wrong_schema"
    assert own.read('{"code": "ABC", "n": 99999999999999999999999}', "custom").reason == "malformed_json"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "strin"},
        {"properties": {"a": {"pattern": "("}}},
        {"properties": {"a": {"pattern": "(?=b)a"}}},
        {"patternProperties": {"^a": {}}},
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/nowhere"},
    ],
)
def test_a_schema_that_is_none_or_leads_elsewhere_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="recordSchema is no JSON Schema"):
        validator(schema)


def test_a_schema_that_never_ends_ends() -> None:
    assert reader("custom", record_schema={"$ref": "#"}).read("{}", "custom").reason == "wrong_schema"


def test_patterns_take_linear_time() -> None:
    began = time.perf_counter()
    own = reader("custom", record_schema={"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}})
    assert own.read(orjson.dumps({"a": "a" * 50_000 + "!"}).decode(), "custom").reason == "wrong_schema"
    assert time.perf_counter() - began < 2


def test_control_characters_go() -> None:
    assert reader("text").read('{"text": "a\\u0000b\\tc\\u001b"}', "text").record == {"text": "ab\tc"}


def test_what_the_model_itself_calls_cut_off_is_not_completed() -> None:
    assert reader().read(TEXT[:-1], "instruction", "length").reason == "truncated"
    assert reader().read(TEXT, "instruction", "length").record == RECORD


def test_objects_and_lists_are_found() -> None:
    assert found_json('x {"a": [1, 2,], } y') == {"a": [1, 2]}
    assert found_json('x [{"a": "b,]"}] y') == [{"a": "b,]"}]


def test_numbers_that_no_column_holds_are_refused() -> None:
    request = DatasetRequest(target_count=1, kinds=("custom",), record_schema={"properties": {"n": {"type": "integer"}}})
    assert Reader(request).read('{"n": 3.0}', "custom").record == {"n": 3.0}
    assert Reader(request).read('{"n": 1e30}', "custom").reason == "wrong_schema"
