"""Definitions as the store keeps them: whole, in order, and never in the way when they are damaged."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.errors import MockcraftError
from services.schemas.codec import definition_json
from services.schemas.drawing import Column, Definition, Drawing, Table
from services.schemas.store.documents import decoded, encoded, storable, without_secrets

NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
KEYS = st.sampled_from(["tables", "columns", "id", "name", "generator", "foreignKeys", "version", "x"])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=30,
)


@given(VALUES)
@settings(deadline=None, max_examples=300)
def test_any_json_reads_as_a_definition_or_as_damage(value: Any) -> None:
    definition, damaged = decoded(orjson.dumps(value))
    assert definition == Definition() if damaged else definition_json(definition) is not None


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_any_bytes_read_as_a_definition_or_as_damage(raw: bytes) -> None:
    assert decoded(raw)[0] is not None


def one(**values: Any) -> Definition:
    return Definition(Drawing((Table("t", "t", (Column("c", "c", "int", **values),)),)))


GENERATORS = st.dictionaries(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=9),
    st.integers(-9, 9) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9) | st.booleans(),
    min_size=1,
)


@given(GENERATORS)
@settings(deadline=None)
def test_generators_keep_the_order_of_their_keys(values: dict[str, Any]) -> None:
    definition = one(generator={"type": "choice", "values": values})
    read, damaged = decoded(encoded(definition))
    assert (read, damaged) == (definition, False)
    kept = read.drawing.tables[0].columns[0].generator
    assert kept is not None
    assert list(kept["values"]) == list(values)


def test_the_keys_of_a_stored_generator_are_out_of_jsonbs_reach() -> None:
    stored = orjson.loads(encoded(one(generator={"z": 1, "a": {"y": 1, "b": 2}})))
    assert stored["tables"][0]["columns"][0]["generator"] == '{"z":1,"a":{"y":1,"b":2}}'


def test_a_generator_put_in_by_hand_is_read_too() -> None:
    document = definition_json(one())
    for value, read in (({"type": "email"}, {"type": "email"}), ("email", {"type": "email"})):
        document["tables"][0]["columns"][0]["generator"] = value
        definition, damaged = decoded(orjson.dumps(document))
        assert (definition.drawing.tables[0].columns[0].generator, damaged) == (read, False)


def test_what_could_not_be_read_again_is_not_stored() -> None:
    with pytest.raises(MockcraftError) as caught:
        encoded(one(comment="x" * 100_000))
    assert caught.value.findings[0].path == "/tables/0/columns/0/comment"


def test_what_an_older_program_took_is_no_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    from services.schemas import codec
    from services.schemas.drawing import Finding
    from services.schemas.store import documents

    def stricter(value: Any, beside: Any) -> tuple[Definition, tuple[Finding, ...]]:
        definition, _ = codec.definition_from(value, beside)
        return definition, (Finding("/tables/0/name", "VALIDATION_ERROR", "too short for this version"),)

    raw = encoded(one())
    monkeypatch.setattr(documents, "definition_from", stricter)
    assert decoded(raw) == (one(), False)
    assert decoded(raw.replace('"t"', "7")) == (Definition(), True)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"password": "x", "Api-Key": "x", "rows": 3}, {"password": "***", "Api-Key": "***", "rows": 3}),
        ({"secret_name": ""}, {"secret_name": ""}),
        ({"target": "mysql://u:p@h/d?sslpassword=q"}, {"target": "mysql://u:***@h/d?sslpassword=***"}),
        ({"a": [{"token": {"deep": 1}}], "b": None}, {"a": [{"token": "***"}], "b": None}),
        ({"header": "Bearer abc"}, {"header": "Bearer ***"}),
    ],
)
def test_secrets_are_masked_by_name_and_by_looks(value: Any, masked: Any) -> None:
    assert without_secrets(value) == masked


def test_texts_are_measured_in_characters() -> None:
    assert storable("name", "名" * 255, 255) == "名" * 255
    with pytest.raises(MockcraftError) as caught:
        storable("name", "名" * 256, 255)
    assert "256 characters; 255 are the most" in caught.value.message
