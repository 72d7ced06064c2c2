"""Where archives lie: a folder of the settings, one below the data folder that a request names, or a bucket."""

from __future__ import annotations

import re
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from services.backup.archive import Manifest
from services.backup.places import Folder, Place
from services.backup.retention import SUFFIX, Kept
from services.common.databases import DatabaseError
from services.common.errors import MockcraftError, invalid, not_found, refused, unavailable
from services.common.settings import Settings

OWN: Final = ("outputs", "checkpoints", "configs")
"""Folders of the data folder that belong to jobs."""
MOST_LEVELS: Final = 5
_PART: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_NAME: Final = re.compile(rf"[^./\\\0][^/\\\0]{{0,200}}{re.escape(SUFFIX)}")


class Storing:
    """The places of archives. Callers who are `trusted` (the person at the command line) name any."""

    def __init__(self, settings: Settings) -> None:
        self._data = settings.data_dir.absolute()
        self._settings = settings
        self._default = (settings.backup.folder or settings.data_dir / "backups").absolute()

    def place(self, storage: str, trusted: bool = False) -> Place:
        """The folder or bucket that a request names; nothing is opened. Raises STORAGE_INVALID, STORAGE_KEY_MISSING."""
        return self._bucket(storage, trusted) if "://" in storage else Folder(self.folder(storage, trusted))

    def _bucket(self, storage: str, trusted: bool) -> Place:
        from services.backup.bucket import Bucket  # only who names one pays for the client
        from services.common.storage.objects import access_of, parsed

        found = parsed(storage)
        if found is None:
            raise invalid("STORAGE_INVALID", "The storage is no bucket.", "Write it such as s3://bucket/nightly.")
        if not trusted and found[0] != self._settings.s3_bucket:
            how = "The setting `s3_bucket` names the one that is."
            raise invalid("STORAGE_INVALID", "This bucket is not open to requests.", how)
        access = access_of(self._settings)
        if access is None:
            how = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            raise refused("STORAGE_KEY_MISSING", "There are no keys for object storage.", how)
        return Bucket(storage, access)

    def folder(self, storage: str, trusted: bool = False) -> Path:
        """The folder that a request names; it need not be there. Raises STORAGE_INVALID."""
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

    def locate(self, archive: str, storage: str = "", trusted: bool = False) -> tuple[Place, str, Manifest | None]:
        """An archive that is there: its place, its name, and its manifest if that can be read.

        Raises ARCHIVE_NOT_FOUND, STORAGE_UNAVAILABLE, STORAGE_AUTH_FAILED, STORAGE_NOT_FOUND, and as `place`.
        """
        shown = archive if trusted else ""
        if trusted and "://" in archive:
            storage, _, archive = archive.rpartition("/")
        if "://" in storage:
            place = self.place(storage, trusted)
            if not _NAME.fullmatch(archive):
                raise _missing(shown)
        else:
            path = self._file(archive, storage, trusted)
            place, archive = Folder(path.parent), path.name
        with _answering(shown):
            return place, archive, place.manifest(archive)

    def _file(self, archive: str, storage: str, trusted: bool) -> Path:
        if trusted:
            named = Path(archive).absolute()
            if not named.is_file():
                raise _missing(archive)
            return named
        path = self.folder(storage) / archive if _NAME.fullmatch(archive) else None
        try:
            if path is None or not stat.S_ISREG(path.lstat().st_mode):
                raise _missing()
        except (OSError, ValueError):
            raise _missing() from None
        return path

    def listed(self, storage: str) -> Sequence[Kept]:
        """The archives of a folder or bucket, newest first. Raises as `locate`."""
        place = self.place(storage)
        with _answering():
            return [kept for kept in place.archives() if _NAME.fullmatch(kept.name)]


@contextmanager
def _answering(shown: str = "") -> Iterator[None]:
    """What a place raises, as callers see it; `shown` is the archive as somebody at the command line named it."""
    try:
        yield
    except FileNotFoundError:
        raise _missing(shown) from None
    except DatabaseError as error:
        if error.code == "ARCHIVE_NOT_FOUND":
            raise _missing(shown) from None
        told = str(error)
        raise (unavailable if error.retryable else refused)(error.code, f"{told[:1].upper()}{told[1:]}.") from None


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
        "Write it such as backups/nightly or s3://bucket/nightly, or leave it out.",
    )


def _missing(shown: str = "") -> MockcraftError:
    """There is no such archive; callers who name files get the name back, others are told where names are to be had."""
    if shown:
        return not_found("ARCHIVE_NOT_FOUND", f"There is no archive {shown}.")
    return not_found("ARCHIVE_NOT_FOUND", "There is no such archive.", "GET /api/v1/archives names those there are.")
