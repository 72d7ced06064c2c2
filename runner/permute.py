"""Keyed bijections of [0, n): uniqueness, shuffles and pairs without a set in memory.

Up to 65,536 a table (the stable order of hashes); above, four rounds of a Feistel network on the
grid a x b with a = ceil(sqrt n), b = ceil(n / a), walking again where the answer falls outside
(Black and Rogaway 2002, "Ciphers with arbitrary finite domains").
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import isqrt

import numpy as np

from runner.draws import I64, U64, bits, derive_key, high_word

SMALL = 65_536


def permute(key: int, n: int, x: I64) -> I64:
    """The images of `x` (values in [0, n)) under the bijection of `key`; 1 <= n <= 2^62."""
    if n <= SMALL:
        return _table(key, n)[x]
    y = _rounds(round_keys(key), n, x.view(np.uint64)).view(np.int64)
    outside = np.flatnonzero(y >= n)
    while outside.size:
        again = _rounds(round_keys(key), n, y[outside].view(np.uint64)).view(np.int64)
        y[outside] = again
        outside = outside[again >= n]
    return y


@lru_cache(maxsize=64)
def _table(key: int, n: int) -> I64:
    return np.argsort(bits(key, np.arange(n, dtype=np.int64)), kind="stable")


def _shift(value: U64, by: U64, modulus: int) -> U64:
    """(value + by) mod modulus, both below it."""
    value = value + by
    value -= np.uint64(modulus) * (value >= np.uint64(modulus))
    return value


def permute_within(key: int, n: int, group: I64, x: I64) -> I64:
    """The images of `x` (values in [0, n)) under a bijection of each group's own; 1 <= n <= 2^62.

    Four rounds as above at any n; the key of a round is the bits of its key at the group.
    """
    keys = [bits(k, group) for k in round_keys(key)]
    y = _rounds(keys, n, x.view(np.uint64)).view(np.int64)
    outside = np.flatnonzero(y >= n)
    while outside.size:
        again = _rounds([k[outside] for k in keys], n, y[outside].view(np.uint64)).view(np.int64)
        y[outside] = again
        outside = outside[again >= n]
    return y


def _rounds(keys: Sequence[int | U64], n: int, x: U64) -> U64:
    a = isqrt(n - 1) + 1
    b = -(-n // a)
    left, right = np.divmod(x, np.uint64(b))
    for number, round_key in enumerate(keys):
        if number % 2 == 0:
            left = _shift(left, high_word(bits(round_key, right), a), a)
        else:
            right = _shift(right, high_word(bits(round_key, left), b), b)
    return left * np.uint64(b) + right


@lru_cache(maxsize=256)
def round_keys(key: int) -> tuple[int, int, int, int]:
    """The keys of the four rounds."""
    keys = bits(key, np.arange(4, dtype=np.int64))
    return int(keys[0]), int(keys[1]), int(keys[2]), int(keys[3])


def permute32(key: int, x: I64) -> I64:
    """The bijection of [0, 2^32) of `key`: four Feistel rounds on two 16-bit halves. `x` is taken modulo 2^32."""
    low = np.uint64(0xFFFF)
    left, right = (x.view(np.uint64) >> np.uint64(16)) & low, x.view(np.uint64) & low
    for number, round_key in enumerate(round_keys(key)):
        if number % 2 == 0:
            left = (left + (bits(round_key, right) >> np.uint64(48))) & low
        else:
            right = (right + (bits(round_key, left) >> np.uint64(48))) & low
    return ((left << np.uint64(16)) | right).view(np.int64)


def permute_within_decade(key: int, x: I64) -> I64:
    """A bijection of the whole numbers >= 0 that keeps the number of decimal digits.

    [0, 10) and each [10^d, 10^(d+1)) are permuted in themselves under keys of their own.
    """
    if not x.size:
        return x
    out = np.empty_like(x)
    top = int(x.max())
    low, high, decade = 0, 10, 0
    while low <= top:
        inside = np.flatnonzero((x >= low) & (x < high))
        if inside.size:
            out[inside] = low + permute(derive_key(key, "decade", str(decade)), high - low, x[inside] - low)
        low, high, decade = high, high * 10, decade + 1
    return out
