"""Keys, counter-based bits and bounded draws: the only source of chance in the engine.

Bits of row i under key k are splitmix64 (Steele, Lea, Flood 2014) of k + i * golden. A bounded draw
is the high word of bits x n, so every bound up to 2^63 is drawn evenly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]

GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_C1: Final = np.uint64(0xBF58476D1CE4E5B9)
_C2: Final = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _32 = (np.uint64(n) for n in (30, 27, 31, 32))
_LOW: Final = np.uint64(0xFFFFFFFF)


def derive_key(seed: int, *names: str) -> int:
    """The 64-bit key of a (seed, table, column, purpose, …): BLAKE2b-64 of the length-prefixed names."""
    digest = blake2b(str(seed).encode(), digest_size=8)
    for name in names:
        raw = name.encode()
        digest.update(len(raw).to_bytes(4, "little") + raw)
    key = int.from_bytes(digest.digest(), "little")
    seen = _derived.get()
    if seen is not None:
        seen[key] = seed, names
    return key


_derived: ContextVar[dict[int, tuple[int, tuple[str, ...]]] | None] = ContextVar("derived", default=None)


@contextmanager
def derivations() -> Iterator[Mapping[int, tuple[int, tuple[str, ...]]]]:
    """From which seed and names each key was derived in this context (and thread) meanwhile."""
    seen: dict[int, tuple[int, tuple[str, ...]]] = {}
    token = _derived.set(seen)
    try:
        yield seen
    finally:
        _derived.reset(token)


def bits(key: int | U64, at: I64 | U64) -> U64:
    """64 random bits for each counter in `at` (any shape); one key for all, or one for each."""
    z: U64 = at.astype(np.uint64)
    z *= GOLDEN
    z += key if isinstance(key, np.ndarray) else np.uint64(key)
    z ^= z >> _30
    z *= _C1
    z ^= z >> _27
    z *= _C2
    z ^= z >> _31
    return z


def high_word(x: U64, n: int) -> U64:
    """floor(x * n / 2^64) for 1 <= n <= 2^64: exact 64 x 64 multiplication by halves."""
    if n == 1 << 64:
        return x
    if n <= 0xFFFFFFFF:
        factor = np.uint64(n)
        short: U64 = ((x >> _32) * factor + (((x & _LOW) * factor) >> _32)) >> _32
        return short
    lo, hi = np.uint64(n & 0xFFFFFFFF), np.uint64(n >> 32)
    x_lo, x_hi = x & _LOW, x >> _32
    middle = x_hi * lo + ((x_lo * lo) >> _32)
    product: U64 = x_hi * hi + (middle >> _32) + (((middle & _LOW) + x_lo * hi) >> _32)
    return product


def bounded(key: int, at: I64 | U64, n: int) -> I64:
    """Even draws from [0, n), 1 <= n <= 2^63."""
    return high_word(bits(key, at), n).view(np.int64)


def high_word_each(x: U64, n: U64) -> U64:
    """`high_word` with a bound per element."""
    n_lo, n_hi = n & _LOW, n >> _32
    x_lo, x_hi = x & _LOW, x >> _32
    middle = x_hi * n_lo + ((x_lo * n_lo) >> _32)
    product: U64 = x_hi * n_hi + (middle >> _32) + (((middle & _LOW) + x_lo * n_hi) >> _32)
    return product
