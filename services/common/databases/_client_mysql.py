"""The command line tools of MySQL and MariaDB: how they are called, what they complain of, and what passes between them.

A password reaches them in their environment alone.
"""

from __future__ import annotations

import re
import ssl
import subprocess
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from services.common.databases import DatabaseError
from services.common.databases._catalogue_mysql import DEFINER, unqualified
from services.common.databases._hosts import Url
from services.common.databases._tools import Tool, find_tool
from services.common.databases.mysql.errors import meaning
from services.common.databases.mysql.script import quoted

FOLDERS: Final = ("/usr/bin", "/usr/local/bin", "/usr/local/mysql/bin", "/opt/homebrew/opt/*/bin")
_HEAD: Final = 1 << 16
_NUMBER: Final = re.compile(r"(?:Got error: |ERROR |error: )(\d{4})\b[^:]*:\s*(.*)", re.DOTALL)
_MARIADB_DUMP: Final = ("--max-allowed-packet=1G",)
_MYSQL_DUMP: Final = ("--max-allowed-packet=1G", "--set-gtid-purged=OFF", "--column-statistics=0")
_DUMP: Final = (
    "--single-transaction", "--quick", "--routines", "--triggers", "--events", "--hex-blob", "--no-tablespaces",
    "--default-character-set=utf8mb4", "--tz-utc", "--skip-dump-date", "--skip-add-locks",
)  # fmt: skip
_QUIET: Final = (
    "--batch", "--binary-mode", "--raw", "--quick", "--skip-column-names", "--default-character-set=utf8mb4",
    "--max-allowed-packet=1G", "--skip-reconnect",
)  # fmt: skip


def dump_program(mariadb: bool) -> Path:
    """The tool that dumps, that of the server's own kind first. Raises `DatabaseError` TOOL_MISSING."""
    return _program("mariadb-dump", "mysqldump", mariadb)


def client_program(mariadb: bool) -> Path:
    """The tool that runs statements. Raises `DatabaseError` TOOL_MISSING."""
    return _program("mariadb", "mysql", mariadb)


def is_mariadb(program: Path) -> bool:
    """Whether a tool is MariaDB's."""
    done = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    return "mariadb" in done.stdout.lower()


def _program(ours: str, theirs: str, mariadb: bool) -> Path:
    names, package = ((ours, theirs), "mariadb-client") if mariadb else ((theirs, ours), "default-mysql-client")
    try:
        return find_tool(names[0], FOLDERS, package)
    except DatabaseError:
        try:
            return find_tool(names[1], FOLDERS, package)
        except DatabaseError:
            raise DatabaseError("TOOL_MISSING", f"{names[0]} is not installed; Debian has it in {package}") from None


def dumping(program: Path, url: Url, without_rows: Sequence[str]) -> list[str]:
    """The command that dumps a database, the rows of some tables left out where the tool can."""
    ours = is_mariadb(program)
    left_out = [f"--ignore-table-data={url.path}.{name}" for name in without_rows] if ours else []
    more = _MARIADB_DUMP if ours else _MYSQL_DUMP
    return [str(program), "--no-defaults", *_where(program, url), *_DUMP, *more, *left_out, "--", url.path]


def running(program: Path, url: Url, database: str) -> list[str]:
    """The command that runs the statements it is fed, and ends at the first that fails."""
    return [str(program), "--no-defaults", *_where(program, url), *_QUIET, f"--database={database}"]


def _where(program: Path, url: Url) -> list[str]:
    mode = url.options.get("ssl", "off" if url.addresses else "")
    host = url.host if mode == "verify" or not url.addresses else url.addresses[0]
    place = ["--protocol=TCP", f"--host={host}", f"--port={url.port or 3306}", f"--user={url.user}"]
    return place + (_tls_mariadb if is_mariadb(program) else _tls_mysql)(mode, url)


def _tls_mariadb(mode: str, url: Url) -> list[str]:
    if mode == "off":
        return ["--skip-ssl"]
    if mode == "verify":
        return ["--ssl", "--ssl-verify-server-cert", *_authorities(url)]
    return ["--ssl", "--skip-ssl-verify-server-cert"] if mode == "on" else ["--skip-ssl-verify-server-cert"]


def _tls_mysql(mode: str, url: Url) -> list[str]:
    modes = {"off": "DISABLED", "on": "REQUIRED", "verify": "VERIFY_IDENTITY"}
    return [f"--ssl-mode={modes.get(mode, 'PREFERRED')}", *(_authorities(url) if mode == "verify" else [])]


def _authorities(url: Url) -> list[str]:
    known = ssl.get_default_verify_paths()
    file = url.options.get("ssl_ca") or known.cafile
    return [f"--ssl-ca={file}"] if file else [f"--ssl-capath={known.capath}"] if known.capath else []


