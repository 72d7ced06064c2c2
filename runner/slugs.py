"""Slugs: lower-case ASCII letters and digits of any text, other scripts transliterated."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from runner.vectors import Array

_OTHER = re.compile(r"[^a-z0-9]+")


def slugs(array: Array) -> Array:
    """The slug of each text (dictionary in, dictionary out): ASCII transliteration, [a-z0-9] only; `x` where nothing is left."""
    if isinstance(array, pa.DictionaryArray):
        return pa.DictionaryArray.from_arrays(array.indices, slugs(array.dictionary))
    if pc.all(pc.string_is_ascii(array)).as_py() is not False:
        kept = pc.replace_substring_regex(pc.ascii_lower(array), "[^a-z0-9]+", "")
        return pc.if_else(pc.equal(kept, ""), "x", kept)
    encoded = array.dictionary_encode()
    return pa.array([slug(text) for text in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


def slug(text: str) -> str:
    """The slug of one text."""
    from anyascii import anyascii

    return _OTHER.sub("", anyascii(text).lower()) or "x"
