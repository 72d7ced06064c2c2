"""One file that holds a backup: parts, a manifest that describes them, a checksum over every byte.

The file is a ZIP (ZIP64 where needed) of stored entries, written front to back and never held in memory: the
parts, then `manifest.json`. Its comment is the SHA-256 of all bytes before the comment, so that a changed bit is found
wherever it lies, also where ZIP readers look at nothing.

A part is a sequence of zstd frames of at most 4 MiB of content each; `zstd -d` reads it. In an encrypted
archive each frame is sealed by AES-256-GCM (`services.backup.archive.sealing`). The manifest stays
readable; it carries its own SHA-256, and an HMAC when there is a key.

The file is written as `NAME.part` and renamed when it is durable: under its final name it is whole.
"""

from __future__ import annotations

from services.backup.archive.manifest import Counted, Manifest, Part, Source
from services.backup.archive.reader import Archive, ArchiveDamagedError, Damage
from services.backup.archive.sealing import Key, KeyRequiredError
from services.backup.archive.writer import ArchiveWriter

__all__ = [
    "Archive", "ArchiveDamagedError", "ArchiveWriter", "Counted", "Damage", "Key", "KeyRequiredError", "Manifest", "Part",
    "Source",
]  # fmt: skip
