"""Plug-ins: generators that are not part of MockCraft, registered like its own.

They come from installed packages, whose entry points of the group `mockcraft.generators` name a module, and from the
Python files of a folder (`MOCKCRAFT_GENERATORS_DIR`). A plug-in is one decorated function:

- `each_value`: called once per value with a `random.Random` seeded by (seed, table, column, row); slow, and simple;
- `each_block`: called once per block with a vector of random 64-bit numbers, one a row; fast;
- `generator` (runner.generators): operations only, like our own.

A plug-in takes no name that is already taken, and one that cannot be loaded does not keep the others from working:
`problems()` tells of it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from runner.generators.registry import Generator, Made, Make, Parameter, ParameterError, registered
from runner.ops import Python
from runner.types import Type

GROUP: Final = "mockcraft.generators"
FOLDER: Final = "MOCKCRAFT_GENERATORS_DIR"
_MODULE: Final = "mockcraft_plugins"
_GIVEN: Final = frozenset({"locale"})  # parameters that the function may ask for and that users do not pass
Function = Callable[..., Any]


class Plugin(NamedTuple):
    """A plug-in's function and what it makes."""

    function: Function
    output: Type
    per_block: bool
    takes_locale: bool


class PluginError(ValueError):
    """A plug-in that cannot be used as it is written; the text says which and why."""

    code = "PLUGIN_INVALID"


_FUNCTIONS: dict[str, Plugin] = {}
_problems: list[str] = []


def each_value(name: str, description: str, **about: Any) -> Callable[[Function], Function]:
    """Register `function(random, **parameters)`, which returns one value, as generator `name`.

    `random` is a `random.Random` of the row. `about`: `output` (a type of the schema language, default `string`),
    `parameters`, `aliases`, `keywords`, `category`, `version`. Raises `PluginError`.
    """
    return _registering(name, description, False, **about)


def each_block(name: str, description: str, **about: Any) -> Callable[[Function], Function]:
    """Register `function(bits, **parameters)`, which returns a vector as long as `bits`, as generator `name`.

    `bits` is a NumPy vector of uint64, evenly distributed, that depends on seed, table, column and row alone; the
    result is a NumPy vector, an Arrow array or a list of one value each. `about` as in `each_value`.
    """
    return _registering(name, description, True, **about)


def _registering(
    name: str,
    description: str,
    per_block: bool,
    *,
    output: str = "string",
    category: str = "",
    parameters: tuple[Parameter, ...] = (),
    aliases: tuple[str, ...] = (),
    keywords: tuple[str, ...] = (),
    version: int = 1,
) -> Callable[[Function], Function]:
    kind = _type(name, output)

    def register(function: Function) -> Function:
        taken = _named(name, function)
        if taken - _GIVEN != {p.name for p in parameters}:
            told = ", ".join(sorted(taken - _GIVEN)) or "none"
            raise PluginError(f"plug-in {name}: the function takes {told}, but `parameters` says otherwise")
        _FUNCTIONS[name] = Plugin(function, kind, per_block, "locale" in taken)
        registered()[name] = Generator(
            name, lambda make, **params: _made(name, make, params), description, category or name.partition(".")[0],
            output, parameters, aliases, keywords, version=version, slow=not per_block, module=function.__module__,
        )  # fmt: skip
        return function

    if name in registered():
        raise PluginError(f"plug-in {name}: there is a generator of that name")
    return register


def _type(name: str, output: str) -> Type:
    try:
        return Type.parse(output)
    except ValueError as error:
        raise PluginError(f"plug-in {name}: {error}") from None


def _named(name: str, function: Function) -> set[str]:
    """The names that the function takes after its first parameter."""
    every = list(inspect.signature(function).parameters.values())
    if not every or any(p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL) for p in every):
        raise PluginError(f"plug-in {name}: the function takes its source of chance and then named parameters")
    return {p.name for p in every[1:]}


def _made(name: str, make: Make, params: dict[str, Any]) -> Made:
    if make.unique:
        raise ParameterError(f"{name} is a plug-in and cannot promise distinct values", code="UNIQUE_IMPOSSIBLE")
    plugin = _FUNCTIONS[name]
    text = json.dumps(params, sort_keys=True, default=str)
    return Made(Python(make.key("value"), f"plugin.{name}", make.locale, text, make.at, make.as_of), plugin.output)


def plugin_of(name: str) -> Plugin | None:
    """The plug-in of a canonical name, once loaded."""
    load()
    return _FUNCTIONS.get(name)


def use_folder(folder: Path) -> None:
    """Take plug-ins from a folder, here and in child processes."""
    os.environ[FOLDER] = str(folder.absolute())


def problems() -> tuple[str, ...]:
    """What could not be loaded, a sentence each."""
    load()
    return tuple(_problems)


@lru_cache(maxsize=1)
def load() -> None:
    """Load every plug-in once. Never raises for a bad one: see `problems`."""
    for where, bring in (*_packages(), *_files()):
        before = dict(registered())
        try:
            bring()
            _check_names(before)
        except Exception as error:  # whatever foreign code does
            _forget(before)
            _problems.append(f"{where} could not be loaded: {type(error).__name__}: {error}")


def _packages() -> Iterator[tuple[str, Callable[[], Any]]]:
    found = sorted(importlib.metadata.entry_points(group=GROUP), key=lambda point: point.name)
    for point in found:
        yield f"the plug-in {point.name!r} ({point.value})", point.load


def _files() -> Iterator[tuple[str, Callable[[], Any]]]:
    folder = os.environ.get(FOLDER, "")
    if not folder:
        return
    if not Path(folder).is_dir():
        _problems.append(f"the folder of plug-ins {folder} does not exist")
        return
    for file in sorted(Path(folder).glob("*.py")):
        if not file.name.startswith("_"):
            yield f"the plug-in {file.name}", lambda file=file: _import(file)  # type: ignore[misc]


def _import(file: Path) -> None:
    """Import one file of the folder under a name of its own."""
    name = f"{_MODULE}.{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError("not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def _check_names(before: dict[str, Generator]) -> None:
    """Raise `PluginError` when a new generator's name or alias means something else already."""
    from runner.generators.lookup import taken_by

    for name, generator in registered().items():
        if name in before or generator.module.startswith("runner.generators."):
            continue
        for spelling in (name, *generator.aliases):
            if (owner := taken_by(spelling, name)) is not None:
                raise PluginError(f"the name {spelling} is taken by {owner}")


def _forget(before: dict[str, Generator]) -> None:
    for name in [n for n, g in registered().items() if n not in before and not g.module.startswith("runner.generators.")]:
        del registered()[name]
        _FUNCTIONS.pop(name, None)
