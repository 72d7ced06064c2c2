"""Byte ranges of RFC 9110, one range a request. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes [start, stop) of `size`; `partial` when a range asked for them."""

    start: int
    stop: int
    size: int
    partial: bool

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.stop - self.start

    @property
    def content_range(self) -> str:
        """The value of the Content-Range header."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def span(header: str, size: int) -> Span | None:
    """The bytes a Range header asks for. None when it lies outside the file (416).

    An absent, malformed or multiple range means the whole file, as the RFC allows.
    """
    found = _RANGE.fullmatch(header.strip().replace(" ", ""))
    if not found or found[1] == found[2] == "" or (found[1] and found[2] and int(found[2]) < int(found[1])):
        return Span(0, size, size, partial=False)
    if not found[1]:
        start, stop = max(size - int(found[2]), 0), size
    else:
        start, stop = int(found[1]), min(int(found[2]) + 1, size) if found[2] else size
    return Span(start, stop, size, partial=True) if start < stop else None


def matches(header: str, etag: str) -> bool:
    """Whether an If-None-Match or If-Match list names this entity tag (weakly compared)."""
    tags = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in tags or etag in tags
