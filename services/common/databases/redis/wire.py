"""One connection to Redis: commands as bytes, replies parsed by hiredis, errors as `DatabaseError`.

A client of its own, because blocks go out as ready bytes and tens of thousands of replies come back at once.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, cast

import hiredis

from services.common.databases import DatabaseError, StaleAttemptError
from services.common.databases._hosts import Url
from services.common.databases.redis import PORT

Word = str | bytes | int
CONNECT_SECONDS: Final = 10
SOCKET_SECONDS: Final = 120
"""Longest silence of the server; a large block is some hundred milliseconds."""
_RECEIVED: Final = 1 << 20
_MEANINGS: Final[tuple[tuple[str, str, str, bool], ...]] = (
    ("WRONGPASS", "TARGET_AUTH_FAILED", "Redis refuses the user or password", False),
    ("NOAUTH", "TARGET_AUTH_FAILED", "Redis asks for a password", False),
    ("ERR invalid password", "TARGET_AUTH_FAILED", "Redis refuses the password", False),
    ("ERR Client sent AUTH", "TARGET_AUTH_FAILED", "Redis has no password, but the URL does", False),
    ("ERR AUTH", "TARGET_AUTH_FAILED", "Redis has no password, but the URL does", False),
    ("NOPERM", "TARGET_PERMISSION", "the user of Redis may not do this", False),
    ("READONLY", "TARGET_READ_ONLY", "this Redis is a replica; write to its master", False),
    ("MISCONF", "TARGET_READ_ONLY", "Redis takes no writes because it cannot save to its disk", False),
    ("OOM", "DISK_FULL", "Redis has no memory left (maxmemory); free some and resume", False),
    ("LOADING", "TARGET_BUSY", "Redis is still loading its data", True),
    ("BUSY", "TARGET_BUSY", "Redis runs a script", True),
    ("MASTERDOWN", "TARGET_UNAVAILABLE", "Redis has lost its master", True),
    ("ERR max number of clients", "TARGET_UNAVAILABLE", "Redis has too many clients", True),
    ("ERR DB index", "TARGET_NOT_FOUND", "Redis has no database of that number", False),
    ("ERR invalid DB index", "TARGET_NOT_FOUND", "Redis has no database of that number", False),
    ("ERR SELECT is not allowed", "TARGET_NOT_FOUND", "a Redis Cluster has database 0 only", False),
    ("MOVED", "TARGET_FAILED", "this is a Redis Cluster, which is not served", False),
    ("CROSSSLOT", "TARGET_FAILED", "this is a Redis Cluster, which is not served", False),
    ("WRONGTYPE", "TARGET_MISMATCH", "a key of this name holds something else", False),
    ("DENIED", "TARGET_PERMISSION", "Redis is in protected mode and takes no clients from elsewhere", False),
)
"""How a reply begins, our code, our sentence, whether another attempt may help."""


def meaning(reply: object) -> DatabaseError:
    """An error reply as our error; of unknown ones only the first word, since replies may repeat what was sent."""
    said = str(reply)
    for start, code, sentence, retryable in _MEANINGS:
        if said.startswith(start):
            return DatabaseError(code, sentence, retryable)
    word = said.partition(" ")[0]
    return DatabaseError("TARGET_FAILED", f"Redis refused a command ({word if word.isalnum() else 'no reason given'})")


def done(reply: Any) -> list[Any]:
    """What the commands of a transaction answered. Raises `StaleAttemptError` when a watched key changed, or the first error."""
    if reply is None:
        raise StaleAttemptError
    for answer in reply:
        if isinstance(answer, hiredis.ReplyError):
            raise meaning(answer)
    return list(reply)


class Wire:
    """An open connection with the user logged in and the database chosen."""

    def __init__(self, url: Url) -> None:
        self._reader = hiredis.Reader()
        self._socket = _opened(url)
        try:
            if url.password is not None:
                self.command("AUTH", *([url.user] if url.user else []), url.password)
            self.command("SELECT", url.path or "0")
        except DatabaseError:
            self.close()
            raise

    def close(self) -> None:
        """Let go; a MULTI that is open is undone."""
        with contextlib.suppress(OSError):
            self._socket.close()

    def command(self, *words: Word) -> Any:
        """The reply of one command."""
        return self.commands([words])[0]

    def commands(self, commands: Iterable[Sequence[Word]]) -> list[Any]:
        """The replies of commands sent together. Raises the first error."""
        packed = [hiredis.pack_command(cast("Any", tuple(words))) for words in commands]
        self.send(b"".join(packed))
        return self.replies(len(packed))

    def answers(self, commands: Iterable[Sequence[Word]]) -> list[Any]:
        """The replies of commands sent together, a refusal as the `DatabaseError` it means."""
        packed = [hiredis.pack_command(cast("Any", tuple(words))) for words in commands]
        self.send(b"".join(packed))
        found = [self._reply() for _ in packed]
        return [meaning(reply) if isinstance(reply, hiredis.ReplyError) else reply for reply in found]

    def send(self, data: Any) -> None:
        """Bytes of whole commands; their replies are to be fetched later."""
        with _translated():
            self._socket.sendall(data)

    def replies(self, count: int) -> list[Any]:
        """The next replies. Raises the first error among them, once all are here."""
        found = [self._reply() for _ in range(count)]
        error = next((reply for reply in found if isinstance(reply, hiredis.ReplyError)), None)
        if error is not None:
            raise meaning(error)
        return found

    def _reply(self) -> Any:
        while (reply := self._reader.gets()) is False:
            with _translated():
                data = self._socket.recv(_RECEIVED)
            if not data:
                raise DatabaseError("TARGET_UNAVAILABLE", "Redis closed the connection", True)
            self._reader.feed(data)
        return reply


def _opened(url: Url) -> socket.socket:
    options = url.options
    port = url.port or PORT
    with _translated():
        plain = _first(url.addresses or (url.host,), port, float(options.get("socket_connect_timeout", CONNECT_SECONDS)))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened = _encrypted(plain, url) if url.scheme == "rediss" else plain
        opened.settimeout(float(options.get("socket_timeout", SOCKET_SECONDS)))
    return opened


def _first(places: Sequence[str], port: int, seconds: float) -> socket.socket:
    """A connection to the first address that answers."""
    for place in places[:-1]:
        with contextlib.suppress(OSError):
            return socket.create_connection((place, port), seconds)
    return socket.create_connection((places[-1], port), seconds)


def _encrypted(plain: socket.socket, url: Url) -> socket.socket:
    context = ssl.create_default_context(cafile=url.options.get("ssl_ca_certs"))
    if url.options.get("ssl_cert_reqs") == "none":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        return context.wrap_socket(plain, server_hostname=url.host)
    except OSError:
        plain.close()
        raise


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Errors of the network as `DatabaseError`."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise DatabaseError("TARGET_UNAVAILABLE", f"the certificate of Redis is not valid: {error.verify_message}") from error
    except TimeoutError as error:
        raise DatabaseError("TARGET_UNAVAILABLE", "Redis does not answer in time", True) from error
    except OSError as error:
        raise DatabaseError("TARGET_UNAVAILABLE", f"Redis cannot be reached: {error.strerror or 'no answer'}", True) from error
    except hiredis.HiredisError as error:
        raise DatabaseError("TARGET_INVALID", "this server does not speak the protocol of Redis") from error
