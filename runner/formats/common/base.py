"""The seam between formats and whoever runs them: files, units, errors.

A format says which files it makes; each file is a sequence of *units*, absolute-aligned ranges
of rows whose finished bytes are a pure function of (plan, output, file, unit). Nothing else
decides them: not the engine's block size, the number of workers or where a run was resumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import pyarrow as pa

UNIT_ROWS = 65_536

Piece: TypeAlias = bytes | memoryview | pa.Buffer


class OptionError(ValueError):
    """An option that cannot be taken; the message names the known ones and what may be meant."""

    code = "OPTION_INVALID"

    def __init__(self, option: str, message: str, suggestions: tuple[str, ...] = ()) -> None:
        hint = f" Did you mean {' or '.join(suggestions)}?" if suggestions else ""
        super().__init__(message + hint)
        self.option, self.suggestions = option, suggestions


class UnencodableValue(ValueError):
    """A value that the format has no way to write exactly."""

    code = "UNENCODABLE_VALUE"


class Batches(Protocol):
    """What a format needs of the engine."""

    def batches(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Rows [start, stop) of the written columns, block by block in order."""
        ...


@dataclass(frozen=True, slots=True)
class FileJob:
    """One file to make: rows [start, stop) of a table (None: no rows, say constraints) in units of `unit_rows`.

    `name` is flat and unique among the plan's files of this format; `path` is relative, with `/`.
    """

    name: str
    path: str
    table: str | None
    start: int
    stop: int
    unit_rows: int
    content_type: str

    @property
    def rows(self) -> int:
        """How many rows the file holds."""
        return self.stop - self.start

    def units(self) -> Iterator[tuple[int, int]]:
        """The (start, stop) of each unit, in order; one empty unit when there are no rows."""
        if self.start == self.stop:
            yield self.start, self.stop
        at = self.start
        while at < self.stop:
            end = min((at // self.unit_rows + 1) * self.unit_rows, self.stop)
            yield at, end
            at = end


class Format(Protocol):
    """A format opened for one plan. It can be opened again elsewhere from the same (plan, output)."""

    def files(self) -> tuple[FileJob, ...]:
        """The files in the order in which they are to be made."""
        ...

    def unit(self, file: FileJob, engine: Batches, start: int, stop: int) -> list[Piece]:
        """The finished bytes of the unit [start, stop): header and footer in the first and last, compressed if asked."""
        ...
