"""Output formats. The folder is the registry: each module here is a format of its name (packages are helpers).

A format module has `OPTIONS`, a tuple of `Option`, and `create(plan, output)`, which makes a `Format`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, cast

from runner.formats.common.base import FileJob, Format, OptionError, UnencodableValue
from runner.formats.common.options import Option, one_of

if TYPE_CHECKING:
    from runner.plan import Plan
    from runner.spec import Output

__all__ = ["FileJob", "Format", "OptionError", "UnencodableValue", "format_names", "format_options", "open_format"]


@cache
def format_names() -> tuple[str, ...]:
    """The known formats in alphabetical order."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.ispkg))


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{one_of('format', name, format_names())}")


def format_options(name: str) -> tuple[Option, ...]:
    """The options of a format. Raises `OptionError` for an unknown format."""
    return cast("tuple[Option, ...]", _module(name).OPTIONS)


def open_format(plan: Plan, output: Output) -> Format:
    """The format of `output` for the plan. Raises `OptionError` for an unknown format, dialect or option."""
    return cast("Format", _module(output.format).create(plan, output))
