"""What an archive says about itself: where the data came from, what it holds, how to tell that it is whole."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.common.databases.dumps import SnapshotKind

NAME = "manifest.json"


class Record(BaseModel):
    """A part of the manifest; lowerCamelCase in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Source(Record):
    """Where the data came from. `database` is the URL without user, password and options."""

    dialect: str
    database: str
    server_version: str
    tool: str
    tool_version: str


class Counted(Record):
    """A table, collection or key space: its rows and the digest of their canonical texts, 32 hexadecimal digits."""

    name: str
    rows: int = Field(ge=0)
    digest: str = Field(pattern=r"^[0-9a-f]{32}$")


class Part(Record):
    """An entry of the archive: its size and SHA-256 as stored, and the size of its content."""

    name: str
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    content_bytes: int = Field(ge=0)


class Encryption(Record):
    """How the parts were sealed. `salt` (hexadecimal) is stretched with the key by scrypt."""

    cipher: Literal["AES-256-GCM"] = "AES-256-GCM"
    kdf: Literal["scrypt"] = "scrypt"
    salt: str = Field(pattern=r"^[0-9a-f]{32}$")


class Manifest(Record):
    """The manifest. `objects` are the SHA-256 of the canonical descriptions of tables, views, … by name, `schema_digest` of all.

    `counters` are the sequences and auto-increments by name with the value they give next; `details` is what one
    kind of database needs to know besides (options, versions).
    """

    version: Literal[1] = 1
    mockcraft: str
    created_at: datetime
    source: Source
    snapshot: SnapshotKind
    snapshot_time: datetime
    tables: tuple[Counted, ...]
    counters: dict[str, int] = {}
    objects: dict[str, str] = {}
    schema_digest: str
    parts: tuple[Part, ...] = ()
    encryption: Encryption | None = None
    details: dict[str, Any] = {}
    digest: str = ""
    hmac: str = ""

    def sealed(self, key: bytes | None) -> Self:
        """With its own digest, and its HMAC under a key."""
        text = self._covered()
        mac = hmac.new(key, text, hashlib.sha256).hexdigest() if key else ""
        return self.model_copy(update={"digest": hashlib.sha256(text).hexdigest(), "hmac": mac})

    def holds(self, key: bytes | None) -> bool:
        """Whether digest and, under a key, HMAC are those of this content."""
        right = self.sealed(key)
        return hmac.compare_digest(self.digest, right.digest) and (key is None or hmac.compare_digest(self.hmac, right.hmac))

    def _covered(self) -> bytes:
        return orjson.dumps(self.model_dump(mode="json", by_alias=True, exclude={"digest", "hmac"}), option=orjson.OPT_SORT_KEYS)

    def to_json(self) -> bytes:
        """Indented JSON, names sorted."""
        return orjson.dumps(self.model_dump(mode="json", by_alias=True), option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
