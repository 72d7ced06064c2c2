"""File names that are safe on every file system, whatever a table is called."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_SAFE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
_LONGEST = 120
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))]
)  # Windows opens a device for these, with any extension

_OWN = ("manifest.json", "manifest.json.part")  # beside the files of every job


def safe_stem(name: str) -> str:
    """The name with every byte of its UTF-8 other than letters, digits, `_`, `-` and inner `.` percent-encoded.

    So is the first of a name that would be taken for a device or for the job's own manifest.
    Long names are cut and end in `~` and 16 hexadecimal digits of their BLAKE2b.
    """
    raw = name.encode("utf-8", "surrogatepass")
    taken = name.split(".")[0].lower() in _DEVICES or name.lower() in _OWN
    stem = "".join(
        chr(byte) if byte in _SAFE and not (at == 0 and (byte == ord(".") or taken)) else f"%{byte:02X}"
        for at, byte in enumerate(raw)
    )
    if len(stem) <= _LONGEST:
        return stem
    return f"{stem[: _LONGEST - 20].rstrip('%')}~{hashlib.blake2b(raw, digest_size=8).hexdigest()}"


def stems(names: Iterable[str]) -> dict[str, str]:
    """A stem for each name; where two differ in case only, the later gets `~2`, `~3`, ..."""
    seen: dict[str, int] = {}
    result: dict[str, str] = {}
    for name in names:
        stem = safe_stem(name)
        count = seen[stem.lower()] = seen.get(stem.lower(), 0) + 1
        result[name] = stem if count == 1 else f"{stem}~{count}"
    return result
