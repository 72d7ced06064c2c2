"""The databases that jobs load, back up and restore: which may be opened, how their URLs wait, and what children get.

A URL that holds a user, a password or options waits encrypted beside its job, until the job has ended. One
without them, the name of a target in the settings, and `schema:NAME`, a database that the schema registry created,
stand in the job's spec as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.common.created import PREFIX, checked_target
from services.common.databases import PLACING, Rules, TargetRefusedError, check_target, display, place
from services.common.errors import MockcraftError, invalid, refused
from services.common.jobs.model import Job
from services.common.jobs.worker import SecretLostError
from services.common.settings import Settings
from services.common.vault import KEY_FILE, Vault, VaultError

OURS: Final = ("sealed", "trusted", "backup", "makes", "place", "tidy")
"""What a job's spec says to its service alone."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A target that may be opened: its checked URL, what people may see of it, its name in the settings, and its token.

    `place` is a digest of the options that say where rows are; "" without such.
    """

    url: str
    shown: str
    name: str = ""
    sealed: str = ""
    place: str = ""

    @property
    def spec(self) -> dict[str, Any]:
        """What a job's spec says of it."""
        place = {"place": self.place} if self.shown else {}
        return {"target": self.shown, "targetName": self.name, **place, **({"sealed": True} if self.sealed else {})}


class Targets:
    """Targets by URL or name, under the rules of the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.vault = Vault(settings.data_dir)

    def choose(self, target: str, trusted: bool = False) -> Chosen:
        """The target of a new job. Resolves the host's name, opens no target. Raises TARGET_NOT_ALLOWED, TARGET_INVALID.

        What databases the registry created is asked of its store: raises DATABASE_ERROR when that does not answer.
        """
        named = self._settings.targets.get(target)
        if not named and target.startswith(PREFIX):
            return self._created(target)
        given = named.get_secret_value() if named else target
        url = self._checked(given, bool(named), trusted)
        place = self._place(url)
        if named or display(given) == given:
            return Chosen(url, display(url), target if named else "", place=place)
        return Chosen(url, display(url), sealed=self._seal(url), place=place)

    def _created(self, target: str) -> Chosen:
        try:
            url = checked_target(self._settings, target)
        except TargetRefusedError as error:
            raise invalid(error.code, str(error), error.details) from error
        return Chosen(url, display(url), target, place=self._place(url))

    def again(self, job: Job, target: str, trusted: bool = False) -> Chosen:
        """The target of a job that takes up an ended one's. `target` is its URL, where it was deleted with that job's end.

        Raises TARGET_NEEDED, TARGET_DIFFERS and those of `choose`.
        """
        trusted = trusted or bool(job.spec.get("trusted"))
        if target:
            chosen = self.choose(target, trusted)
            if (chosen.shown, chosen.name) != (job.spec["target"], job.spec["targetName"]) and chosen.shown != job.spec["target"]:
                raise refused("TARGET_DIFFERS", f"This job is about {job.spec['target']}, which is another target.")
            return _same_place(job, chosen)
        if job.spec.get("sealed"):
            raise refused("TARGET_NEEDED", "The target's URL was deleted when this job ended.", "Send it again.")
        return _same_place(job, self.choose(job.spec["targetName"] or job.spec["target"], trusted))

    def url_of(self, job: Job, sealed: str) -> str:
        """The URL that the child of a job opens. Raises `SecretLostError`."""
        spec = job.spec
        try:
            if spec.get("sealed"):
                return self._opened(sealed)
            return _same_place(job, self.choose(spec["targetName"] or spec["target"], bool(spec.get("trusted")))).url
        except MockcraftError as error:
            raise SecretLostError(f"the target of this job cannot be used any more: {error.message}") from None

    def _opened(self, sealed: str) -> str:
        try:
            return self.vault.open(sealed)
        except VaultError as error:
            raise SecretLostError(str(error)) from None

    def _place(self, url: str) -> str:
        options = place(url)
        return self._kept(self.vault.digest, repr(sorted(options.items()))) if options else ""

    def _seal(self, url: str) -> str:
        return self._kept(self.vault.seal, url)

    def _kept(self, how: Callable[[str], str], text: str) -> str:
        try:
            return how(text)
        except VaultError as error:
            raise MockcraftError("SECRET_NOT_KEPT", f"The target's URL cannot be kept: {error}.") from None

    def _checked(self, url: str, named: bool, trusted: bool) -> str:
        settings = self._settings
        free = trusted or named
        rules = Rules(
            Path.cwd() if free else settings.data_dir,
            inside=not free,
            reserved=_own_files(settings),
            remote=free or settings.allow_remote_targets,
        )
        try:
            return check_target(url, rules)
        except TargetRefusedError as error:
            raise invalid(error.code, str(error), error.details) from error


def _same_place(job: Job, chosen: Chosen) -> Chosen:
    """The target, when its rows are where the job's are; jobs of versions that did not note it are believed."""
    if job.spec.get("place", chosen.place) != chosen.place:
        names = " and ".join(f"`{name}`" for name in PLACING)
        message = f"This job is about {job.spec['target']} with other options that say where rows are ({names})."
        raise refused("TARGET_DIFFERS", message, "Give the URL with the options that it had.")
    return chosen


def _own_files(settings: Settings) -> tuple[Path, ...]:
    stores = (settings.jobs_store_url.partition(":///"), settings.schemas_store_url.partition(":///"))
    files = [path for scheme, _, path in stores if scheme.startswith("sqlite") and path]
    beside = [Path(path + end) for path in files for end in ("", "-wal", "-shm", "-journal")]
    return (*beside, settings.data_dir / KEY_FILE)


def child_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a job's spec that its child is told."""
    return {key: value for key, value in spec.items() if key not in OURS}
