"""The functions of expressions over text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from runner.ops import Call, Const
from runner.schema import terms
from runner.schema.functions import MANY, Compile, Function, constant
from runner.schema.terms import Scope, Term, whole, wrong
from runner.types import STRING


def _needs_text(term: Term) -> Term:
    term = terms.as_type_of(term, STRING) if term.null else term
    if not term.text:
        raise wrong(term, f"text is needed here, not {term.described}", "text(x)")
    return term


def _constant_text(term: Term, what: str) -> Const:
    if isinstance(term.op, Const) and isinstance(term.op.value, str):
        return term.op
    raise wrong(term, f"{what} is a constant text")


def _simple(function: str) -> Compile:
    def compile_(args: list[Term], at: int, scope: Scope) -> Term:
        return Term(Call(function, (_needs_text(args[0]).op,)), STRING, at)

    return compile_


def length(args: list[Term], at: int, scope: Scope) -> Term:
    """Characters (code points)."""
    return whole(Call("length", (_needs_text(args[0]).op,)), at)


def concat(args: list[Term], at: int, scope: Scope) -> Term:
    """Everything as text, one after another."""
    return terms.joined([_needs_text(a) if a.null else a for a in args], at)


def as_text(args: list[Term], at: int, scope: Scope) -> Term:
    """Anything as people write it."""
    return Term(terms.to_text(args[0]).op, STRING, at)


def substr(args: list[Term], at: int, scope: Scope) -> Term:
    """From the start-th character (1 is the first, -1 the last), `length` characters or all that follow."""
    text = _needs_text(args[0])
    start = constant(args[1], "the start", -10_000, 10_000)
    begin = start - 1 if start > 0 else start
    if len(args) < 3:
        return Term(Call("substring", (text.op, Const(begin), Const(None))), STRING, at)
    size = constant(args[2], "the length", 0, 10_000)
    end = begin + size
    stop = Const(None) if begin < 0 <= end else Const(end)
    return Term(Call("substring", (text.op, Const(begin), stop)), STRING, at)


def left(args: list[Term], at: int, scope: Scope) -> Term:
    """The first n characters."""
    size = constant(args[1], "the number of characters", 0, 10_000)
    return Term(Call("substring", (_needs_text(args[0]).op, Const(0), Const(size))), STRING, at)


def right(args: list[Term], at: int, scope: Scope) -> Term:
    """The last n characters."""
    size = constant(args[1], "the number of characters", 1, 10_000)
    return Term(Call("substring", (_needs_text(args[0]).op, Const(-size), Const(None))), STRING, at)


def replace(args: list[Term], at: int, scope: Scope) -> Term:
    """Every occurrence of a constant text by another."""
    old, new = _constant_text(args[1], "what is replaced"), _constant_text(args[2], "the replacement")
    if not old.value:
        raise wrong(args[1], "what is replaced cannot be empty")
    return Term(Call("replace", (_needs_text(args[0]).op, old, new)), STRING, at)


def _search(function: str) -> Compile:
    def compile_(args: list[Term], at: int, scope: Scope) -> Term:
        needle = _constant_text(args[1], "what is looked for")
        return terms.boolean(Call(function, (_needs_text(args[0]).op, needle)), at)

    return compile_


def _pad(function: str) -> Compile:
    def compile_(args: list[Term], at: int, scope: Scope) -> Term:
        width = constant(args[1], "the width", 0, 10_000)
        fill = _constant_text(args[2], "the padding") if len(args) > 2 else Const(" ", "string")
        if len(str(fill.value)) != 1:
            raise wrong(args[2], "the padding is one character")
        return Term(Call(function, (terms.to_text(args[0]).op, Const(width), fill)), STRING, at)

    return compile_


def repeat(args: list[Term], at: int, scope: Scope) -> Term:
    """The text so many times."""
    times = constant(args[1], "how often", 0, 1_000)
    return Term(Call("repeat", (_needs_text(args[0]).op, Const(times))), STRING, at)


def position(args: list[Term], at: int, scope: Scope) -> Term:
    """Where a part begins, from 1; 0 where it does not occur."""
    part = _constant_text(args[1], "what is looked for")
    if not part.value:
        raise wrong(args[1], "what is looked for cannot be empty")
    return whole(Call("position", (_needs_text(args[0]).op, part)), at)


def split(args: list[Term], at: int, scope: Scope) -> Term:
    """The n-th of the parts between separators; null where there are fewer."""
    separator = _constant_text(args[1], "the separator")
    if not separator.value:
        raise wrong(args[1], "the separator cannot be empty")
    number = constant(args[2], "the number of the part", 1, 10_000)
    return Term(Call("split", (_needs_text(args[0]).op, separator, Const(number - 1))), STRING, at)


def _pattern(term: Term) -> Const:
    """A constant regular expression that the engine understands (RE2)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = _constant_text(term, "a pattern")
    try:
        pc.match_substring_regex(pa.array([""]), pattern=str(found.value))
    except pa.ArrowInvalid as error:
        raise wrong(term, f"this is no regular expression: {str(error).removeprefix('Invalid regular expression: ')}") from None
    return found


