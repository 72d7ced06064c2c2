"""`mockcraft generate`: values of one generator, with a parser of its own that knows no fixed set of options.

Every `--<name>=value` that is not ours is a parameter of the generator. Keep the imports light:
a test lists what must not be loaded.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from cli.failure import did_you_mean, say, usage

ValueFormat = Literal["text", "json", "csv"]
FORMATS: tuple[ValueFormat, ...] = ("text", "json", "csv")
OWN = frozenset({"count", "seed", "locale", "format", "param"})
MAX_COUNT = 1_000_000


@dataclass(frozen=True)
class Request:
    """What to generate. `seed` None: fresh values on every call."""

    type: str
    count: int = 1
    seed: int | None = None
    locale: str = "en_US"
    format: ValueFormat = "text"
    params: dict[str, str] = field(default_factory=dict)


def run(args: Sequence[str]) -> int:
    """Parse, generate, print. Returns the exit status."""
    return answer(parse(args))


def answer(request: Request) -> int:
    """Generate what `request` asks for and print it."""
    from runner.generators.registry import ParameterError

    try:
        name, values = _values(request)
    except LookupError as error:
        from runner.plugins import problems

        for problem in problems():
            say(f"mockcraft: {problem}")
        raise usage(
            f"there is no generator '{request.type}'{getattr(error, 'reason', '')}",
            did_you_mean(*getattr(error, "suggestions", ())) or "`mockcraft generators` lists them all",
            "GENERATOR_NOT_FOUND",
        ) from error
    except ParameterError as error:
        hint = did_you_mean(error.suggestion) or f"`mockcraft describe {request.type}` lists the parameters"
        raise usage(str(error), hint, error.code) from error
    sys.stdout.write(render(name, values, request))
    return 0


def _values(request: Request) -> tuple[str, list[Any]]:
    gc.disable()  # the imports below make no garbage; looking for it takes a tenth of the time
    try:
        from runner.values import generate_values

        today, exact = datetime.now(UTC).date(), request.format != "json"
        generator, values = generate_values(
            request.type, request.count, request.seed, request.locale, request.params, today=today, exact=exact
        )
    finally:
        gc.enable()
    return generator.name, values


def parse(args: Sequence[str]) -> Request:
    """Read the arguments after `generate`. Raises `CommandError` (usage)."""
    types: list[str] = []
    options: dict[str, str] = {}
    params: dict[str, str] = {}
    for name, value in _tokens(args):
        if not name:
            types.append(value or "")
        elif name in OWN and value is None:
            raise usage(f"--{name} wants a value")
        elif name == "param":
            params.update([_assignment(value or "")])
        elif name in OWN:
            options[name] = value or ""
        else:
            params[name.replace("-", "_")] = "true" if value is None else value
    return _request(types, options, params)


def _tokens(args: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Pairs of an option's name and its value (None for a switch); bare words have no name.

    `--name value` is read as `--name=value` unless another option follows.
    """
    words = deque(args)
    while words:
        word = words.popleft()
        if word.startswith("-n") and word[2:].removeprefix("=").isdigit():
            word = f"--count={word[2:].removeprefix('=')}"
        word = "--count" if word == "-n" else word
        if not word.startswith("--"):
            yield "", word
            continue
        name, equals, value = word[2:].partition("=")
        if equals or not words or words[0].startswith("--"):
            yield name, value if equals else None
        else:
            yield name, words.popleft()


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise usage(f"--param wants NAME=VALUE, not '{text}'")
    return name, value


def _request(types: list[str], options: dict[str, str], params: dict[str, str]) -> Request:
    if not types:
        hint = "mockcraft generate TYPE [--count N] [--seed S] [--locale L] [--format text|json|csv] [--<param>=VALUE]"
        raise usage("say which generator, before its parameters", hint)
    if len(types) > 1:
        hint = f'a name of several words wants quotes: mockcraft generate "{" ".join(types)}"'
        raise usage(f"one generator at a time, not {len(types)}", hint)
    format_ = options.get("format", "text")
    if format_ not in FORMATS:
        raise usage(f"--format is one of {', '.join(FORMATS)}, not '{format_}'")
    count = _whole("count", options.get("count", "1"))
    if not 1 <= count <= MAX_COUNT:
        raise usage(f"--count is 1 to {MAX_COUNT:,}, not {count:,}")
    seed = _whole("seed", options["seed"]) if "seed" in options else None
    if seed is not None and not -(2**63) <= seed < 2**63:
        raise usage(f"seed {seed} does not fit in 64 bits", code="NUMBER_INVALID")
    return Request(types[0], count, seed, options.get("locale", "en_US"), format_, params)


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise usage(f"--{name} wants a whole number, not '{text}'") from None


def render(name: str, values: list[Any], request: Request) -> str:
    """The values as text (one a line), JSON (as `GET /api/generate/{type}` answers) or CSV with a header."""
    if request.format == "json":
        import json

        answer = {"type": name, "value": values[0]} if request.count == 1 else {"type": name, "values": values}
        return json.dumps(answer, ensure_ascii=False) + "\n"
    lines = [as_text(value) for value in values]
    if request.format == "csv":
        lines = [_quoted(line) for line in (name.rpartition(".")[2], *lines)]
    return "\n".join(lines) + "\n"


def as_text(value: Any) -> str:
    """One value as people write it; documents as JSON, null as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        import json

        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _quoted(text: str) -> str:
    """A CSV field (RFC 4180)."""
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text
