"""Which older backups of a database are no longer kept."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.backup.archive import ArchiveDamagedError
from services.backup.archive.manifest import Manifest, Source
from services.backup.archive.reader import read_manifest

SUFFIX = ".mcbackup"
ABANDONED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """An archive where it is kept: its name, its size in bytes, and its manifest."""

    name: str
    bytes: int
    manifest: Manifest


def archives(folder: Path) -> list[Kept]:
    """The archives of a folder whose manifests can be read, newest first. Raises `OSError`."""
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        try:
            status = path.lstat()
            if stat.S_ISREG(status.st_mode):
                found.append(Kept(path.name, status.st_size, read_manifest(path)))
        except (ArchiveDamagedError, OSError):
            continue
    return newest_first(found)


def newest_first(found: Iterable[Kept]) -> list[Kept]:
    """Archives in the order in which `outdated` wants them."""
    return sorted(found, key=lambda kept: (kept.manifest.created_at, kept.name), reverse=True)


def outdated(kept: Sequence[Kept], source: Source, keep_last: int, keep_days: int, now: datetime) -> list[str]:
    """Names of archives of the same database beyond the newest `keep_last`, and those older than `keep_days` (0: no such limit).

    The newest one is always kept. `kept` is sorted newest first.
    """
    same = [k for k in kept if (k.manifest.source.dialect, k.manifest.source.database) == (source.dialect, source.database)]
    too_many = same[keep_last:] if keep_last else []
    too_old = [k for k in same[1:] if now - k.manifest.created_at > timedelta(days=keep_days)] if keep_days else []
    return [k.name for k in same if k in too_many or k in too_old]


def leftovers(folder: Path, now: datetime) -> list[Path]:
    """Archives that were never finished, and that nobody has written to for a day."""
    found = []
    for path in folder.glob(f"*{SUFFIX}.*"):
        try:
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError:
            continue
        if now - written > ABANDONED:
            found.append(path)
    return found
