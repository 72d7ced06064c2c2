"""Backup, restore and verification jobs. Used in-process by the command line; no gRPC here."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from services.backup.archive import KeyRequiredError
from services.backup.compare import LEVELS
from services.backup.keys import key_of, sent
from services.backup.retention import Kept
from services.backup.spec import Kind
from services.backup.storing import Storing, new_name
from services.common.errors import MockcraftError, invalid, refused
from services.common.jobs.ids import PREFIXES
from services.common.jobs.model import Job
from services.common.jobs.service import DEFAULT_PAGE, LARGEST_PAGE, JobsService
from services.common.jobs.supervisor import python_module
from services.common.jobs.worker import SecretLostError, Worker, default_spec
from services.common.settings import Settings
from services.common.storage.local import JobPaths
from services.common.targets import Chosen, Targets, child_spec

KINDS: Final[tuple[Kind, ...]] = ("backup", "restore", "verification")
MOST_KEPT: Final = 100_000
LONGEST_REQUEST_ID: Final = 256
NO_TARGET: Final = Chosen("", "")


@dataclass(frozen=True, slots=True)
class BackupRequest:
    """A backup as a caller asks for it.

    `level` is how far it is verified ("": not at all), `encrypt` whether it is encrypted (None: when there is a key).
    """

    source: str
    storage: str = ""
    keep_last: int = 0
    keep_days: int = 0
    level: str = ""
    encrypt: bool | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class RestoreRequest:
    """A restore as a caller asks for it."""

    archive: str
    target: str
    force: bool = False
    storage: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class VerificationRequest:
    """A verification as a caller asks for it; without a level as far as it can go."""

    archive: str
    level: str = ""
    target: str = ""
    storage: str = ""
    request_id: str = ""


Request = BackupRequest | RestoreRequest | VerificationRequest


class BackupService:
    """Starts backups, restores and verifications. Errors are `MockcraftError`.

    A `trusted` caller (the person at the command line) names any folder, archive and host; others archives of a
    storage folder, databases in the data folder and on hosts that the settings allow. Databases are not opened here.
    """

    def __init__(self, settings: Settings, jobs: JobsService) -> None:
        self._settings, self._jobs = settings, jobs
        self._targets, self._storing = Targets(settings), Storing(settings)

    async def create_backup(self, request: BackupRequest, trusted: bool = False) -> Job:
        """Start a backup.

        Raises TARGET_MISSING, TARGET_NOT_ALLOWED, TARGET_INVALID, STORAGE_INVALID, STORAGE_KEY_MISSING, KEEP_INVALID,
        LEVEL_INVALID, KEY_REQUIRED, REQUEST_ID_INVALID.
        """
        _check(request.request_id, request.level)
        if not (0 <= request.keep_last <= MOST_KEPT and 0 <= request.keep_days <= MOST_KEPT):
            raise invalid("KEEP_INVALID", f"How many archives or days are kept must be 0 to {MOST_KEPT:,}.")
        chosen = await self._choose(request.source, trusted, "source")
        place = await asyncio.to_thread(self._storing.place, request.storage, trusted)
        name = new_name(chosen.shown)
        spec = {
            **place.spec_of_new(name), "level": request.level or None,
            "encrypted": await asyncio.to_thread(self._encrypts, request.encrypt, trusted),
            "keepLast": request.keep_last, "keepDays": request.keep_days,
        }  # fmt: skip
        return await self._store("backup", spec, chosen, request, trusted)

    async def create_restore(self, request: RestoreRequest, trusted: bool = False) -> Job:
        """Start a restore.

        Raises ARCHIVE_NOT_FOUND, KEY_REQUIRED, TARGET_MISSING, TARGET_NOT_ALLOWED, TARGET_INVALID, STORAGE_INVALID,
        STORAGE_KEY_MISSING, REQUEST_ID_INVALID.
        """
        _check(request.request_id)
        spec, _ = await asyncio.to_thread(self._archive, request.archive, request.storage, trusted)
        chosen = await self._choose(request.target, trusted, "target")
        return await self._store("restore", {**spec, "force": request.force}, chosen, request, trusted)

    async def create_verification(self, request: VerificationRequest, trusted: bool = False) -> Job:
        """Start a verification. Raises as `create_restore`, and LEVEL_INVALID."""
        _check(request.request_id, request.level)
        spec, dialect = await asyncio.to_thread(self._archive, request.archive, request.storage, trusted)
        able = bool(request.target) or dialect == "sqlite"
        level = request.level or (LEVELS[-1] if able else LEVELS[0])
        if level != LEVELS[0] and not able and dialect:
            message = f"A backup of a {dialect} database is restored beside one: `target` says where."
            raise invalid("TARGET_MISSING", message, "It is a URL, or the name of a target in the settings.")
        chosen = await self._choose(request.target, trusted, "target") if request.target else NO_TARGET
        return await self._store("verification", {**spec, "level": level}, chosen, request, trusted)

    async def list_archives(self, storage: str = "", page_size: int = 0, page_token: str = "") -> tuple[Sequence[Kept], str]:
        """Archives of a folder or bucket, newest first, and the token of the next page.

        Raises STORAGE_INVALID, STORAGE_KEY_MISSING, PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID.
        """
        if not 0 <= page_size <= LARGEST_PAGE:
            raise invalid("PAGE_SIZE_INVALID", f"The page size must be 1 to {LARGEST_PAGE}.")
        after, size = _parsed(page_token), page_size or DEFAULT_PAGE
        found = await asyncio.to_thread(self._storing.listed, storage)
        rest = [each for each in found if after is None or _place(each) < after]
        return rest[:size], _token(rest[size - 1]) if len(rest) > size else ""

    async def _choose(self, target: str, trusted: bool, field: str) -> Chosen:
        if not target:
            message = f"Say which database: `{field}` is a URL, or the name of a target in the settings."
            raise invalid("TARGET_MISSING", message)
        return await asyncio.to_thread(self._targets.choose, target, trusted)

    def _archive(self, name: str, storage: str, trusted: bool) -> tuple[dict[str, Any], str]:
        """What a spec says of an archive that is there, and of which kind of database it is ("": it cannot be read)."""
        place, name, manifest = self._storing.locate(name, storage, trusted)
        encrypted = manifest is not None and manifest.encryption is not None
        if encrypted:
            self._need_key("The archive is encrypted, and there is no key to open it.", trusted)
        return {**place.spec(name), "encrypted": encrypted}, manifest.source.dialect if manifest else ""

    def _encrypts(self, asked: bool | None, trusted: bool) -> bool:
        if asked:
            self._need_key("There is no key to encrypt with.", trusted)
        return asked if asked is not None else self._key() is not None

    def _need_key(self, message: str, trusted: bool) -> None:
        if self._key() is None:
            how = "ame a key file in the settings (backup.key_file), or set MOCKCRAFT_BACKUP_KEY."
            raise refused(KeyRequiredError.code, message, f"Give --key-file FILE, n{how}" if trusted else f"N{how}")

    def _key(self) -> Any:
        try:
            return key_of(self._settings)
        except KeyRequiredError as error:
            raise refused(error.code, f"The key cannot be used: {error}.") from None

    async def _store(self, kind: Kind, spec: Mapping[str, Any], chosen: Chosen, request: Request, trusted: bool) -> Job:
        known = {**spec, **chosen.spec, **({"trusted": True} if trusted else {})}
        digest = await self._digest(request) if request.request_id else ""
        return await self._jobs.create(kind, known, request_id=request.request_id, request_digest=digest, sealed=chosen.sealed)

    async def _digest(self, request: Request) -> str:
        """A digest of all that was asked for; keyed, since a URL is among it."""
        text = orjson.dumps([type(request).__name__, request]).decode()
        return await asyncio.to_thread(self._targets.vault.digest, text)


def _check(request_id: str, level: str = "") -> None:
    if len(request_id) > LONGEST_REQUEST_ID:
        raise invalid("REQUEST_ID_INVALID", f"A request id has at most {LONGEST_REQUEST_ID} characters.")
    if level and level not in LEVELS:
        raise invalid("LEVEL_INVALID", f"The level must be one of {', '.join(LEVELS)}.")


def _place(listed: Kept) -> tuple[str, str]:
    return listed.manifest.created_at.isoformat(), listed.name


def _token(listed: Kept) -> str:
    return base64.urlsafe_b64encode("\0".join(_place(listed)).encode()).decode().rstrip("=")


def _parsed(token: str) -> tuple[str, str] | None:
    if not token:
        return None
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    created, zero, name = text.partition("\0")
    if not zero:
        raise _bad_token()
    return created, name


def _bad_token() -> MockcraftError:
    return invalid("PAGE_TOKEN_INVALID", "This page token is not one of ours.", "Start from the first page.")


def backup_workers(settings: Settings) -> list[Worker]:
    """How backups, restores and verifications are worked on: URL and key are the child's first line of input."""
    targets = Targets(settings)
    command = python_module(settings, "services.backup.worker")

    def secret(job: Job, sealed: str) -> Mapping[str, str]:
        url = {"target": targets.url_of(job, sealed)} if job.spec["target"] else {}
        key = _key_of(settings) if job.spec["encrypted"] else {}
        return {**url, **key, **(_access_of(settings) if job.spec.get("store") else {})}

    def spec(job: Job, paths: JobPaths) -> Mapping[str, Any]:
        return child_spec(default_spec(job, paths))

    return [Worker(kind, PREFIXES[kind], command, secrets=secret, spec=spec) for kind in KINDS]


def _access_of(settings: Settings) -> Mapping[str, str]:
    from services.backup import bucket
    from services.common.storage.objects import access_of

    access = access_of(settings)
    if access is None:
        raise SecretLostError("the keys of object storage are in the settings no more")
    return bucket.sent(access)


def _key_of(settings: Settings) -> Mapping[str, str]:
    try:
        key = key_of(settings)
    except KeyRequiredError as error:
        raise SecretLostError(f"the key of this archive cannot be used: {error}") from None
    if key is None:
        raise SecretLostError("the key of encrypted archives is in the settings no more")
    return sent(key)
