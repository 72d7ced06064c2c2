"""Opening a session: the checked address, TLS as the URL says, and settings that make statements mean one thing."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymysql import err
from pymysql.constants import CR

from services.common.databases import DatabaseError
from services.common.databases._hosts import Url
from services.common.databases.mysql.errors import translated
from services.common.databases.mysql.script import bound
from services.common.databases.mysql.wire import Wire

MODE: Final = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
_SETTINGS: Final = (
    f"SET SESSION sql_mode = '{MODE}', time_zone = '+00:00', autocommit = 1, foreign_key_checks = 1, unique_checks = 1,"
    " innodb_lock_wait_timeout = 50, lock_wait_timeout = 60, net_read_timeout = 600, net_write_timeout = 600,"
    " sql_notes = 1, max_error_count = 64, sql_safe_updates = 0, sql_select_limit = DEFAULT, sql_auto_is_null = 0,"
    " sql_quote_show_create = 1"
)
_MYSQL_SETTINGS: Final = "SET SESSION information_schema_stats_expiry = 0, max_execution_time = 0"
_ASKED: Final = ("version", "local_infile", "max_allowed_packet", "log_bin", "binlog_format")
_TIMEOUTS: Final = {"connect_timeout": 10, "read_timeout": 3600, "write_timeout": 600}  # seconds
_CHUNK: Final = 1 << 18


class _Clear:
    """Passwords in the clear go through TLS or not at all."""

    def __init__(self, wire: Any) -> None:
        self._wire = wire

    def authenticate(self, packet: Any) -> Any:
        """The password. Raises `OperationalError` without TLS."""
        if not self._wire.ssl or not isinstance(self._wire._sock, ssl.SSLSocket):
            raise err.OperationalError(CR.CR_AUTH_PLUGIN_ERR, "")
        self._wire.write_packet(self._wire.password + b"\0")
        return self._wire._read_packet()


class _Never:
    """Ways to log in that give the password away."""

    def __init__(self, wire: Any) -> None:
        self._wire = wire

    def authenticate(self, packet: Any) -> Any:
        """Raises `OperationalError`."""
        raise err.OperationalError(CR.CR_AUTH_PLUGIN_ERR, "")


_PLUGINS: Final[dict[str, type]] = {"mysql_clear_password": _Clear, "mysql_old_password": _Never, "dialog": _Never}


@dataclass
class Session:
    """An open connection and what its server is like."""

    wire: Wire
    mariadb: bool
    local: bool
    packet: int

    def run(self, sql: str, params: Sequence[Any] = ()) -> Any:
        """One statement, placeholders `?`; the driver's result."""
        with translated():
            return self.wire.run(bound(sql, params, self.wire.escape) if params else sql)

    def query(self, sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement."""
        return list(self.run(sql, params).rows or ())

    def close(self) -> None:
        """Let go; an open transaction is undone."""
        with contextlib.suppress(err.Error):
            self.wire.close()


def open_session(url: Url) -> Session:
    """Connect and log in. Raises `DatabaseError`."""
    with translated():
        wire = Wire(**_options(url))
        try:
            wire.connect(_socket(url))
            return _ready(wire)
        except ssl.SSLError:
            wire.drop()
            raise err.OperationalError(CR.CR_SSL_CONNECTION_ERROR, "") from None
        except err.OperationalError as error:
            wire.drop()
            if isinstance(getattr(error, "original_exception", None), ssl.SSLError):
                raise err.OperationalError(CR.CR_SSL_CONNECTION_ERROR, "") from None
            raise
        except BaseException:
            wire.drop()
            raise


def _socket(url: Url) -> socket.socket:
    """Connected to the first address that answers."""
    seconds = _seconds(url, "connect_timeout")
    for last, address in _marked(url.addresses or (url.host,)):
        try:
            found = socket.create_connection((address, url.port or 3306), seconds)
        except OSError:
            if last:
                raise
            continue
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return found
    raise OSError


def _marked(addresses: Sequence[str]) -> list[tuple[bool, str]]:
    return [(number == len(addresses), address) for number, address in enumerate(addresses, start=1)]


def _seconds(url: Url, name: str) -> int:
    return int(url.options.get(name, _TIMEOUTS[name]))


def _options(url: Url) -> dict[str, Any]:
    """The driver's arguments."""
    return {
        "host": url.host,
        "port": url.port,
        "user": url.user,
        "password": (url.password or "").encode(),
        "database": url.path,
        "charset": "utf8mb4",
        "program_name": "mockcraft",
        "auth_plugin_map": _PLUGINS,
        **{name: _seconds(url, name) for name in _TIMEOUTS},
        **_tls(url),
    }


def _tls(url: Url) -> dict[str, Any]:
    """`verify` checks name and certificate, `on` encrypts only; by default it is tried off this machine."""
    mode = url.options.get("ssl", "off" if url.addresses else "")
    if mode == "off":
        return {"ssl_disabled": True}
    try:
        context = ssl.create_default_context(cafile=url.options.get("ssl_ca"))
    except OSError:
        raise DatabaseError("TARGET_INVALID", "the file that ssl_ca names holds no certificates that can be read") from None
    if mode == "verify":
        return {"ssl": context}
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return {"ssl": context} if mode == "on" else {}


def _ready(wire: Wire) -> Session:
    """The session with its settings."""
    names = ", ".join(f"'{name}'" for name in _ASKED)
    found = dict(wire.run(f"SHOW SESSION VARIABLES WHERE Variable_name IN ({names})").rows or ())
    mariadb = "mariadb" in str(found.get("version", "")).lower()
    wire.run(_SETTINGS)
    if not mariadb:
        wire.run(_MYSQL_SETTINGS)
    if found.get("log_bin") != "ON" or found.get("binlog_format") != "STATEMENT":
        wire.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    packet = int(found.get("max_allowed_packet", 1 << 22))
    wire.chunk = max(1024, min(_CHUNK, packet // 2))
    return Session(wire, mariadb, found.get("local_infile") == "ON", packet)
