"""Reading tables of MySQL and MariaDB in a snapshot that a client of its own keeps open, away from this process."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Final

from services.common.databases import DatabaseError, _digester
from services.common.databases._catalogue_mysql import Table
from services.common.databases._client_mysql import MysqlTool, client_program, running
from services.common.databases._hosts import Url
from services.common.databases._tools import Feeding, Tool, Tools
from services.common.databases.dumps import Contents, Tell
from services.common.databases.mysql.script import quoted
from services.common.databases.mysql.session import Session

_OPEN: Final = """SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;
SET SESSION wait_timeout = 2147483, net_write_timeout = 86400, net_read_timeout = 86400;
SET SESSION time_zone = '+00:00', sql_mode = '';
START TRANSACTION WITH CONSISTENT SNAPSHOT;
"""
_POLL_SECONDS: Final = 0.005


class Reading:
    """A client that opens a snapshot when it is made, and reads from it what it is asked for, once."""

    def __init__(self, session: Session, url: Url, tools: Tools, stack: ExitStack, *, hashed: bool = False) -> None:
        """`stack` ends the processes; `hashed`: rows go to another one, which digests them."""
        self._session, self._tools, self._marker = session, tools, secrets.token_hex(16)
        command = running(client_program(session.mariadb), url, url.path)
        self._source = stack.enter_context(tools.run(lambda: MysqlTool(command, url, stdin=True)))
        self._digester: Tool | None = None
        if hashed:
            hasher = [sys.executable, "-I", str(_digester.__file__), self._marker]
            self._digester = stack.enter_context(tools.run(lambda: Tool(hasher, {}, source=self._source.output)))
            self._source.output.close()  # it is the hasher's now
        sink = self._source.process.stdin
        assert sink
        sink.write(f"{_OPEN}DO GET_LOCK('{self._marker}', 0);\n".encode())
        sink.flush()

    def wait_until_open(self) -> None:
        """Until the snapshot is there: the client says so by a lock of the server's."""
        while self._session.query("SELECT IS_USED_LOCK(?)", [self._marker])[0][0] is None:
            self._tools.check()
            if self._source.process.poll() is not None:
                self._source.wait()
                raise DatabaseError("TOOL_FAILED", f"{self._source.name} ended early")
            time.sleep(_POLL_SECONDS)

    def ask(self, tables: Sequence[Table]) -> None:
        """Begin to digest tables."""
        self._feed([table.select() for table in tables])

    def digests(self, tables: Sequence[Table], tell: Tell) -> Iterator[Contents]:
        """Those of the tables that were asked for."""
        assert self._digester
        found = 0
        for line in self._digester.output:
            at, rows, digest = line.decode().split()
            yield Contents(tables[int(at)].name, int(rows), digest)
            found += 1
            tell("digest", found, len(tables))
        self._source.wait()
        self._digester.wait()
        if found != len(tables):
            raise DatabaseError("TOOL_FAILED", f"{self._source.name} read {found} of {len(tables)} tables")

    def inserts(self, tables: Sequence[Table]) -> Iterator[bytes]:
        """Statements that replace the rows of tables by what is in the snapshot."""
        self._feed([table.select_literals() for table in tables])
        begins = self._marker.encode()
        rest, head = b"", b""
        for piece in self._source.pieces():
            *lines, rest = (rest + piece).split(b"\n")
            rows: list[bytes] = []
            for line in lines:
                if not line.startswith(begins):
                    rows.append(line)
                    continue
                yield _statement(head, rows)
                table, rows = tables[int(line[len(begins) :])], []
                head = table.insert().encode()
                yield f"DELETE FROM {quoted(table.name)};\n".encode()  # noqa: S608 - quoted
            yield _statement(head, rows)

    def _feed(self, queries: Sequence[str]) -> None:
        marked = (f"SELECT '{self._marker} {at}';\n{query};\n".encode() for at, query in enumerate(queries))
        Feeding(self._source, marked)


def _statement(head: bytes, rows: Sequence[bytes]) -> bytes:
    return head + b"\n" + b",\n".join(rows) + b";\n" if rows else b""
