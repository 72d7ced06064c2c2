"""Compression of a unit of text: one zstd frame or one gzip member, so that units can be joined as files.

Readers must read all frames. The bytes are a function of the input and of the pinned pyarrow,
which carries its own zstd and zlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

import pyarrow as pa

from runner.formats.common.base import Piece

Compression = Literal["none", "gzip", "zstd"]
SUFFIX: dict[Compression, str] = {"none": "", "gzip": ".gz", "zstd": ".zst"}
CONTENT_TYPE: dict[Compression, str] = {"none": "", "gzip": "application/gzip", "zstd": "application/zstd"}
_LEVEL = {"gzip": 1, "zstd": 1}


@cache
def _codec(name: str) -> pa.Codec:
    return pa.Codec(name, compression_level=_LEVEL[name])


def compress(pieces: Sequence[Piece], compression: Compression) -> list[Piece]:
    """The pieces as they are, or as one frame. No time and no file name is stored."""
    if compression == "none":
        return list(pieces)
    whole = pieces[0] if len(pieces) == 1 else b"".join(memoryview(p) for p in pieces)
    return [_codec(compression).compress(whole)]
