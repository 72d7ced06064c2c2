"""The template model: every kind in every ready-made domain, and what its records must hold."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runner.datasets import plan, templates
from runner.datasets.grammar.patterns import grammar
from runner.datasets.models.template import LABEL, blocks, check_request, level_of
from runner.datasets.records import KINDS, body, lead, schema_of
from runner.datasets.spec import DatasetRequest
from runner.slugs import slug

KIND_NAMES = tuple(kind for kind in KINDS if kind != "custom")
METADATA = ("id", "topic", "kind", "difficulty", "persona")
IDS = templates.ids()


def asked(kind: str, id_: str = "technology", count: int = 240, **more: Any) -> DatasetRequest:
    template = templates.get(id_)
    labels = template.labels if kind == "classification" else ()
    known: dict[str, Any] = {"domain": id_, "topics": template.topics, "labels": labels}
    return DatasetRequest(target_count=count, kinds=(kind,), **(known | more))  # type: ignore[arg-type]


def records(request: DatasetRequest, first: int = 0, count: int | None = None) -> list[dict[str, Any]]:
    rows = blocks(request, first, request.target_count if count is None else count).to_pylist()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def own(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in METADATA}


@pytest.mark.parametrize("id_", IDS)
@pytest.mark.parametrize("kind", KIND_NAMES)
def test_every_kind_in_every_domain(kind: str, id_: str) -> None:
    request = asked(kind, id_)
    validator = Draft202012Validator(schema_of(kind, request))
    for record in records(request):
        assert not list(validator.iter_errors(own(record)))
        assert record["topic"].casefold() in lead(kind, record).casefold() + body(kind, record).casefold()
        for text in _texts(own(record)):
            assert not re.search(r"[{}]|  | [.,;:?!]|\.\.|\b([a-z]{2,}) \1\b|\b[aA] [aeio](?!ne)|LABEL", text), text
            assert text[0].isupper() or text[0].isdigit() or text[0] in '-"' or kind == "classification", text


def _texts(record: dict[str, Any]) -> list[str]:
    turns = [turn["content"] for turn in record.get("messages", ())]
    return [text for text in (*turns, *record.values()) if isinstance(text, str) and text]


def test_a_record_depends_on_its_number_alone() -> None:
    request = asked("instruction", count=3000)
    whole = records(request)
    assert records(request, 0, 7) == whole[:7]
    assert [row for at in range(7, 3000, 997) for row in records(request, at, min(997, 3000 - at))] == whole[7:]
    assert records(request, 2_345, 1) == whole[2_345:2_346]
    assert records(request, 5, 0) == []


def test_another_seed_makes_other_records() -> None:
    one, other = records(asked("qa")), records(asked("qa", seed=1))
    assert not {body("qa", record) for record in one} & {body("qa", record) for record in other}


def test_numbers_beyond_the_target_are_refused() -> None:
    with pytest.raises(ValueError, match="records 0 to 11 of 10"):
        blocks(asked("text", count=10), 0, 11)


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_fifty_thousand_records_are_distinct(kind: str) -> None:
    request = asked(kind, count=50_000)
    made = records(request)
    assert len({lead(kind, record) for record in made}) > 49_500
    assert len({body(kind, record) for record in made}) > 49_900


def test_the_plan_is_kept_exactly() -> None:
    request = DatasetRequest(
        target_count=1_000, kinds=("qa", "chat", "text"), topics=("Sleep", "Nutrition"), personas=("a nurse", "a parent")
    )
    made = records(request)
    counted = Counter((r["topic"], r["kind"], r["difficulty"], r["persona"], "") for r in made)
    assert counted == plan.expected(request)
    assert [record["id"] for record in made] == list(range(1_000))
    assert all(set(own(record)) == set(schema_of(record["kind"], request)["properties"]) for record in made)


def test_labels_fit_their_texts() -> None:
    for id_ in IDS:
        request = asked("classification", id_)
        cues = {**templates.general()["lexicon"]["labels"], **templates.read(id_)["lexicon"]["labels"]}
        for record in records(request):
            named = {label for label in request.labels if any(cue in record["text"] for cue in cues[label])}
            assert named == {record["label"]}, record


def test_unknown_labels_are_named_in_the_text() -> None:
    request = asked("classification", labels=("cat 7", "Zebra"))
    assert all(record["label"] in record["text"] for record in records(request))


def test_answers_say_what_the_context_says() -> None:
    cases = templates.read("health")["lexicon"]["case"]
    told = 0
    for record in records(asked("qa", "health")):
        found = [
            case[field] for case in cases for field in ("cause", "fix") if case[field].casefold() in record["answer"].casefold()
        ]
        told += bool(found)
        assert all(text.casefold() in record["context"].casefold() for text in found)
    assert told > 60


def test_summaries_are_shorter_and_of_the_same_case() -> None:
    cases = templates.read("law")["lexicon"]["case"]
    for record in records(asked("summarization", "law")):
        assert len(record["summary"]) < len(record["document"])
        problems = [case["problem"] for case in cases if case["problem"].casefold() in record["document"].casefold()]
        assert len(problems) == 1
        assert problems[0].casefold() in record["summary"].casefold()


def test_the_better_answer_is_longer_and_does_not_advise_a_mistake() -> None:
    for record in records(asked("preference", "finance")):
        assert len(record["chosen"]) > len(record["rejected"])
        assert not re.search(r"is fine, and there is no need|Good luck|It depends", record["chosen"])


def test_turns_alternate() -> None:
    for record in records(asked("chat", "support")):
        roles = [turn["role"] for turn in record["messages"]]
        spoken = roles[1:] if roles[0] == "system" else roles
        assert spoken == ["user", "assistant"] * (len(spoken) // 2)
        assert len(spoken) >= 4


def test_unknown_domains_and_topics_are_woven_in() -> None:
    request = DatasetRequest(target_count=300, domain="Space gardening", topics=("Moon soil", "Dew"), personas=("a gardener",))
    for record in records(request):
        assert record["topic"] in record["instruction"] + record["input"]
        assert "a gardener" in record["instruction"]
    alone = DatasetRequest(target_count=50, domain="Test domain", topics=("Test",))
    assert all("Test" in body("instruction", record) for record in records(alone))


def test_words_of_a_known_topic_serve_an_unknown_domain() -> None:
    made = " ".join(
        body("instruction", r) for r in records(DatasetRequest(target_count=300, domain="coding", topics=("Python",)))
    )
    assert "type hints" in made


def test_levels_of_difficulty() -> None:
    assert [level_of(word) for word in ("Easy", "beginner", "medium", "", "Expert", "very hard")] == [0, 0, 1, 1, 2, 2]
    made = records(asked("instruction", count=900, difficulties=("beginner", "advanced")))
    hard = [record for record in made if "weigh" in record["output"] and "against" in record["output"]]
    assert hard
    assert all(record["difficulty"] == "advanced" for record in hard)


def test_without_metadata() -> None:
    assert set(records(asked("qa", metadata=False))[0]) == {"question", "context", "answer"}


SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["title", "rating", "tags", "author"],
    "properties": {
        "title": {"type": "string", "minLength": 10, "maxLength": 60},
        "description": {"type": "string", "minLength": 400},
        "rating": {"type": "integer", "minimum": 1, "maximum": 5},
        "price": {"type": "number", "exclusiveMinimum": 0, "maximum": 99.5},
        "even": {"type": "integer", "multipleOf": 2, "minimum": -4, "exclusiveMaximum": 7},
        "in_stock": {"type": "boolean"},
        "code": {"type": "string", "pattern": "^[A-Z]{3}-\\d{4}$"},
        "colour": {"enum": ["red", "green", 3, None]},
        "state": {"const": "new"},
        "nothing": {"type": "null"},
        "id": {"type": "string", "format": "uuid"},
        "day": {"type": "string", "format": "date"},
        "moment": {"type": "string", "format": "date-time"},
        "email": {"type": "string", "format": "email"},
        "site": {"type": "string", "format": "uri"},
        "address": {"type": "string", "format": "ipv4"},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 4},
        "author": {"$ref": "#/$defs/person"},
        "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        "maybe": {"type": ["null", "string"]},
    },
    "$defs": {
        "person": {
            "type": "object",
            "required": ["name", "age"],
            "properties": {
                "name": {"type": "string"},
                "email": {"type": "string", "format": "email"},
                "age": {"type": "integer", "minimum": 18, "maximum": 99},
            },
        }
    },
}


def test_records_by_a_schema_of_the_user() -> None:
    import orjson

    from runner.datasets.outputs.layout import is_json

    request = DatasetRequest(target_count=400, kinds=("custom",), domain="commerce", record_schema=SCHEMA)
    table = blocks(request, 0, 400)
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    made = []
    for row in table.to_pylist():
        record = {f.name: orjson.loads(row[f.name]) if is_json(f) else row[f.name] for f in table.schema}
        assert not list(validator.iter_errors(record)), record
        made.append(record)
    assert {record["rating"] for record in made} == {1, 2, 3, 4, 5}
    assert len({record["description"] for record in made}) > 395
    assert {len(record["tags"]) for record in made} == {2, 3, 4}
    assert re.fullmatch(r"\w+( \w+)+", made[0]["author"]["name"])
    assert all(
        record["author"]["email"] == ".".join(map(slug, record["author"]["name"].split())) + "@example.com" for record in made
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"language": "de"}, "English only, not de"),
        ({"kinds": ("custom",), "record_schema": {"properties": {"a": {"pattern": "(?=x)y"}}}}, "recordSchema: .*cannot fill it"),
        ({"kinds": ("custom",), "record_schema": {"properties": {"a": {"type": "array", "minItems": 10**9}}}}, "too long"),
    ],
)
def test_what_it_cannot_make_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_request(DatasetRequest(target_count=5, **more))


def test_what_it_can_make_is_not() -> None:
    check_request(DatasetRequest(target_count=5, language="en-GB"))
    wide = {"properties": {"n": {"type": "integer", "minimum": -(10**30)}, "x": {"type": "number", "maximum": 1e300}}}
    check_request(DatasetRequest(target_count=5, kinds=("custom",), record_schema=wide))


def test_recursive_schemas_end() -> None:
    tree = {"type": "object", "properties": {"name": {"type": "string"}, "below": {"type": "array", "items": {"$ref": "#"}}}}
    request = DatasetRequest(target_count=3, kinds=("custom",), record_schema=tree)
    assert blocks(request, 0, 3).num_rows == 3


def test_the_label_says_that_it_is_no_language_model() -> None:
    assert LABEL["template"] is True
    assert "not by a language model" in LABEL["note"]


def test_every_role_is_used_and_every_slot_has_a_list() -> None:
    read = grammar()
    used = {role for forms in read.kinds.values() for form in forms for roles in form.values() for role in roles}
    assert used == {role.partition(".")[0] for role in read.roles}
    lists = {
        *read.lists,
        *templates.general()["lexicon"],
        "name",
        "surname",
        "topic",
        "concept",
        "fact",
        "cue",
        "persona",
        "label",
    }
    named = {slot.name for patterns in read.roles.values() for pattern in patterns for slot in pattern.slots}
    assert named <= lists
    assert set(read.lists) <= named
