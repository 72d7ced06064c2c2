"""Records by a user's JSON Schema: plain typed values for each property, texts by the property's name.

What is read of a schema: `type`, `properties`, `required`, `items`, `enum`, `const`, `$ref` within the schema, the first of
`anyOf` and `oneOf`, all of `allOf`, bounds of numbers, texts and arrays, `multipleOf`, `pattern` and `format`. Other
keywords bind nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from runner.automata import walk
from runner.datasets.grammar.lexicon import Lexicon
from runner.datasets.grammar.patterns import grammar
from runner.datasets.grammar.program import Frame, Program
from runner.datasets.outputs.layout import is_json, schema_of
from runner.draws import I64, bounded, derive_key
from runner.generators.regexes import language
from runner.generators.registry import ParameterError
from runner.jsontexts import lists, logical_json
from runner.slugs import slugs
from runner.texts import uuid4
from runner.types import Type
from runner.vectors import Array, plain

Schema = Mapping[str, Any]
_DEPTH = 8
_ROUNDING = 1e-9
_LARGEST = 1 << 61  # beyond, whole numbers are not drawn
_MOST_ITEMS = 1_000
_TYPES = {pa.int64(): Type("bigint"), pa.float64(): Type("float"), pa.bool_(): Type("bool"), pa.string(): Type("string")}
_FIRST_DAY, _DAYS = 18_262, 1_826  # 2020-01-01 and the five years from there
_OF_ONE = re.compile(r"(full|first|last|given|family|sur)?_?name|e-?mail(_address)?", re.IGNORECASE)
_FIELDS = (
    ("first_?name|given", "first"),
    ("last_?name|surname|family", "last"),
    ("name|author|person|customer|user|patient|contact", "name"),
    ("title|subject|headline|heading", "title"),
    ("question|query", "question"),
    ("answer|response|solution|advice|recommendation", "answer"),
    ("topic|category|area|domain", "topic"),
    ("role|job|profession|occupation", "person"),
    ("fact|note|remark|sentence|hint", "sentence"),
    ("description|text|body|content|summary|details|review|explanation|comment|message|context|story|document", "paragraph"),
)


class _Made(NamedTuple):
    """Values, as they are or as JSON texts."""

    array: Array
    json: bool = False

    def as_json(self) -> Array:
        """As JSON texts."""
        return self.array if self.json else logical_json(self.array, _TYPES[self.array.type])


def custom_columns(seed: int, schema: Schema, lexicon: Lexicon, frame: Frame) -> dict[str, Array]:
    """A column for each property of a user's schema, at each record of the frame."""
    maker = _Values(seed, schema, lexicon, frame)
    made = {}
    for field in schema_of(("custom",), schema):
        values = maker.value(schema["properties"][field.name], field.name, 0)
        made[field.name] = values.as_json() if is_json(field) else values.array.cast(field.type)
    return made


