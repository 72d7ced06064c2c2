"""Secrets that wait on a disk: encrypted with a key of this machine, a file of the data folder that only its owner reads."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

KEY_FILE: Final = "secret.key"


class VaultError(Exception):
    """A token that this key does not open, or a key that cannot be read; says nothing of what is in it."""


class Vault:
    """Seals and opens texts with the key in `folder`; the key is made at the first need (mode 0600)."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / KEY_FILE

    def seal(self, text: str) -> str:
        """The text, encrypted and signed. Raises `VaultError`."""
        return Fernet(self._key()).encrypt(text.encode()).decode()

    def open(self, token: str) -> str:
        """The text of a token. Raises `VaultError`."""
        try:
            return Fernet(self._key()).decrypt(token.encode()).decode()
        except (InvalidToken, ValueError):
            raise VaultError("a stored secret cannot be read: the key of the data folder is another one") from None

    def digest(self, text: str) -> str:
        """A hexadecimal digest that tells nothing about the text without the key. Raises `VaultError`."""
        return hmac.new(self._key(), text.encode(), hashlib.sha256).hexdigest()

    def _key(self) -> bytes:
        try:
            return self._path.read_bytes() if self._path.exists() else self._new_key()
        except OSError as error:
            raise VaultError(f"the key file of the data folder cannot be used: {error.strerror}") from None

    def _new_key(self) -> bytes:
        """Written beside its place and linked there whole: of several processes one wins, and all read the same key."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path.with_name(f".{KEY_FILE}.{os.getpid()}.{os.urandom(4).hex()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, self._path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return self._path.read_bytes()
