"""The driver: a client from a checked URL, and ready documents as it takes them."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import bson
import numpy as np
from bson.raw_bson import _RAW_ARRAY_BSON_OPTIONS, RawBSONDocument
from pymongo import MongoClient
from pymongo.database import Database

from runner.vectors import Array
from services.common.databases import DatabaseError
from services.common.databases._hosts import PINNED, Url
from services.common.databases.mongodb import PORT

_DEFAULTS: Final = {"serverSelectionTimeoutMS": "10000", "connectTimeoutMS": "10000", "socketTimeoutMS": "120000"}
MOST_BYTES: Final = 32 << 20
"""Documents of one command; a server takes 48 MB."""


class Run(RawBSONDocument):
    """Documents one after another, written into a message as they are: to the driver, one document among others.

    The driver's encoder copies the bytes of a raw document unseen, so that its cost per document is saved.
    """

    __slots__ = ("_bytes",)

    def __init__(self, raw: bytes) -> None:
        self._bytes = raw

    def __repr__(self) -> str:
        return f"Run({len(self._bytes)} bytes)"

    @property
    def raw(self) -> bytes:
        """The bytes of all documents."""
        return self._bytes


def runs(documents: Array) -> Iterator[Run]:
    """Documents (`pa.binary()`) in runs that fit into a message each."""
    ends = np.frombuffer(documents.buffers()[1], np.int32)[documents.offset :][: len(documents) + 1]
    data, at = memoryview(documents.buffers()[2]), 0
    while at < len(documents):
        stop = max(at + 1, int(np.searchsorted(ends, int(ends[at]) + MOST_BYTES, side="right")) - 1)
        yield Run(bytes(data[ends[at] : ends[stop]]))
        at = stop


def write(database: Database[Any], command: dict[str, Any]) -> dict[str, Any]:
    """What a write command answers, empty when all went well; some servers list every id, which nobody reads."""
    concern = database.write_concern.document
    reply = database.command({**command, **({"writeConcern": concern} if concern else {})}, codec_options=_RAW_ARRAY_BSON_OPTIONS)
    return dict(bson.decode(reply.raw)) if "writeErrors" in reply or "writeConcernError" in reply else {}


def opened(url: Url) -> MongoClient[dict[str, Any]]:
    """A client that has reached its server. Raises errors of the driver."""
    options = {**_DEFAULTS, **{key: text for key, text in url.options.items() if key != PINNED}}
    login: dict[str, Any] = {"username": url.user, "password": url.password} if url.user else {}
    if url.user:
        options.setdefault("authSource", url.path)
    client: MongoClient[dict[str, Any]] = MongoClient(_uri(url, options), **login)
    try:
        client.admin.command("ping")
    except (LookupError, TypeError, ValueError):  # a server that answers to a login with what the driver cannot read
        client.close()
        raise DatabaseError("TARGET_AUTH_FAILED", "the server takes no user and password as MongoDB does") from None
    except BaseException:
        client.close()
        raise
    return client


def _uri(url: Url, options: dict[str, str]) -> str:
    """The driver's URI, without user and password."""
    if url.driver:
        return f"mongodb+srv://{url.host}/?{_query(options)}"
    if not url.addresses:
        return f"mongodb://{','.join(_place(host, port) for host, port in url.hosts)}/?{_query(options)}"
    # members of a replica set that the server names were not checked
    direct = {**{k: v for k, v in options.items() if k != "loadBalanced"}, "directConnection": "true"}
    named = "true" in (options.get("tls"), options.get("ssl")) and options.get("tlsInsecure") != "true"
    host = url.host if named else _reachable(url)  # with TLS the certificate proves the name
    return f"mongodb://{_place(host, url.port)}/?{_query(direct)}"


def _reachable(url: Url) -> str:
    """The first of the checked addresses where somebody listens."""
    for address in url.addresses:
        with contextlib.suppress(OSError), socket.create_connection((address, url.port or PORT), 5):
            return address
    raise DatabaseError("TARGET_UNAVAILABLE", "MongoDB cannot be reached", True)


def _place(host: str, port: int | None) -> str:
    return f"{f'[{host}]' if ':' in host else host}:{port or PORT}"


def _query(options: dict[str, str]) -> str:
    return "&".join(f"{key}={quote(text, safe='')}" for key, text in options.items())