class _Values:
    """Values of one block of records."""

    def __init__(self, seed: int, root: Schema, lexicon: Lexicon, frame: Frame) -> None:
        self._seed, self._root, self._lexicon, self._frame = seed, root, lexicon, frame
        self._numbers, self._n = frame.numbers, len(frame.numbers)

    def _key(self, path: str, purpose: str) -> int:
        return derive_key(self._seed, "dataset", "template", "custom", path, purpose)

    def _drawn(self, path: str, purpose: str, n: int) -> I64:
        return bounded(self._key(path, purpose), self._numbers, n)

    def _same(self, value: Any) -> _Made:
        return _Made(self._one_of([value], np.zeros(self._n, np.int64)), True)

    def _one_of(self, values: list[Any], index: I64) -> Array:
        return pa.array([orjson.dumps(value).decode() for value in values], pa.string()).take(pa.array(index))

    def value(self, schema: Any, path: str, depth: int) -> _Made:
        """Values that fit a schema; `path` keeps the draws of properties apart."""
        schema = self._resolved(schema)
        if "const" in schema:
            return self._constant([schema["const"]], path)
        if schema.get("enum"):
            return self._constant(schema["enum"], path)
        match _kind_of(schema):
            case "integer":
                return self._integer(schema, path)
            case "number":
                return self._number(schema, path)
            case "boolean":
                return _Made(pa.array(self._drawn(path, "truth", 2) == 1))
            case "null":
                return self._same(None)
            case "array":
                return self._array(schema, path, depth)
            case "object":
                return self._object(schema, path, depth)
        return _Made(self._text(schema, path))

    def _resolved(self, schema: Any) -> Schema:
        """The schema with references followed and combinations merged."""
        found: dict[str, Any] = dict(schema) if isinstance(schema, Mapping) else {}
        for _ in range(_DEPTH):
            if "$ref" in found:
                found = {**found, **self._referred(found.pop("$ref"))}
            for name in ("anyOf", "oneOf"):
                if found.get(name):
                    found = {**found, **found.pop(name)[0]}
            for part in found.pop("allOf", ()):
                found = {**found, **part}
        return found

    def _referred(self, pointer: str) -> Schema:
        at: Any = self._root
        for name in pointer.removeprefix("#").strip("/").split("/"):
            at = at.get(name.replace("~1", "/").replace("~0", "~"), {}) if isinstance(at, Mapping) else {}
        return at if isinstance(at, Mapping) else {}

    def _constant(self, values: list[Any], path: str) -> _Made:
        index = self._drawn(path, "choice", len(values))
        types = {type(value) for value in values}
        if types == {str} or types == {bool} or types == {float}:
            return _Made(pa.array(values).take(pa.array(index)))
        if types == {int} and all(-(1 << 63) <= value < 1 << 63 for value in values):
            return _Made(pa.array(values, pa.int64()).take(pa.array(index)))
        return _Made(self._one_of(values, index), True)

    def _integer(self, schema: Schema, path: str) -> _Made:
        step = max(int(schema.get("multipleOf", 1)), 1)
        low, high = _bounds(schema, step)
        return _Made(pa.array((low + self._drawn(path, "number", high - low + 1)) * step))

    def _number(self, schema: Schema, path: str) -> _Made:
        step = float(schema.get("multipleOf", 0.01))
        low, high = _bounds(schema, step)
        counts = low + self._drawn(path, "number", high - low + 1)
        return _Made(pa.array(counts / 100 if step == 0.01 else counts * step))

    def _array(self, schema: Schema, path: str, depth: int) -> _Made:
        low = int(schema.get("minItems", 1))
        high = max(min(int(schema.get("maxItems", 3)), low + 4), low)
        if low > _MOST_ITEMS:
            raise ParameterError(f"arrays of {low} items are too long; at most {_MOST_ITEMS}", path)
        sizes = low + self._drawn(path, "size", high - low + 1) if depth < _DEPTH else np.full(self._n, low)
        items = schema.get("items", {"type": "string"})
        columns = [self.value(items, f"{path}[{k}]", depth + 1).as_json() for k in range(int(sizes.max(initial=0)))]
        if not columns:
            return self._same([])
        flat = np.arange(len(columns) * self._n).reshape(len(columns), self._n).T
        kept = flat[np.arange(len(columns)) < sizes[:, None]]
        texts = pc.binary_join(lists(sizes, pa.concat_arrays(columns).take(pa.array(kept))), ",")
        return _Made(pc.binary_join_element_wise("[", texts, "]", ""), True)

    def _object(self, schema: Schema, path: str, depth: int) -> _Made:
        required = set(schema.get("required", ()))
        properties = {name: about for name, about in schema.get("properties", {}).items() if name in required or depth < _DEPTH}
        parts: list[Any] = []
        for name, about in properties.items():
            parts += [("," if parts else "{") + orjson.dumps(name).decode() + ":"]
            parts += [self.value(about, f"{path}.{name}", depth + 1).as_json()]
        return _Made(pc.binary_join_element_wise(*parts, "}", ""), True) if parts else self._same({})

    def _text(self, schema: Schema, path: str) -> Array:
        if "pattern" in schema:
            return plain(walk(self._key(path, "pattern"), self._numbers, language(_anchored(schema["pattern"])), None))
        made = self._formatted(str(schema.get("format", "")), path)
        return made if made is not None else self._fitting(schema, path)

    def _formatted(self, format: str, path: str) -> Array | None:
        match format:
            case "uuid":
                return uuid4(self._key(path, "uuid"), self._numbers)
            case "date":
                return self._days(path).cast(pa.string())
            case "time":
                return pc.binary_join_element_wise(self._clock(path), "Z", "")
            case "date-time":
                return pc.binary_join_element_wise(self._days(path).cast(pa.string()), "T", self._clock(path), "Z", "")
            case "email" | "idn-email":
                names = self._slug(path, "first"), self._slug(path, "last")
                return pc.binary_join_element_wise(names[0], ".", names[1], "@example.com", "")
            case "uri" | "url" | "iri":
                return pc.binary_join_element_wise("https://example.com/", self._slug(path, "word"), "")
            case "hostname" | "idn-hostname":
                return pc.binary_join_element_wise(self._slug(path, "last"), ".example.com", "")
            case "ipv4":
                parts = [pa.array(self._drawn(path, f"part {k}", 254) + 1).cast(pa.string()) for k in range(3)]
                return pc.binary_join_element_wise("10.", parts[0], ".", parts[1], ".", parts[2], "")
        return None

    def _days(self, path: str) -> Array:
        return pa.array((self._drawn(path, "day", _DAYS) + _FIRST_DAY).astype(np.int32)).cast(pa.date32())

    def _clock(self, path: str) -> Array:
        return pa.array(self._drawn(path, "second", 86_400).astype(np.int32)).cast(pa.time32("s")).cast(pa.string())

    def _slug(self, path: str, field: str) -> Array:
        texts = self._spoken(path, field).dictionary_encode()
        return slugs(texts.dictionary).take(texts.indices)

    def _spoken(self, path: str, field: str) -> Array:
        return Program(self._seed, "values", grammar(), self._lexicon, _person(path)).fields(self._frame, field)[field]

    def _fitting(self, schema: Schema, path: str) -> Array:
        """Text for the property's name, made longer or shorter where the schema asks for it."""
        low, high = int(schema.get("minLength", 0)), schema.get("maxLength")
        text = self._spoken(path, _field_of(path) if low <= 40 else "paragraph")
        for turn in range(64):
            if not len(text) or pc.min(pc.utf8_length(text)).as_py() >= low:
                break
            longer = pc.binary_join_element_wise(text, self._spoken(f"{path} {turn}", "paragraph"), " ")
            text = pc.if_else(pc.less(pc.utf8_length(text), low), longer, text)
        return text if high is None else pc.utf8_slice_codeunits(text, 0, int(high))


