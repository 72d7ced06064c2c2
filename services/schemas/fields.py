"""Fields of JSON objects, read one by one: what is wrong becomes a finding with its JSON pointer, never an exception."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from runner.schema.findings import did_you_mean
from services.schemas.drawing import Finding

INVALID: Final = "VALIDATION_ERROR"
MISSING: Final = "MISSING_REQUIRED_FIELD"
MAX_FINDINGS: Final = 500
MAX_DEPTH: Final = 12
"""Levels of a generator's own parameters."""
MAX_PARTS: Final = 2_000
"""Values within one generator."""
LARGEST: Final = 1e300
"""What numbers of generators are at most: all JSON readers have it."""
_WORD: Final = 40
_KINDS: Final = (
    (bool, "a boolean"), (str, "a text"), (int | float, "a number"), (Mapping, "an object"), (Sequence, "a list"),
)  # fmt: skip


class Notes:
    """The findings of one reading, at most `MAX_FINDINGS`."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}

    def add(self, pointer: str, code: str, message: str, suggestion: str = "") -> None:
        """One more thing found."""
        if len(self._found) < MAX_FINDINGS:
            self._found[Finding(pointer, code, message, suggestion)] = None

    @property
    def full(self) -> bool:
        """Whether no more are kept, so that looking for more is vain."""
        return len(self._found) >= MAX_FINDINGS

    @property
    def found(self) -> tuple[Finding, ...]:
        """All of them, in the order they were found."""
        return tuple(self._found)


class Object:
    """A JSON object at a pointer. Null is the same as left out; what is no object reads as an empty one, with a finding."""

    def __init__(self, value: Any, pointer: str, notes: Notes, known: Iterable[str]) -> None:
        self.pointer, self.notes = pointer, notes
        self.whole = isinstance(value, Mapping)
        self._values: Mapping[Any, Any] = value if isinstance(value, Mapping) else {}
        if not self.whole:
            notes.add(pointer, INVALID, f"this must be an object, not {described(value)}")
        self._refuse_unknown(tuple(known))

    def _refuse_unknown(self, known: tuple[str, ...]) -> None:
        for key in self._values:
            if self.notes.full:
                return
            if key not in known:
                name, shown = str(key), short(str(key))
                self.notes.add(self.at(name), INVALID, f"there is no field {shown!r} here", did_you_mean(name, known))

    def at(self, key: str) -> str:
        """The pointer of a field."""
        return step(self.pointer, key)

    def has(self, key: str) -> bool:
        """Whether a field is there, and not null."""
        return self._values.get(key) is not None

    def raw(self, key: str) -> Any:
        """A field's value as it came."""
        return self._values.get(key)

    def text(self, key: str, limit: int, default: str = "") -> str:
        """A text of at most so many characters; `default` where it is left out or wrong."""
        return text(self._values[key], self.at(key), limit, self.notes) or "" if self.has(key) else default

    def needed(self, key: str, limit: int) -> str:
        """A text that must be there and not be empty."""
        if not self.has(key):
            if self.whole:
                self.notes.add(self.at(key), MISSING, f"{key} is missing")
            return ""
        found = text(self._values[key], self.at(key), limit, self.notes)
        if found == "":
            self.notes.add(self.at(key), MISSING, f"{key} is empty")
        return found or ""

    def flag(self, key: str, default: bool = False) -> bool:
        """true or false."""
        value = self._values.get(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        hint = str(value).lower() if str(value).lower() in ("true", "false") else ""
        self.notes.add(self.at(key), INVALID, f"{key} must be true or false, not {described(value)}", hint)
        return default

    def whole_number(self, key: str, largest: int) -> int | None:
        """A whole number from 0, None where it is left out or wrong."""
        value = self._values.get(key)
        if value is None:
            return None
        number = None if isinstance(value, bool) or not isinstance(value, int | float) else value
        if number is None or not 0 <= number <= largest or number != int(number):
            message = f"{key} must be a whole number from 0 to {largest:,}, not {described(value)}"
            hint = value.strip() if isinstance(value, str) and value.strip().isdecimal() else ""
            self.notes.add(self.at(key), INVALID, message, hint)
            return None
        return int(number)

    def number(self, key: str) -> float:
        """A finite number, 0 where it is left out or wrong."""
        value = self._values.get(key, 0)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e15):
            return float(value or 0)
        self.notes.add(self.at(key), INVALID, f"{key} must be a number, not {described(value)}")
        return 0.0

    def many(self, key: str, most: int) -> Sequence[Any]:
        """A list of at most so many items, empty where it is left out or wrong."""
        value = self._values.get(key)
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self.notes.add(self.at(key), INVALID, f"{key} must be a list, not {described(value)}")
            return ()
        if len(value) > most:
            self.notes.add(self.at(key), INVALID, f"{key} has {len(value):,} items; no more than {most:,} are taken")
        return value[:most]

    def texts(self, key: str, most: int, limit: int) -> tuple[str, ...]:
        """A list of texts; those that are none are left out."""
        pointer = self.at(key)
        found = (text(item, step(pointer, n), limit, self.notes) for n, item in enumerate(self.many(key, most)))
        return tuple(item for item in found if item is not None)


