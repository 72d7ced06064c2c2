"""The key of encrypted archives, from a file or the environment; it never stands in arguments, specs or logs."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from services.backup.archive import Key
from services.common.settings import Settings


def key_of(settings: Settings) -> Key | None:
    """The key that the settings name. Raises `KeyRequiredError` for one that cannot be read or is too short."""
    if settings.backup.key_file is not None:
        return Key.read(settings.backup.key_file)
    text = settings.backup_key.get_secret_value()
    return Key.of(text.encode()) if text else None


def sent(key: Key | None) -> dict[str, str]:
    """The key as a worker's first line of input carries it."""
    return {"key": base64.b64encode(key.secret).decode()} if key else {}


def received(line: Mapping[str, str]) -> Key | None:
    """The key of a worker's first line of input."""
    return Key.of(base64.b64decode(line["key"])) if line.get("key") else None
