"""The settings file: YAML whose complaints name places and never repeat the text, which may hold secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

_TEXT, _MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"


class SettingsError(ValueError):
    """Settings that cannot be taken. Each complaint names the key and where it was set; the text holds all of them."""

    def __init__(self, *complaints: str) -> None:
        head = () if len(complaints) == 1 else (f"{len(complaints)} things are wrong with the settings:",)
        super().__init__("\n  ".join((*head, *complaints)))


@dataclass(frozen=True)
class SettingsFile:
    """What a file sets, where each name of it stands (`auth.api_keys: "line 3, column 5"`), and what is wrong with its names."""

    path: Path
    tree: Mapping[str, Any]
    places: Mapping[str, str]
    complaints: tuple[str, ...] = ()

    def source(self, key: str = "") -> str:
        """`file server.yaml, line 3, column 5` for a dotted key; without its place where that is not known."""
        while key and key not in self.places:
            key = key.rpartition(".")[0]
        return f"file {self.path}" + (f", {self.places[key]}" if key else "")


def read_file(path: Path) -> SettingsFile:
    """A settings file; nothing is set by an empty one. Raises `SettingsError` for one that is no mapping in YAML."""
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        if node is None:
            return SettingsFile(path, {}, {})
        names = list(_names(node))
        tree = loader.construct_document(node)
        if not isinstance(tree, dict):
            raise SettingsError(f"{path} must hold a mapping of settings")
        tree = _named_by_text(tree)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} cannot be read: byte {error.start:,} is not UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or type(error).__name__}") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not YAML: {_complaint(error)}") from None
    except SettingsError:
        raise
    except (ValueError, RecursionError):  # such as the day 2026-99-99
        raise SettingsError(f"{path} is not YAML: it holds a value that cannot be read") from None
    wrong = tuple(f"{name.wrong} (in file {path}, {name.place})" for name in names if name.wrong)
    return SettingsFile(path, tree, {name.key: name.place for name in names if name.key}, wrong)


@dataclass(frozen=True)
class _Name:
    """A name in the file as a dotted key, its place, and what is wrong with it."""

    key: str
    place: str
    wrong: str = ""


def _names(node: yaml.Node, prefix: str = "") -> Iterator[_Name]:
    """Every name below a node; items of lists count as names `0`, `1` …."""
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield _Name(f"{prefix}{number}", _place(item.start_mark))
        return
    seen = set()
    for name, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if name.tag == _MERGE:
            for merged in value.value if isinstance(value, yaml.SequenceNode) else (value,):
                yield from _names(merged, prefix)
        elif name.tag != _TEXT:
            yield _Name(
                "", _place(name.start_mark), f"the names in {prefix.rstrip('.') or 'the file'} must be names that are text"
            )
        else:
            key = prefix + name.value
            yield _Name(key, _place(name.start_mark), f"{key}: a key that was given before" if key in seen else "")
            seen.add(key)
            yield from _names(value, f"{key}.")


def _place(mark: yaml.Mark) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _named_by_text(tree: Mapping[Any, Any]) -> dict[str, Any]:
    """The tree without names that are no text."""
    return {
        key: _named_by_text(value) if isinstance(value, dict) else value for key, value in tree.items() if isinstance(key, str)
    }


def _complaint(error: yaml.YAMLError) -> str:
    """Where and of what kind; PyYAML's own words quote what they stumble on."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return "it holds characters that YAML does not allow"
    said = next((said for kind, said in _PROBLEMS.items() if isinstance(error, kind)), "this cannot be read")
    return f"{_place(error.problem_mark)}: {said}"


_PROBLEMS: Final[dict[type[yaml.MarkedYAMLError], str]] = {
    yaml.scanner.ScannerError: "unexpected characters; mind quotes, colons and indentation",
    yaml.parser.ParserError: "something else is expected here; mind brackets, commas and indentation",
    yaml.composer.ComposerError: "an alias without its anchor, or a second document",
    yaml.constructor.ConstructorError: "a value of a kind that is not taken",
}
