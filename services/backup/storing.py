"""Where archives lie: a folder of the settings, or one below the data folder that a request names."""

from __future__ import annotations

import re
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from services.backup.archive import ArchiveDamagedError, Manifest
from services.backup.archive.reader import read_manifest
from services.backup.retention import SUFFIX, archives
from services.common.errors import MockcraftError, invalid, not_found
from services.common.settings import Settings

OWN: Final = ("outputs", "checkpoints", "configs")
"""Folders of the data folder that belong to jobs."""
MOST_LEVELS: Final = 5
_PART: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_NAME: Final = re.compile(rf"[^./\\\0][^/\\\0]{{0,200}}{re.escape(SUFFIX)}")


@dataclass(frozen=True, slots=True)
class Listed:
    """An archive of a folder: its file's name and size, and its manifest."""

    name: str
    bytes: int
    manifest: Manifest


class Storing:
    """The folders of archives. Callers who are `trusted` (the person at the command line) name any."""

    def __init__(self, settings: Settings) -> None:
        self._data = settings.data_dir.absolute()
        self._default = (settings.backup.folder or settings.data_dir / "backups").absolute()

    def folder(self, storage: str, trusted: bool = False) -> Path:
        """The folder that a request names; it need not be there. Raises STORAGE_INVALID, NOT_SUPPORTED_YET."""
        if "://" in storage:
            raise invalid("NOT_SUPPORTED_YET", "Archives are kept in folders; object storage is not supported yet.")
        if trusted and storage:
            return Path(storage).absolute()
        if not storage:
            return self._default
        parts = storage.split("/")
        if len(parts) > MOST_LEVELS or parts[0] in OWN or not all(_PART.fullmatch(part) for part in parts):
            raise _bad_storage()
        folder = self._data / storage
        if folder.resolve() != self._data.resolve() / storage:
            raise _bad_storage()
        return folder

    def locate(self, archive: str, storage: str = "", trusted: bool = False) -> Path:
        """An archive that is there. Raises ARCHIVE_NOT_FOUND, and as `folder`."""
        if trusted:
            named = Path(archive).absolute()
            if not named.is_file():
                raise _missing()
            return named
        path = self.folder(storage) / archive if _NAME.fullmatch(archive) else None
        try:
            if path is None or not stat.S_ISREG(path.lstat().st_mode):
                raise _missing()
        except (OSError, ValueError):
            raise _missing() from None
        return path

    def listed(self, storage: str) -> Sequence[Listed]:
        """The archives of a folder, newest first. Raises as `folder`."""
        folder, found = self.folder(storage), []
        for kept in archives(folder) if folder.is_dir() else ():
            try:
                status = kept.path.lstat()
            except FileNotFoundError:  # removed meanwhile
                continue
            if _NAME.fullmatch(kept.path.name) and stat.S_ISREG(status.st_mode):
                found.append(Listed(kept.path.name, status.st_size, kept.manifest))
        return found


def manifest_of(path: Path) -> Manifest | None:
    """What an archive says about itself, unchecked; None when that cannot be read."""
    try:
        return read_manifest(path)
    except (ArchiveDamagedError, OSError):
        return None


def new_name(shown: str) -> str:
    """A name for an archive of a database, which no other has: `shop-20260129T101500Z-1f2e3d.mcbackup`."""
    place = urlsplit(shown)
    label = re.sub(r"[^A-Za-z0-9_-]+", "-", PurePosixPath(unquote(place.path)).stem).strip("-")
    if not label or label.isdigit():
        label = f"{place.scheme}-{label}".rstrip("-")
    return f"{label[:60]}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}{SUFFIX}"


def _bad_storage() -> MockcraftError:
    return invalid(
        "STORAGE_INVALID",
        "The storage must be a folder below the data folder.",
        "Write it such as backups/nightly, or leave it out.",
    )


def _missing() -> MockcraftError:
    return not_found("ARCHIVE_NOT_FOUND", "There is no such archive.", "GET /api/v1/archives names those there are.")
