"""Histories of states: the k-th row of a parent is in a state that follows lawfully from the one before."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from runner.generators.building import closest
from runner.generators.choice import typed_values, whole_weights
from runner.generators.compose import subtract
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.generators.siblings import family
from runner.ops import Uniform, Values, Walk
from runner.walks import LONGEST, STATES, finishable

_Moves = dict[str, dict[str, Any]]
_ORDER = ("pending", "paid", "shipped", "delivered")


@generator(
    "choice.status",
    "States in lawful order along the rows of one parent, such as pending, paid, shipped, delivered",
    category="choice",
    parameters=(
        Parameter("states", "any", "States that follow one another, the first one first; by default those of an order"),
        Parameter("transitions", "any", "What may follow each state: a state, a list, or a map of states to relative weights"),
        Parameter("start", "any", "The state of the first row, or a map of states to weights; by default the first one listed"),
        Parameter("complete", "bool", "Whether the last row of each parent is in a final state, one that nothing follows", False),
    ),
    keywords=("state", "history", "workflow", "lifecycle", "transition", "state machine"),
)
def status(make: Make, states: Any, transitions: Any, start: Any, complete: bool) -> Made:
    """The rows of a parent walk from state to state; how many rows are still to come decides which moves there are.

    In a table that is not made by `per` each row is where a walk of its own has come to.
    """
    moves = _moves(states, transitions)
    names = list(moves)
    if len(names) > STATES:
        raise ParameterError(f"at most {STATES} states are possible, not {len(names)}", "transitions")
    if make.unique:
        message = f"states come back from parent to parent, so that they cannot be unique; there are only {len(names)}"
        raise ParameterError(message, code="UNIQUE_IMPOSSIBLE")
    table = tuple(_row(moves[state], names) for state in names)
    first = _row(_start(start, names), names)
    typed, kind = typed_values(names)
    key = make.key("walk")
    if make.counts is not None:
        siblings = family(make)
        _require(make.counts, first, table, complete)
        walk = Walk(key, first, table, complete, siblings.group, siblings.number, siblings.size)
    else:
        lengths = tuple(_lengths(len(names), first, table, complete))
        if not lengths:
            raise ParameterError("no path ends in a final state", "transitions")
        length = Values(lengths, Uniform(make.key("length"), 0, len(lengths) - 1, make.at))
        walk = Walk(key, first, table, complete, make.at, subtract(length, 1), length)
    return Made(Values(tuple(typed), walk), kind, len(names))


def _moves(states: Any, transitions: Any) -> _Moves:
    """What follows each state, with weights; every state is a key."""
    if isinstance(states, str):
        states = [part.strip() for part in states.split(",") if part.strip()]
    listed = [str(state) for state in states] if isinstance(states, list | tuple) else []
    if states is not None and (not listed or len(set(listed)) < len(listed)):
        raise ParameterError("`states` is a list of different states", "states")
    if transitions is None:
        listed = listed or list(_ORDER)
        return {state: {after: 1} for state, after in pairwise(listed)} | {listed[-1]: {}}
    if not isinstance(transitions, Mapping) or not transitions:
        raise ParameterError("`transitions` is a map of states to what may follow: {pending: [paid, cancelled]}", "transitions")
    moves: _Moves = {state: {} for state in (*listed, *map(str, transitions))}
    for state, following in transitions.items():
        moves[str(state)] = _following(following)
    return _closed(moves, listed)


def _closed(moves: _Moves, listed: list[str]) -> _Moves:
    """The moves with every state that is only reached as one of its own; a list of states must hold them all."""
    for state in [s for following in list(moves.values()) for s in following] + list(moves):
        if listed and state not in listed:
            raise ParameterError(f"{state!r} is none of the `states`", "transitions", closest(state, listed))
        moves.setdefault(state, {})
    return moves


def _following(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return {str(state): weight for state, weight in given.items()}
    return dict.fromkeys(map(str, given), 1) if isinstance(given, list | tuple) else {str(given): 1}


def _start(given: Any, names: list[str]) -> dict[str, Any]:
    wanted = {names[0]: 1} if given is None else _following(given)
    for state in wanted:
        if state not in names:
            raise ParameterError(f"`start` names {state!r}, which is no state", "start", closest(state, names))
    return wanted


def _row(weights: Mapping[str, Any], names: list[str]) -> tuple[int, ...]:
    """The weight of each state, 0 for those that do not follow."""
    whole = dict(zip(weights, whole_weights(list(weights.values())), strict=True)) if weights else {}
    return tuple(whole.get(name, 0) for name in names)


def _lengths(most: int, first: tuple[int, ...], moves: tuple[tuple[int, ...], ...], complete: bool) -> list[int]:
    """The numbers of states, up to `most`, that a walk can have."""
    possible = finishable(moves, complete, max(most - 1, 0))
    return [n + 1 for n, can in enumerate(possible[:most]) if any(w and c for w, c in zip(first, can, strict=True))]


def _require(counts: tuple[int, ...], first: tuple[int, ...], moves: tuple[tuple[int, ...], ...], complete: bool) -> None:
    """Refuse what cannot be walked: every number of rows that a parent may have needs a path."""
    most = max(counts)
    if most > LONGEST:
        raise ParameterError(f"a history has at most {LONGEST:,} rows, but a parent can have {most:,}", code="COUNT_INVALID")
    can = set(_lengths(most, first, moves, complete))
    lacking = [count for count in counts if count and count not in can]
    if lacking:
        known = sorted(can)
        how = "ends in a final state" if complete else "exists"
        fits = (
            f"there are paths of {', '.join(map(str, known[:8]))}{' …' * (len(known) > 8)}"
            if known
            else "there is no path at all"
        )
        rows = f"{lacking[0]:,} row{'s' * (lacking[0] > 1)}"
        message = f"a parent can have {rows}, but no path of that length {how}; {fits}"
        raise ParameterError(message, code="COUNT_INVALID")
