"""The connection: PyMySQL's, but a server gets no file of this machine, only the stream it was offered.

A server may answer any statement with "send me the file so-and-so", and PyMySQL would open it. Here that answer is
met by `Wire` alone: it serves what `load` offers, once and under its name, and closes the connection otherwise.
PyMySQL's own way stays switched off (`local_infile` false, only the capability is announced), so that it refuses
wherever this one is not asked.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from pymysql import connections, err
from pymysql.constants import CLIENT, COMMAND, CR

from services.common.databases.mysql.errors import UnofferedFileError

FLAGS: Final = CLIENT.LOCAL_FILES | CLIENT.FOUND_ROWS
"""LOAD DATA LOCAL may be used; an UPDATE counts the rows it found, also those that stayed as they were."""
_LARGEST_PACKET: Final = 0xFFFFFF
_names = itertools.count(1)
_driver: Any = connections  # its stubs leave the protocol out


class Wire(_driver.Connection):  # type: ignore[misc]  # of no known type
    """A connection to a server that is not trusted with files."""

    chunk = 1 << 16
    """Bytes of a packet of a stream; at most what the server takes."""

    def __init__(self, **options: Any) -> None:
        self._offer: tuple[bytes, Iterable[Any]] | None = None
        super().__init__(local_infile=False, client_flag=FLAGS, autocommit=None, defer_connect=True, **options)

    def run(self, sql: str | bytes) -> Any:
        """One statement with its whole result."""
        self._execute_command(COMMAND.COM_QUERY, sql)
        self._read_query_result()
        return self._result

    def load(self, statement: Callable[[str], str], pieces: Iterable[Any]) -> Any:
        """A LOAD DATA LOCAL statement, made with the name of the file, that reads these pieces (buffers)."""
        name = f"mockcraft-rows-{next(_names)}"
        self._offer = (name.encode(), pieces)
        try:
            return self.run(statement(name))
        finally:
            self._offer = None

    def rows(self, sql: str) -> Iterator[bytes]:
        """The rows of a statement as the server packs them, one by one as they come. To be read to the end."""
        self._execute_command(COMMAND.COM_QUERY, sql)
        first = self._read_packet()
        if first.is_load_local_packet():
            self.serve(b"")
        for _ in range(first.read_length_encoded_integer() + 1):  # the columns, and what ends them
            self._read_packet()
        while (row := self._read_row()) is not None:
            yield row

    def _read_row(self) -> bytes | None:
        """The next row; None at the end."""
        data = self._read_payload()
        if data[:1] == b"\xff":
            err.raise_mysql_exception(data)
        return None if data[:1] == b"\xfe" and len(data) < 9 else data

    def _read_payload(self) -> bytes:
        """A packet's content; large ones come in parts."""
        size = int.from_bytes(self._read_bytes(4)[:3], "little")
        data: bytes = self._read_bytes(size)
        return data if size < _LARGEST_PACKET else data + self._read_payload()

    def serve(self, name: bytes) -> None:
        """Answer a request for a file. Any but the offered one: the connection is closed, raises `UnofferedFileError`."""
        offer, self._offer = self._offer, None
        if offer is None or name != offer[0]:
            self._force_close()
            raise UnofferedFileError(CR.CR_UNKNOWN_ERROR, "a file was asked for")
        try:
            for piece in offer[1]:
                self._send(memoryview(piece))
        except err.Error:
            raise
        except Exception:
            with contextlib.suppress(err.Error):
                self.write_packet(b"")
                self._read_packet()
            raise
        except BaseException:
            self._force_close()
            raise
        self.write_packet(b"")

    def _send(self, piece: memoryview) -> None:
        for at in range(0, len(piece), self.chunk):
            self.write_packet(bytes(piece[at : at + self.chunk]))

    def drop(self) -> None:
        """Close without a word."""
        self._force_close()

    def _read_query_result(self, unbuffered: bool = False) -> int:
        self._result = None
        result = _Result(self)
        result.read()
        self._result = result
        if result.server_status is not None:
            self.server_status = result.server_status
        return int(result.affected_rows or 0)


class _Result(_driver.MySQLResult):  # type: ignore[misc]  # of no known type
    """A result whose request for a file goes to `Wire.serve`."""

    def _read_load_local_packet(self, first_packet: Any) -> None:
        wire: Any = self.connection
        wire.serve(_driver.LoadLocalPacketWrapper(first_packet).filename)
        answer = wire._read_packet()
        if not answer.is_ok_packet():
            wire.drop()
            raise err.OperationalError(CR.CR_COMMANDS_OUT_OF_SYNC, "")
        self._read_ok_packet(answer)
