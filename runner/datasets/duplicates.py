"""Records that say what another says: exact ones by hashes of normalised text, near ones by MinHash.

A record is an exact duplicate when its question or its whole text is another's but for case, punctuation and spacing;
a near one when the share of common 5-character pieces, as 128 MinHash values estimate it (standard error at most 0.044),
reaches the threshold. Candidates come from an LSH index whose bands miss at most 1 % at the threshold. The verdict
depends on the records accepted before alone. Memory: about 2 KiB a record.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from rensa import RMinHash, RMinHashLSH

PERMUTATIONS: Final = 128
_SEED: Final = 1
_PIECE: Final = 5
_LONGEST: Final = 20_000
_MISSED: Final = 0.01
_NOISE: Final = re.compile(r"[\s_.,;:!?…\"'’‘“”«»()\[\]]+")  # not + or #, which tell C, C++ and C# apart
Duplicate = Literal["", "exact_duplicate", "near_duplicate"]


class Duplicates:
    """The accepted records of a job, as far as others are compared with them."""

    def __init__(self, threshold: float) -> None:
        """`threshold` 0.3..1: the share from which records are near-duplicates; at 1 only exact ones are looked for."""
        self._threshold = threshold
        self._near = threshold < 1
        self._seen: set[bytes] = set()
        self._index = RMinHashLSH(threshold, PERMUTATIONS, bands(threshold))
        self._signatures = np.zeros((1024, PERMUTATIONS), dtype=np.uint32)
        self._count = 0

    def add(self, lead: str, body: str) -> Duplicate:
        """Take a record in, unless it is a duplicate of one that is in; says which.

        `lead` is its question, `body` its whole text.
        """
        marks = {_mark(b"lead", lead), _mark(b"body", body)}
        if marks & self._seen:
            return "exact_duplicate"
        if self._near and self._is_near(body):
            return "near_duplicate"
        self._seen |= marks
        return ""

    def _is_near(self, body: str) -> bool:
        sketch = RMinHash(PERMUTATIONS, _SEED)
        sketch.update(pieces(body))
        signature = np.array(sketch.digest(), dtype=np.uint32)
        candidates = self._index.query(sketch)
        if candidates:
            equal = (self._signatures[np.array(candidates, dtype=np.int64)] == signature).sum(axis=1)
            if equal.max() >= self._threshold * PERMUTATIONS:
                return True
        self._keep(signature)
        self._index.insert(self._count - 1, sketch)
        return False

    def _keep(self, signature: npt.NDArray[np.uint32]) -> None:
        if self._count == len(self._signatures):
            self._signatures = np.concatenate((self._signatures, np.zeros_like(self._signatures)))
        self._signatures[self._count] = signature
        self._count += 1


def bands(threshold: float) -> int:
    """The fewest bands of the 128 values that find all but 1 % of the pairs at the threshold."""
    for rows in (64, 32, 16, 8, 4, 2):
        count = PERMUTATIONS // rows
        if (1 - threshold**rows) ** count <= _MISSED:
            return count
    return PERMUTATIONS


def normalised(text: str) -> str:
    """Lower case, compatible forms folded, blanks and marks of sentences a single blank; the text itself if nothing is left."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NOISE.sub(" ", folded).strip() or folded


def pieces(text: str) -> list[str]:
    """The distinct 5-character pieces of a normalised text, of its first 20,000 characters."""
    plain = normalised(text)[:_LONGEST]
    return list({plain[at : at + _PIECE] for at in range(max(len(plain) - _PIECE + 1, 1))})


def _mark(part: bytes, text: str) -> bytes:
    return blake2b(normalised(text).encode("utf-8", "surrogatepass"), digest_size=16, person=part).digest()
