"""Running text: words of a pool up to a number of characters, a cacheful of rows at a time.

A row's words are choices from few texts (a word in the middle, after a full stop, at the very beginning), and a
single `take` copies every byte of many rows once into its place.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from runner.draws import I64, U64, bits, derive_key
from runner.pools import pool
from runner.vectors import Array

I32 = npt.NDArray[np.int32]
_CELLS = 1 << 16  # words looked at in one step
_AHEAD = 1 << 12
_SHORTEST, _SPREAD = 5, 5  # a sentence has 5 to 9 words
_LOW, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)


class Lexicon(NamedTuple):
    """A pool's words as texts: `size` at the very beginning, `size` after a full stop, `size` elsewhere, and the stop."""

    size: int
    texts: Array
    lengths: I32  # characters of each
    stop: int  # characters of the stop

    def most(self, limits: I64) -> I64:
        """Words that are enough for texts of so many characters, nearly always; a text has no more."""
        return limits * (self.size * 9) // (int(self.lengths[2 * self.size : -1].sum()) * 8) + 4


@lru_cache(maxsize=64)
def lexicon(name: str, stop: str, gap: str) -> Lexicon:
    """The words of a pool, whose entry 0 is empty; `gap` is what stands between a stop and the next sentence."""
    first, after = (pool(name).field(field).slice(1) for field in ("capital", "after"))
    later = pc.binary_join_element_wise(stop + gap, first, "")
    texts = pa.concat_arrays([first, later, after, pa.array([stop])])
    return Lexicon(len(after), texts, pc.utf8_length(texts).to_numpy().astype(np.int32), len(stop))


def _keys(key: int, purpose: str, n: int) -> U64:
    return _many_keys(key, purpose, 1 << n.bit_length())[:n]


@lru_cache(maxsize=256)
def _many_keys(key: int, purpose: str, n: int) -> U64:
    return np.array([derive_key(key, purpose, str(k)) for k in range(n)], dtype=np.uint64)


def prose(key: int, at: I64, name: str, stop: str, gap: str, limits: I64) -> Array:
    """Texts of at most `limits` characters each (below 2^16): as many words as fit with the stop, or the beginning of one word.

    Word k is entry 1 + floor(h * size / 2^32) of the pool, h the low (even k) or high half of 64 bits of key
    (`word`, k // 2); sentence s has 5 + floor(h * 5 / 2^16) words, h the sixteen bits s mod 4 of key (`sentence`, s // 4).
    """
    words = lexicon(name, stop, gap)
    most = words.most(limits)
    order = np.argsort(limits.astype(np.uint16), kind="stable")  # rows of like lengths together
    parts, i = [], 0
    while i < len(at):
        step = max(1, _CELLS // int(most[order[min(i + _AHEAD, len(at) - 1)]]))
        rows = order[i : i + step]
        parts.append(_texts(key, at[rows], words, limits[rows], most[rows]))
        i += step
    place = np.empty(len(at), np.int64)
    place[order] = np.arange(len(at))
    return pa.concat_arrays(parts).take(pa.array(place)) if parts else pa.array([], pa.string())


def paragraphs(key: int, at: I64, name: str, stop: str, gap: str, sentences: int) -> Array:
    """Texts of so many whole sentences each; words and sentences are those of `prose`."""
    words = lexicon(name, stop, gap)
    most = (_SHORTEST + _SPREAD - 1) * sentences
    step = max(1, _CELLS // most)
    parts = []
    for i in range(0, len(at), step):
        rows = at[i : i + step]
        counts = _ends(key, rows, sentences)[:, -1].astype(np.int32)
        parts.append(_closed(words, _chosen(key, rows, words, most), counts))
    return pa.concat_arrays(parts) if parts else pa.array([], pa.string())


def _texts(key: int, at: I64, words: Lexicon, limits: I64, most: I64) -> Array:
    chosen = _chosen(key, at, words, int(most.max()))
    reach = words.lengths.take(chosen).cumsum(axis=1, dtype=np.int32)
    counts = (reach <= (limits - words.stop)[:, None]).sum(axis=1, dtype=np.int32)
    counts = np.minimum(counts, most.astype(np.int32))
    return _replaced(_closed(words, chosen, counts), counts == 0, words.texts.take(pa.array(chosen[:, 0])), limits)


def _closed(words: Lexicon, chosen: I32, counts: I32) -> Array:
    """The first words of each row, so many, and a full stop."""
    most = chosen.shape[1]
    pieces = np.empty((len(counts), most + 1), np.int32)
    pieces[:, :most] = chosen
    np.put_along_axis(pieces, counts[:, None], 3 * words.size, axis=1)
    kept = np.arange(most + 1, dtype=np.int32) <= counts[:, None]
    return _rows(words.texts.take(pa.array(pieces[kept])), counts + 1)


def _chosen(key: int, at: I64, words: Lexicon, most: int) -> I32:
    """Which text stands at each place, before anything is cut: (rows, most)."""
    halves = (most + 1) // 2
    drawn = bits(_keys(key, "word", halves), np.broadcast_to(at[:, None], (len(at), halves)))
    chosen = np.empty((len(at), most), np.int32)
    chosen[:, ::2] = ((drawn & _LOW) * np.uint64(words.size)) >> _32
    chosen[:, 1::2] = (((drawn >> _32) * np.uint64(words.size)) >> _32)[:, : most // 2]
    chosen[:, 1:] += 2 * words.size
    chosen.reshape(-1)[_begins(key, at, most)] -= words.size
    return chosen


def _begins(key: int, at: I64, most: int) -> I64:
    """The places, counted through all rows, where a sentence begins that is not the first."""
    starts = _ends(key, at, most // _SHORTEST + 1)
    inside = starts < most
    starts += np.arange(len(at))[:, None] * most
    found: I64 = starts[inside]
    return found


def _ends(key: int, at: I64, sentences: int) -> I64:
    """How many words there are up to the end of each of the first sentences: (rows, sentences)."""
    quarters = -(-sentences // 4)
    drawn = bits(_keys(key, "sentence", quarters), np.broadcast_to(at[:, None], (len(at), quarters)))
    sixteen = drawn.view(np.uint16).reshape(len(at), -1)[:, :sentences].astype(np.int64)
    found: I64 = (_SHORTEST + (sixteen * _SPREAD >> 16)).cumsum(axis=1)
    return found


def _rows(pieces: Array, counts: I32) -> Array:
    """Texts of so many pieces each, one after another."""
    _, offsets, data = pieces.buffers()
    ends = np.concatenate([[0], counts.cumsum()])
    at = np.frombuffer(offsets, np.int32, len(pieces) + 1)[ends]
    return pa.Array.from_buffers(pa.string(), len(counts), [None, pa.py_buffer(at.copy()), data])


def _replaced(made: Array, short: npt.NDArray[np.bool_], first: Array, limits: I64) -> Array:
    """Where no word fits, the beginning of one."""
    for limit in np.unique(limits[short]):
        mask = pa.array(short & (limits == limit))
        made = pc.if_else(mask, pc.utf8_slice_codeunits(first, start=0, stop=int(limit)), made)
    return made
