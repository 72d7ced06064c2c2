"""Where archives lie: the port that the service and its workers know, and the folder of this machine."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from runner.platform import sync_folder
from services.backup.archive import ArchiveDamagedError, Manifest
from services.backup.archive.reader import read_manifest
from services.backup.retention import Kept, archives, leftovers
from services.common.databases.dumps import Tell

UNVERIFIED = ".unverified"
"""What an archive's name ends in until it is verified, where that was asked for and it lies in a folder."""


class Place(Protocol):
    """A place of archives. Under its name an archive is whole. Methods raise `OSError`, or `DatabaseError` of a store."""

    def spec(self, name: str) -> Mapping[str, Any]:
        """What a job's spec says of an archive here."""

    def spec_of_new(self, name: str) -> Mapping[str, Any]:
        """What the spec of the job that makes it says."""

    def archives(self) -> list[Kept]:
        """The archives whose manifests can be read, newest first."""

    def manifest(self, name: str) -> Manifest | None:
        """What an archive says about itself, unchecked; None when it cannot be read. Raises when there is no such archive."""

    def draft(self, name: str, work: Path, verified: bool) -> Path:
        """The file to write a new archive to (`verified`: and to verify it in); `work` is the job's work folder."""

    def keep(self, draft: Path, name: str, tell: Tell) -> None:
        """Give a whole archive its name here."""

    @contextmanager
    def opened(self, name: str, work: Path, tell: Tell) -> Iterator[Path]:
        """An archive as a file of this machine."""

    def remove(self, name: str) -> None:
        """Remove an archive, if it is there."""

    def sweep(self, now: datetime) -> None:
        """Remove what kills have left."""

    def cancel(self) -> None:
        """End what is under way, from another thread."""


class Folder:
    """A folder of this machine; it need not be there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def spec(self, name: str) -> Mapping[str, Any]:
        """See `Place`."""
        return {"archive": str(self.folder / name)}

    def spec_of_new(self, name: str) -> Mapping[str, Any]:
        """See `Place`."""
        return {**self.spec(name), "makes": name, "outDir": str(self.folder)}

    def archives(self) -> list[Kept]:
        """See `Place`."""
        return archives(self.folder) if self.folder.is_dir() else []

    def manifest(self, name: str) -> Manifest | None:
        """See `Place`."""
        path = self.folder / name
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileNotFoundError(name)
        try:
            return read_manifest(path)
        except (ArchiveDamagedError, OSError):
            return None

    def draft(self, name: str, work: Path, verified: bool) -> Path:
        """See `Place`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / (name + UNVERIFIED if verified else name)

    def keep(self, draft: Path, name: str, tell: Tell) -> None:
        """See `Place`."""
        if draft.name != name:
            draft.replace(self.folder / name)
            sync_folder(self.folder)

    @contextmanager
    def opened(self, name: str, work: Path, tell: Tell) -> Iterator[Path]:
        """See `Place`."""
        yield self.folder / name

    def remove(self, name: str) -> None:
        """See `Place`."""
        (self.folder / name).unlink(missing_ok=True)

    def sweep(self, now: datetime) -> None:
        """See `Place`."""
        for draft in leftovers(self.folder, now):
            draft.unlink(missing_ok=True)

    def cancel(self) -> None:
        """See `Place`: nothing takes long here."""
