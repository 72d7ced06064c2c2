"""Which files were fetched whole: in one go, or piece after piece."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

REMEMBERED: Final = 4096
"""Downloads under way that are remembered; a forgotten one counts when it is begun anew."""


class Downloads:
    """How far each file was fetched without a gap. Pieces that come in another order do not count."""

    def __init__(self) -> None:
        self._ends: OrderedDict[str, int] = OrderedDict()

    def whole(self, file: str, offset: int, limit: int, size: int) -> bool:
        """Whether that piece, of at most `limit` bytes from `offset`, was the last that was missing of `size` bytes."""
        end = self._ends.pop(file, 0)
        if offset <= end:
            end = max(end, offset + limit)
        if end >= size:
            return True
        if end:
            self._ends[file] = end
        if len(self._ends) > REMEMBERED:
            self._ends.popitem(last=False)
        return False