class MysqlTool(Tool):
    """A tool whose complaints are errors of the server."""

    def __init__(self, command: Sequence[Any], url: Url, **options: Any) -> None:
        secret = url.password or ""
        super().__init__(command, {"MYSQL_PWD": secret}, secrets=[secret], **options)

    def wait(self) -> None:
        """Raises `DatabaseError` when it failed, with the code of the server's error and no value of a row."""
        try:
            super().wait()
        except DatabaseError as error:
            match = _NUMBER.search(self.complaint)
            if match is None:
                raise
            said = meaning(int(match[1]), match[2].partition("\n")[0])
            code = "TOOL_FAILED" if said.code == "TARGET_FAILED" else said.code
            raise DatabaseError(code, f"{self.name}: {said}", said.retryable) from error


class Passing:
    """A dump on its way into another database: cut so that its own lines can be told from rows, and adjusted.

    Events are made asleep (`asleep` keeps the state they had), definers are left out where they may not be set, and what
    names the database of the dump names the other one.
    """

    def __init__(self, source: str, target: str, definers: bool) -> None:
        self._source, self._target, self._definers = source, target, definers
        self.states: dict[str, str] = {}

    def read(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The adjusted dump."""
        for piece, begins in cut_at_lines(pieces):
            yield _SPECIAL.sub(self._adjusted, piece) if begins and _STARTS.search(piece) else piece

    def _adjusted(self, match: re.Match[bytes]) -> bytes:
        line = match[0].decode("utf-8", "surrogateescape")
        if line.startswith("ALTER DATABASE"):
            line = _ALTER.sub(lambda _: f"ALTER DATABASE {quoted(self._target)}", line, count=1)
        elif line.startswith("/*!50001 VIEW"):
            line = line.replace(f"{quoted(self._source)}.", "")
        elif _TRIGGER.match(line):
            line = unqualified("TRIGGER", line, self._source)
        elif event := _EVENT.match(line):
            self.states[event["name"].replace("``", "`")] = event["state"]
            line = line[: event.start("state")] + "DISABLE" + line[event.end("state") :]
        if not self._definers:
            line = _DEFINER.sub("", line, count=1)
        return line.encode("utf-8", "surrogateescape")


_STARTS: Final = re.compile(rb"(?m)^(?:/\*!50|CREATE |ALTER DATABASE)")
_SPECIAL: Final = re.compile(
    rb"(?m)^(?:ALTER DATABASE `|CREATE DEFINER|/\*!50001 VIEW |/\*!50013 DEFINER|/\*!50003 CREATE\*/|/\*!50106 CREATE\*/)[^\n]*"
)
_DEFINER: Final = re.compile(DEFINER.replace(r"|\S+", ""))
_ALTER: Final = re.compile(r"ALTER DATABASE `(?:[^`]|``)*`")
_TRIGGER: Final = re.compile(r"/\*!50003 CREATE\*/ .*?/\*!50003 TRIGGER ")
_EVENT: Final = re.compile(
    r"/\*!50106 CREATE\*/ .*?/\*!50106 EVENT `(?P<name>(?:[^`]|``)*)` .*? ON COMPLETION (?:NOT )?PRESERVE "
    r"(?P<state>ENABLE|DISABLE(?: ON (?:SLAVE|REPLICA))?)"
)


def cut_at_lines(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The same bytes in pieces that begin where a line does (true), or within a line of more than 64 KiB (false)."""
    held, inside = b"", False
    for piece in pieces:
        data = held + piece
        cut = data.rfind(b"\n") + 1
        if inside and not cut:
            yield data, False
            continue
        if inside:
            end = data.find(b"\n") + 1
            yield data[:end], False
            data, cut, inside = data[end:], cut - end, False
        if cut:
            yield data[:cut], True
        held = data[cut:]
        if len(held) > _HEAD:
            yield held, True
            held, inside = b"", True
    if held:
        yield held, not inside


class Counters:
    """Finds in a dump as it passes what it sets its counters to: they do not belong to any snapshot."""

    def __init__(self, known: Collection[str]) -> None:
        self._known, self._table = known, ""
        self.found: dict[str, int] = {}

    def read(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces, cut at lines."""
        for piece, begins in cut_at_lines(pieces):
            if begins:
                self._read(piece)
            yield piece

    def _read(self, piece: bytes) -> None:
        for match in _COUNTING.finditer(piece):
            if match["table"] is not None:
                self._table = _name(match["table"])
            elif match["next"]:
                self._note(self._table, match["next"])
            elif match["sequence"]:
                self._note(_name(match["sequence"]), match["value"])

    def _note(self, name: str, value: bytes) -> None:
        if name in self._known:  # a routine may hold a statement that looks like it; it comes after the tables
            self.found.setdefault(name, int(value))


_COUNTING: Final = re.compile(
    rb"(?m)^(?:CREATE TABLE (?:IF NOT EXISTS )?`(?P<table>(?:[^`]|``)*)`|\) [^\n]*? AUTO_INCREMENT=(?P<next>\d+)"
    rb"|(?:DO|SELECT) SETVAL\(`(?P<sequence>(?:[^`]|``)*)`, (?P<value>-?\d+), 0\))"
)


def _name(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape").replace("``", "`")