def _kind_of(schema: Schema) -> str:
    """The type of the values: the first that is named, else what the keywords tell."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    return "number" if {"minimum", "maximum", "multipleOf"} & set(schema) else "string"


def _bounds(schema: Schema, step: float) -> tuple[int, int]:
    """The smallest and largest count of steps: within the bounds of the schema, else a hundred beside them."""
    least, most = [], []
    if "minimum" in schema:
        least.append(ceil(schema["minimum"] / step - _ROUNDING))
    if "exclusiveMinimum" in schema:
        least.append(floor(schema["exclusiveMinimum"] / step + _ROUNDING) + 1)
    if "maximum" in schema:
        most.append(floor(schema["maximum"] / step + _ROUNDING))
    if "exclusiveMaximum" in schema:
        most.append(ceil(schema["exclusiveMaximum"] / step - _ROUNDING) - 1)
    span = max(int(100 / step), 1)
    first = max(max(least), -_LARGEST) if least else min(0, min(most, default=span) - span)
    return first, max(first, min(*most, _LARGEST) if most else first + span)


def _field_of(path: str) -> str:
    name = path.rpartition(".")[2].casefold()
    return next((field for words, field in _FIELDS if re.search(words, name)), "word")


def _person(path: str) -> str:
    """What tells the persons of a record apart: names and e-mail addresses that stand together are one person's."""
    above, _, name = path.rpartition(".")
    return f"{above} person" if _OF_ONE.fullmatch(name) else path


def _anchored(pattern: str) -> str:
    """A JSON Schema's pattern as one of whole texts."""
    return pattern.removeprefix("^").removesuffix("$")