def matches(args: list[Term], at: int, scope: Scope) -> Term:
    """Whether a regular expression matches somewhere in the text."""
    return terms.boolean(Call("matches", (_needs_text(args[0]).op, _pattern(args[1]))), at)


def regex_replace(args: list[Term], at: int, scope: Scope) -> Term:
    """Every match of a regular expression replaced; \\1 stands for its first group."""
    import pyarrow as pa
    import pyarrow.compute as pc

    pattern, new = _pattern(args[1]), _constant_text(args[2], "the replacement")
    try:
        pc.replace_substring_regex(pa.array([""]), pattern=str(pattern.value), replacement=str(new.value))
    except pa.ArrowInvalid as error:
        raise wrong(args[2], f"this is no replacement: {error}") from None
    return Term(Call("regex_replace", (_needs_text(args[0]).op, pattern, new)), STRING, at)


TEXTS: Final[Mapping[str, Function]] = {
    "lower": Function("lower(text)", "in small letters", 1, 1, _simple("lower")),
    "upper": Function("upper(text)", "in capital letters", 1, 1, _simple("upper")),
    "title": Function("title(text)", "every word begun with a capital", 1, 1, _simple("title")),
    "trim": Function("trim(text)", "without white space at both ends", 1, 1, _simple("trim")),
    "reverse": Function("reverse(text)", "back to front", 1, 1, _simple("reverse")),
    "length": Function("length(text)", "the number of characters", 1, 1, length),
    "concat": Function("concat(a, b, …)", "everything as text, one after another", 1, MANY, concat),
    "text": Function("text(x)", "anything as people write it", 1, 1, as_text),
    "substr": Function("substr(text, start, length)", "part of a text; 1 is the first character, -1 the last", 2, 3, substr),
    "left": Function("left(text, n)", "the first n characters", 2, 2, left),
    "right": Function("right(text, n)", "the last n characters", 2, 2, right),
    "replace": Function("replace(text, old, new)", "every old by new", 3, 3, replace),
    "regex_replace": Function(
        "regex_replace(text, pattern, new)", "every match of a regular expression by new", 3, 3, regex_replace
    ),
    "matches": Function("matches(text, pattern)", "whether a regular expression (RE2) matches a part of it", 2, 2, matches),
    "split": Function("split(text, separator, n)", "the n-th part, from 1; null where there are fewer", 3, 3, split),
    "position": Function("position(text, part)", "where the part begins, from 1; 0 where it does not occur", 2, 2, position),
    "repeat": Function("repeat(text, n)", "the text n times", 2, 2, repeat),
    "contains": Function("contains(text, part)", "whether the part occurs", 2, 2, _search("contains")),
    "starts_with": Function("starts_with(text, part)", "whether it begins so", 2, 2, _search("starts_with")),
    "ends_with": Function("ends_with(text, part)", "whether it ends so", 2, 2, _search("ends_with")),
    "lpad": Function("lpad(x, width, character)", "filled up on the left", 2, 3, _pad("pad_left")),
    "rpad": Function("rpad(x, width, character)", "filled up on the right", 2, 3, _pad("pad_right")),
}
