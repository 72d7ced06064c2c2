"""The shapes in which trainers read records: Alpaca, ShareGPT and ChatML messages, from tables of any kind that fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runner.datasets.outputs.layout import MESSAGES
from runner.draws import I64
from runner.vectors import Array, Mask


class Turn(NamedTuple):
    """A record as one exchange: what is asked, the material that comes with it, and the answer."""

    asked: Array
    given: Array
    answer: Array


@dataclass(frozen=True)
class Shape:
    """A shape: the kinds that fit it, the formats that hold it, and how a table becomes it."""

    kinds: tuple[str, ...]
    formats: tuple[str, ...]
    reshape: Callable[[pa.Table], pa.Table]


_TURN: Mapping[str, tuple[str, str, str]] = {
    "instruction": ("instruction", "input", "output"),
    "qa": ("question", "context", "answer"),
    "classification": ("Which label fits the text?", "text", "label"),
    "summarization": ("Summarise the text.", "document", "summary"),
}
_CONVERSATION = pa.list_(pa.struct([pa.field("from", pa.string()), pa.field("value", pa.string())]))
_SPEAKERS = {"user": "human", "assistant": "gpt"}


def _turn(table: pa.Table) -> Turn:
    """Every row's exchange, whatever its kind; null in rows of conversations."""
    present = [kind for kind in _TURN if _TURN[kind][2] in table.column_names]
    parts: list[Array] = [pa.nulls(table.num_rows, pa.string()) for _ in Turn._fields]
    for kind in present:
        mine = pc.is_valid(_column(table, _TURN[kind][2]))
        for at, name in enumerate(_TURN[kind]):
            parts[at] = pc.if_else(mine, _column(table, name) if name in table.column_names else name, parts[at])
    return Turn(*parts)


def _column(table: pa.Table, name: str) -> Array:
    array = table.column(name).combine_chunks()
    return pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) else array


def alpaca(table: pa.Table) -> pa.Table:
    """`instruction`, `input` (may be empty) and `output`."""
    turn = _turn(table)
    return pa.Table.from_arrays([turn.asked, turn.given.fill_null(""), turn.answer], schema=_ALPACA)


def _conversations(table: pa.Table) -> tuple[Array, Array, Array]:
    """Where each row's messages begin and end, and the role and text of all messages, one after another."""
    turn = _turn(table)
    chats = _column(table, "messages") if "messages" in table.column_names else pa.nulls(table.num_rows, MESSAGES)
    chatting = np.asarray(pc.is_valid(chats).to_numpy(zero_copy_only=False))
    told = pc.if_else(
        pc.equal(turn.given.fill_null(""), ""), turn.asked, pc.binary_join_element_wise(turn.asked, turn.given, "\n\n")
    )
    sizes = np.where(chatting, pc.list_value_length(chats).fill_null(0).to_numpy(zero_copy_only=False), 2).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    spoken = pc.list_flatten(chats)
    single = np.flatnonzero(~chatting)
    pairs = pa.array(single)
    roles = pa.concat_arrays([spoken.field("role"), pa.array(["user", "assistant"] * len(single), pa.string())])
    texts = pa.concat_arrays([spoken.field("content"), told.take(pairs), turn.answer.take(pairs)])
    order = _order(chatting, sizes, len(spoken))
    by_turn = np.concatenate([np.arange(len(spoken)), len(spoken) + _interleaved(len(single))])
    return pa.array(offsets), roles.take(pa.array(order)), texts.take(pa.array(by_turn[order]))


def _interleaved(pairs: int) -> I64:
    """Places of question 0, answer 0, question 1, … where all questions stand before all answers."""
    return np.arange(2 * pairs, dtype=np.int64).reshape(2, -1).T.reshape(-1)


def _order(chatting: Mask, sizes: I64, spoken: int) -> I64:
    """Which message comes at each place: those of chats stand first, those of single exchanges after them."""
    of_chat = np.repeat(chatting, sizes)
    order = np.empty(len(of_chat), np.int64)
    order[of_chat] = np.arange(spoken)
    order[~of_chat] = spoken + np.arange(len(of_chat) - spoken)
    return order


def chatml(table: pa.Table) -> pa.Table:
    """`messages`, each with `role` and `content`."""
    offsets, roles, texts = _conversations(table)
    messages = pa.StructArray.from_arrays([roles, texts], fields=list(MESSAGES.value_type))
    return pa.Table.from_arrays([pa.ListArray.from_arrays(offsets, messages, type=MESSAGES)], schema=_CHATML)


def sharegpt(table: pa.Table) -> pa.Table:
    """`id` and `conversations`, each turn with `from` (system, human or gpt) and `value`."""
    offsets, roles, texts = _conversations(table)
    for role, speaker in _SPEAKERS.items():
        roles = pc.if_else(pc.equal(roles, role), speaker, roles)
    turns = pa.StructArray.from_arrays([roles, texts], fields=list(_CONVERSATION.value_type))
    lists = pa.ListArray.from_arrays(offsets, turns, type=_CONVERSATION)
    if "id" not in table.column_names:
        return pa.Table.from_arrays([lists], names=["conversations"])
    return pa.Table.from_arrays([_column(table, "id").cast(pa.string()), lists], names=["id", "conversations"])


_ALPACA = pa.schema([(name, pa.string()) for name in ("instruction", "input", "output")])
_CHATML = pa.schema([("messages", MESSAGES)])
SHAPES: Mapping[str, Shape] = {
    "alpaca": Shape(tuple(_TURN), ("jsonl", "json", "csv", "parquet"), alpaca),
    "sharegpt": Shape(("chat", *_TURN), ("jsonl", "json", "parquet"), sharegpt),
    "chatml": Shape(("chat", *_TURN), ("jsonl", "json", "parquet"), chatml),
}
