"""Identifiers: sequences, UUIDs, ULIDs and templates."""

from __future__ import annotations

from runner.generators.compose import add, digits, join, modulo, multiply
from runner.generators.patterns import chunks, parse_template, size_of
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Const, Op, Pattern, Uniform, Uuid
from runner.types import BIGINT, STRING
from runner.types import UUID as UUID_TYPE

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@generator(
    "identifier.sequence",
    "The row's number: 1, 2, 3, …",
    output="bigint",
    parameters=(
        Parameter("start", "int", "The first value", 1, minimum=-(2**62), maximum=2**62),
        Parameter("step", "int", "What each next one is larger by (smaller when negative)", 1, minimum=-(2**31), maximum=2**31),
        Parameter("wrap", "int", "After so many values it begins anew", minimum=1, maximum=2**62),
        Parameter("prefix", "string", "Text before the number; makes the column text"),
        Parameter("suffix", "string", "Text after the number; makes the column text"),
        Parameter("width", "int", "Digits, with leading zeros; makes the column text", minimum=1, maximum=18),
    ),
    keywords=("autoincrement", "serial", "counter", "padding"),
)
def sequence(
    make: Make, start: int, step: int, wrap: int | None, prefix: str | None, suffix: str | None, width: int | None
) -> Made:
    """start + row * step; with `wrap`, start + row mod wrap * step."""
    if step == 0 and make.unique:
        raise ParameterError("a `step` of 0 gives the same value on every row", "step", code="UNIQUE_IMPOSSIBLE")
    if wrap is not None:
        make.require(wrap)
    unique = step != 0 and (wrap is None or make.rows <= wrap)
    value: Op = add(multiply(make.at if wrap is None else modulo(make.at, wrap), step), start)
    if prefix is None and suffix is None and width is None:
        return Made(value, BIGINT, wrap, unique=unique)
    if start < 0 or step < 0:
        raise ParameterError("`prefix`, `suffix` and `width` need numbers from 0 up", "start" if start < 0 else "step")
    return Made(join(prefix or "", digits(value, width or 1), suffix or ""), STRING, wrap, unique=unique)


@generator("identifier.uuid", "A random UUID (RFC 9562 version 4)", output="uuid", keywords=("guid", "unique id"))
def uuid(make: Make) -> Made:
    """122 random bits."""
    return Made(Uuid(make.key("uuid"), make.at), UUID_TYPE, None, unique=True)


@generator(
    "identifier.ulid", "A ULID whose time rises with the row, one millisecond each, ending at `as_of`", keywords=("sortable id",)
)
def ulid(make: Make) -> Made:
    """26 characters of Crockford's base 32: 48 bits of milliseconds and 80 random bits (github.com/ulid/spec)."""
    time = Pattern((_CROCKFORD[:8], *[_CROCKFORD] * 9), add(make.at, make.as_of * 1000 - make.rows))
    halves = [Pattern((_CROCKFORD,) * 8, Uniform(make.key(part), 0, 32**8 - 1, make.at)) for part in ("high", "low")]
    return Made(join(time, *halves), STRING, None, unique=True)


@generator(
    "identifier.pattern",
    "Text by a template: # a digit, ? a letter, * a letter or digit",
    parameters=(
        Parameter(
            "template",
            "string",
            "# digit, % digit 1-9, ? capital letter, ^ small letter, * capital letter or digit, "
            "& hexadecimal digit, \\ takes the next character as it is",
            "???-####",
        ),
        Parameter("alphabet", "string", "The characters that ? stands for"),
    ),
    keywords=("template", "mask", "bothify", "code"),
)
def pattern(make: Make, template: str, alphabet: str | None) -> Made:
    """Every position drawn evenly; distinct when unique."""
    alphabets = parse_template(template, alphabet)
    size = size_of(alphabets)
    if make.unique and size < make.rows:
        make.index(size)  # raises with the number
    return Made(drawn_pattern(make, alphabets), STRING, size, unique=make.unique)


def drawn_pattern(make: Make, alphabets: tuple[str, ...]) -> Op:
    """A text whose positions are drawn from their alphabets; distinct when the column is unique.

    Long texts are several patterns; for unique ones the last, which alone exceeds any row count, is permuted.
    """
    pieces = chunks(alphabets)
    parts: list[str | Op] = []
    for number, piece in enumerate(pieces):
        size = size_of(piece)
        last = number == len(pieces) - 1
        index = make.index(size) if last else Uniform(make.key(f"part{number}"), 0, size - 1, make.at)
        parts.append(Pattern(piece, index if size > 1 else Const(0)))
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Op) else join(*parts)
