"""The settings file: YAML whose complaints name places and never repeat the text, which may hold secrets."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml


class SettingsError(ValueError):
    """A setting that cannot be taken. The text names the key and where it was set."""


def read_tree(path: Path) -> dict[str, Any]:
    """The settings of a file, by their names; empty for an empty file. Raises `SettingsError`."""
    try:
        tree = _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} cannot be read: byte {error.start:,} is not UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or type(error).__name__}") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path} is not YAML: {_complaint(error)}") from None
    except (ValueError, RecursionError):  # such as the day 2026-99-99
        raise SettingsError(f"{path} is not YAML: it holds a value that cannot be read") from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise SettingsError(f"{path} must hold a mapping of settings")
    if not _named_by_text(tree):
        raise SettingsError(f"{path} must hold a mapping of settings, with names that are text")
    return tree


def _named_by_text(tree: dict[Any, Any]) -> bool:
    return all(isinstance(key, str) and (not isinstance(value, dict) or _named_by_text(value)) for key, value in tree.items())


def _complaint(error: yaml.YAMLError) -> str:
    """Where and of what kind; PyYAML's own words quote what they stumble on."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return "it holds characters that YAML does not allow"
    mark = error.problem_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: {_problem(error)}"


def _problem(error: yaml.MarkedYAMLError) -> str:
    if isinstance(error, _TwiceError):
        return "a key that was given before"
    for kind, said in _PROBLEMS.items():
        if isinstance(error, kind):
            return said
    return "this cannot be read"


class _TwiceError(yaml.constructor.ConstructorError):
    """A key of a mapping stands twice."""


_PROBLEMS: dict[type[yaml.MarkedYAMLError], str] = {
    yaml.scanner.ScannerError: "unexpected characters; mind quotes, colons and indentation",
    yaml.parser.ParserError: "something else is expected here; mind brackets, commas and indentation",
    yaml.composer.ComposerError: "an alias without its anchor, or a second document",
    yaml.constructor.ConstructorError: "a value of a kind that is not taken",
}


class _Loader(yaml.SafeLoader):
    """Refuses keys that stand twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """See `SafeLoader`. Raises `_TwiceError`."""
        seen = set()
        for key, _ in node.value:
            name = (key.tag, key.value) if isinstance(key, yaml.ScalarNode) else None
            if name in seen and name is not None and name[1] != "<<":
                raise _TwiceError(None, None, "twice", key.start_mark)
            seen.add(name)
        return super().construct_mapping(node, deep)
