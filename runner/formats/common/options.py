"""Options of formats: declared as data, checked in one place, with did-you-mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rapidfuzz import process

from runner.formats.common.base import OptionError

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a format. `low` and `high` bound whole numbers; `choices` bound words; `""` takes any text."""

    name: str
    kind: Literal["bool", "int", "text"]
    default: bool | int | str
    help: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()

    def read(self, value: Any) -> bool | int | str:
        """The value as the option's kind; words such as `"true"` and `"500"` count. Raises `OptionError`."""
        if self.kind == "bool":
            return self._bool(value)
        if self.kind == "int":
            return self._int(value)
        if not isinstance(value, str):
            raise OptionError(self.name, f"{self.name} must be text, not {value!r}.")
        return one_of(self.name, value, self.choices) if self.choices else value

    def _bool(self, value: Any) -> bool:
        if isinstance(value, str) and value.lower() in _WORDS:
            return _WORDS[value.lower()]
        if not isinstance(value, bool):
            raise OptionError(self.name, f"{self.name} must be true or false, not {value!r}.")
        return value

    def _int(self, value: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not self.low <= value <= self.high:
            raise OptionError(self.name, f"{self.name} must be a whole number from {self.low} to {self.high}, not {value!r}.")
        return value


FILE_NAME = Option("file_name", "text", "", "Name of the file without extension; for a schema of one table.")


def nearest(word: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The known word that `word` may be meant to be, if any."""
    found = process.extractOne(word.lower(), known, score_cutoff=60)
    return (str(found[0]),) if found else ()


def one_of(option: str, value: str, known: tuple[str, ...]) -> str:
    """`value` in lower case if it is known. Raises `OptionError`."""
    folded = value.lower()
    if folded not in known:
        raise OptionError(option, f"{value!r} is not a known {option}; known are {', '.join(known)}.", nearest(folded, known))
    return folded


def read_options(given: Mapping[str, Any], known: tuple[Option, ...]) -> dict[str, Any]:
    """Every known option with the given or the default value; null means the default. Raises `OptionError`."""
    by_name = {o.name: o for o in known}
    values: dict[str, Any] = {o.name: o.default for o in known}
    for name, value in given.items():
        one_of("option", name, tuple(by_name))
        if value is not None:
            values[name.lower()] = by_name[name.lower()].read(value)
    return values
