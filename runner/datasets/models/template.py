"""The template model: no language model at all, but records made of a grammar and of catalogue texts, whole blocks at once.

What it makes reads like the kinds of records that are asked for, and is plainly no model's writing: events, manifest
and report say so by `LABEL`. Each record is a pure function of (request, record number): blocks may be of any size.
Its texts are English.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.datasets import plan
from runner.datasets.grammar.custom import custom_columns
from runner.datasets.grammar.lexicon import Lexicon, lexicon_of
from runner.datasets.grammar.patterns import grammar
from runner.datasets.grammar.program import LEVELS, Frame, Program
from runner.datasets.models import TEMPLATE
from runner.datasets.outputs.layout import FIELDS, MESSAGES, schema_of
from runner.datasets.spec import DatasetRequest
from runner.draws import derive_key
from runner.generators.registry import ParameterError
from runner.vectors import Array

LABEL: Final[Mapping[str, Any]] = {
    "model": TEMPLATE,
    "template": True,
    "version": 1,
    "note": "made from a grammar and catalogue texts, not by a language model",
}
LANGUAGES: Final = ("en",)
_TURNS = ("system", "user", "assistant", "user_b", "assistant_b", "user_c", "assistant_c")
_EASY = ("beginner", "easy", "basic", "simple", "novice", "elementary", "a1", "a2")
_HARD = ("advanced", "hard", "expert", "difficult", "complex", "senior", "c1", "c2")


def blocks(request: DatasetRequest, first: int, count: int) -> pa.Table:
    """The finished records with numbers [first, first + count): metadata where it is wanted, then the kinds' fields.

    Fields of other kinds than a record's own are null. Raises `ValueError` when the request goes beyond `targetCount`.
    """
    if first < 0 or count < 0 or first + count > request.target_count:
        raise ValueError(f"records {first} to {first + count} of {request.target_count}")
    return _maker(request.model_dump_json()).table(np.arange(first, first + count, dtype=np.int64))


def check_request(request: DatasetRequest) -> None:
    """Whether the template model can make what is asked for. Raises `ValueError` with a sentence that says what it cannot."""
    if request.language.partition("-")[0] not in LANGUAGES:
        raise ValueError(f"language: the template model writes English only, not {request.language}; name another model")
    if "custom" in request.kinds:
        try:
            blocks(request, 0, 1)
        except (ParameterError, TypeError, KeyError, AttributeError, OverflowError, pa.ArrowException) as error:
            raise ValueError(f"recordSchema: the template model cannot fill it: {error}") from error


@lru_cache(maxsize=4)
def _maker(request: str) -> _Maker:
    return _Maker(DatasetRequest.model_validate_json(request))


def level_of(difficulty: str) -> int:
    """The level, as an index of `LEVELS`, that a word for a difficulty means; the middle one for unknown words."""
    words = difficulty.casefold().split()
    if any(word in _EASY for word in words):
        return LEVELS.index("beginner")
    return LEVELS.index("advanced" if any(word in _HARD for word in words) else "intermediate")


class _Maker:
    """A request's grammar, compiled kind by kind."""

    def __init__(self, request: DatasetRequest) -> None:
        self.request = request
        self.axes = plan.axes(request)
        self.schema = schema_of(request.kinds, request.record_schema, request.with_metadata)
        self._levels = np.array([level_of(word) for word in self.axes[2]], np.int64)
        self._lexicon: Lexicon = lexicon_of(request)
        self._seed = derive_key(request.seed, "dataset", "domain", request.domain.casefold())
        self._programs: dict[str, Program] = {}

    def _program(self, kind: str) -> Program:
        if kind not in self._programs:
            self._programs[kind] = Program(self._seed, kind, grammar(), self._lexicon)
        return self._programs[kind]

    def table(self, numbers: npt.NDArray[np.int64]) -> pa.Table:
        """The records of these numbers."""
        places = dict(zip(plan.AXES, plan.places(self.request, numbers), strict=True))
        frame = Frame(numbers, self._levels.take(places["difficulty"]), places)
        columns = self._metadata(frame) if self.request.with_metadata else {}
        columns |= self._contents(frame)
        return pa.Table.from_arrays([columns[field.name] for field in self.schema], schema=self.schema)

    def _metadata(self, frame: Frame) -> dict[str, Array]:
        values = dict(zip(plan.AXES, self.axes, strict=True))
        texts = {name: pa.array(values[name], pa.string()).take(pa.array(at)) for name, at in frame.axes.items()}
        return {"id": pa.array(frame.numbers), **texts}

    def _contents(self, frame: Frame) -> dict[str, Array]:
        kinds = self.request.kinds
        if len(kinds) == 1:
            return self._kind(kinds[0], frame)
        columns: dict[str, Array] = {}
        for number, kind in enumerate(kinds):
            rows = np.flatnonzero(frame.axes["kind"] == number)
            for name, array in self._kind(kind, frame.take(rows)).items():
                spread = _spread(array, rows, len(frame.numbers))
                columns[name] = pc.coalesce(columns[name], spread) if name in columns else spread
        return columns

    def _kind(self, kind: str, frame: Frame) -> dict[str, Array]:
        if kind == "custom":
            return custom_columns(self._seed, self.request.record_schema or {}, self._lexicon, frame)
        fields = self._program(kind).fields(frame)
        if kind == "chat":
            return {"messages": _messages(fields)}
        return {name: fields[name] for name in FIELDS[kind]}


def _spread(array: Array, rows: npt.NDArray[np.int64], n: int) -> Array:
    """The values at these rows of n, null at the others."""
    place = np.full(n, -1, np.int64)
    place[rows] = np.arange(len(rows))
    return array.take(pa.array(place, mask=place < 0))


def _messages(fields: Mapping[str, Array]) -> Array:
    """The turns of each conversation that are not empty."""
    n = len(fields["user"])
    texts = pa.concat_arrays([fields[turn] for turn in _TURNS])
    said = np.asarray(pc.not_equal(texts, "").to_numpy(zero_copy_only=False)).reshape(len(_TURNS), n).T
    flat = np.arange(len(_TURNS) * n).reshape(len(_TURNS), n).T[said]
    roles = pa.array([turn.partition("_")[0] for turn in _TURNS]).take(pa.array(flat // max(n, 1)))
    offsets = np.concatenate([[0], np.cumsum(said.sum(axis=1))]).astype(np.int32)
    turns = pa.StructArray.from_arrays([roles, texts.take(pa.array(flat))], fields=list(MESSAGES.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets), turns, type=MESSAGES)