def text(value: Any, pointer: str, limit: int, notes: Notes) -> str | None:
    """A text that every database can hold, None with a finding where it is none."""
    if not isinstance(value, str):
        notes.add(pointer, INVALID, f"this must be a text, not {described(value)}")
        return None
    if len(value) > limit:
        notes.add(pointer, INVALID, f"this text has {len(value):,} characters; no more than {limit:,} are taken")
        return value[:limit] if writable(value[:limit]) else None
    if not writable(value):
        notes.add(pointer, INVALID, "this text holds a NUL or half a character, which no database can hold")
        return None
    return value


def plain(value: Any, pointer: str, notes: Notes, limit: int) -> bool:
    """Whether a value is JSON of a modest depth and size, such as a generator's parameters."""
    stack, parts = [(value, pointer, 0)], 0
    while stack:
        item, here, depth = stack.pop()
        parts += 1
        if depth > MAX_DEPTH or parts > MAX_PARTS:
            notes.add(pointer, INVALID, f"this nests deeper than {MAX_DEPTH} levels or holds more than {MAX_PARTS:,} values")
            return False
        if isinstance(item, Mapping):
            if not all(text(key, here, limit, notes) is not None for key in item):
                return False
            stack += [(inner, step(here, key), depth + 1) for key, inner in item.items()]
        elif isinstance(item, list | tuple):
            stack += [(inner, step(here, n), depth + 1) for n, inner in enumerate(item)]
        elif not _scalar(item, here, notes, limit):
            return False
    return True


def _scalar(value: Any, pointer: str, notes: Notes, limit: int) -> bool:
    if isinstance(value, str):
        return text(value, pointer, limit, notes) is not None
    if value is None or isinstance(value, bool) or (isinstance(value, int | float) and abs(value) <= LARGEST):
        return True
    notes.add(pointer, INVALID, f"this must be a JSON value, not {described(value)}")
    return False


def step(pointer: str, key: str | int) -> str:
    """A pointer one step further (RFC 6901)."""
    name = str(key) if isinstance(key, int) else shown(short(key, 200)).replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{name}"


def described(value: Any) -> str:
    """What a value is, for messages."""
    if value is None:
        return "null"
    kind = next((word for of, word in _KINDS if isinstance(value, of)), type(value).__name__)
    if isinstance(value, int) and value.bit_length() > 128:
        return "a huge number"
    return f"{kind} ({short(shown(str(value)))})" if isinstance(value, str | int | float) else kind


def short(value: str, limit: int = _WORD) -> str:
    """At most so many characters of a text."""
    return value if len(value) <= limit else value[: limit - 1] + "…"


def shown(value: str) -> str:
    """A text without what cannot be written out."""
    return value if writable(value) else value.encode("unicode_escape").decode()


def writable(value: str) -> bool:
    """Whether a text is without NUL and lone surrogates."""
    return "\x00" not in value and (value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value))
