"""What goes wrong at a server: each gets its code, and no password shows."""

from __future__ import annotations

import inspect
import socket
import struct
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql
import pytest
from pymysql import connections, err

from services.common.databases import DatabaseError
from services.common.databases.mysql import connect
from services.common.databases.mysql.errors import UnofferedFileError, meaning, serious
from services.common.databases.mysql.wire import Wire
from tests.integration.databases.mysql_targets import batch, checked, opened
from tests.servers import MariaDb, free_port

CANARY = "p4ssw0rd-Canary-ü"
ENCODED = "p4ssw0rd-Canary-%C3%BC"


def failure(url: str) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught, opened(url):
        pass
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    assert CANARY not in shown
    assert ENCODED not in shown
    return caught.value


def test_wrong_password_no_database_no_server(mariadb: MariaDb) -> None:
    place = f"127.0.0.1:{mariadb.port}"
    found = failure(f"mysql://mockcraft:{ENCODED}@{place}/test")
    assert (found.code, found.retryable) == ("TARGET_AUTH_FAILED", False)
    found = failure(f"mysql://nobody:{ENCODED}@{place}/test")
    assert found.code == "TARGET_AUTH_FAILED"
    mariadb.run(f"GRANT ALL ON *.* TO canary@'127.0.0.1' IDENTIFIED BY '{CANARY}'")
    found = failure(f"mysql://canary:{ENCODED}@{place}/no_such_database")
    assert found.code == "TARGET_NOT_FOUND" and "database no_such_database" in str(found)
    with opened(f"mysql://canary:{ENCODED}@{place}/{mariadb.database()}") as database:
        with pytest.raises(DatabaseError) as caught:
            database.execute("SELECT nonsense FROM nowhere WHERE a = ?", (CANARY,))
        assert CANARY not in str(caught.value)
        assert caught.value.code == "TARGET_MISMATCH"
    found = failure(f"mysql://canary:{ENCODED}@127.0.0.1:{free_port()}/test")
    assert (found.code, found.retryable) == ("TARGET_UNAVAILABLE", True)
    found = failure(f"mysql://canary:{ENCODED}@{place}/test?ssl=on")  # this server has no certificate
    assert (found.code, found.retryable) == ("TARGET_UNAVAILABLE", False)


def test_a_killed_connection_leaves_nothing_and_says_so(mariadb: MariaDb, mariadb_url: str) -> None:
    rows, types = batch({"id": ("int", range(1000))})
    with opened(mariadb_url) as database:
        database.execute("CREATE TABLE t (id INT PRIMARY KEY)")
        number = database.query("SELECT CONNECTION_ID()")[0][0]
        with pytest.raises(DatabaseError) as caught, database.transaction():
            database.insert("t", rows, types)
            mariadb.run(f"KILL {number}")
            database.insert("t", rows, types)
        assert (caught.value.code, caught.value.retryable) == ("TARGET_UNAVAILABLE", True)
        with pytest.raises(DatabaseError) as caught:
            database.query("SELECT 1")
        assert (caught.value.code, caught.value.retryable) == ("TARGET_UNAVAILABLE", True)
    with opened(mariadb_url) as database:
        assert database.query("SELECT COUNT(*) FROM t") == [(0,)]


def test_deadlocks_and_lock_waits_may_be_tried_again(mariadb_url: str) -> None:
    with opened(mariadb_url) as one, opened(mariadb_url) as two:
        one.run_script("CREATE TABLE t (id INT PRIMARY KEY, v INT);\nINSERT INTO t VALUES (1, 1), (2, 2);\n")
        two.execute("SET SESSION innodb_lock_wait_timeout = 1")
        with one.transaction():
            one.execute("UPDATE t SET v = 9 WHERE id = 1")
            with pytest.raises(DatabaseError) as caught, two.transaction():
                two.insert("t", *batch({"id": ("int", [1]), "v": ("int", [1])}))
            assert (caught.value.code, caught.value.retryable) == ("TARGET_BUSY", True)
        assert two.update("UPDATE t SET v = 9 WHERE id = 1") == 1  # found, though it stays as it is
        assert two.update("UPDATE t SET v = 9 WHERE id = 77") == 0


def test_a_statement_of_ddl_commits_only_what_came_before(mariadb_url: str) -> None:
    with opened(mariadb_url) as database:
        with pytest.raises(RuntimeError), database.transaction():
            database.execute("CREATE TABLE t (id INT PRIMARY KEY)")
            database.execute("INSERT INTO t VALUES (1)")
            raise RuntimeError
        assert database.query("SELECT COUNT(*) FROM t") == [(0,)]
        database.execute("INSERT INTO t VALUES (2)")
    with opened(mariadb_url) as database:
        assert database.query("SELECT id FROM t") == [(2,)]


def test_a_server_that_switches_local_off_gets_inserts(mariadb: MariaDb, mariadb_url: str) -> None:
    rows, types = batch({"id": ("int", range(1000))})
    with opened(mariadb_url) as early:
        early.execute("CREATE TABLE t (id INT PRIMARY KEY)")
        mariadb.run("SET GLOBAL local_infile = 0")
        try:
            with opened(mariadb_url) as late:
                assert not late._session.local
                late.insert("t", rows, types)
            early.execute("DELETE FROM t")
            assert early._session.local
            early.insert("t", rows, types)  # told by the server's refusal
            assert not early._session.local
            assert early.query("SELECT COUNT(*) FROM t") == [(1000,)]
        finally:
            mariadb.run("SET GLOBAL local_infile = 1")


def test_permission_and_read_only(mariadb: MariaDb) -> None:
    name = mariadb.database()
    mariadb.run("CREATE TABLE t (id INT PRIMARY KEY)", name)
    mariadb.run(f"GRANT SELECT ON {name}.* TO reader@'127.0.0.1' IDENTIFIED BY 'r'")
    with opened(f"mysql://reader:r@127.0.0.1:{mariadb.port}/{name}") as database:
        with pytest.raises(DatabaseError) as caught:
            database.insert("t", *batch({"id": ("int", [1])}))
        assert caught.value.code == "TARGET_PERMISSION"
    for number, code in ((1290, "TARGET_READ_ONLY"), (1114, "DISK_FULL"), (1053, "TARGET_UNAVAILABLE"), (9999, "TARGET_FAILED")):
        assert meaning(number, "x").code == code
    assert meaning(1030, "Got error 28 from storage engine").code == "DISK_FULL"
    cut = ("Warning", 1265, "Data truncated for column 'a' at row 1")
    worst = serious([("Note", 1051, "x"), cut, ("Warning", 1062, "Duplicate entry 'secret' for key 'k'")])
    assert worst is not None
    assert worst.code == "TARGET_CONFLICT"
    assert "key k" in str(worst)
    assert "secret" not in str(worst)
    assert serious([("Note", 1051, "x")]) is None


# a server that asks for files


def packet(number: int, payload: bytes) -> bytes:
    return struct.pack("<I", len(payload))[:3] + bytes([number]) + payload


GREETING = b"".join([
    b"\x0a5.5.5-10.11.0-MariaDB\0", struct.pack("<I", 7), b"saltsalt\0", struct.pack("<H", 0xF7FF & ~0x800), b"\x2d",
    struct.pack("<HH", 2, 0x000F), b"\x15", bytes(10), b"saltsaltsalt\0", b"mysql_native_password\0",
])  # fmt: skip
OK = b"\0\0\0\x02\0\0\0"


@contextmanager
def rogue(asked: bytes, after: int) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers the `after`-th statement with a request for the file `asked`; what it got after that."""
    got: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(10)
            peer.sendall(packet(0, GREETING))
            peer.recv(65_536)
            peer.sendall(packet(2, OK))
            for number in range(after + 1):
                if not peer.recv(65_536):
                    return
                peer.sendall(packet(1, b"\xfb" + asked if number == after else OK))
            try:
                got.append(peer.recv(65_536))
            except OSError:
                got.append(b"")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], got
    finally:
        thread.join()
        listener.close()


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_rogue_server_gets_no_file(after: int, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary of the file")
    with rogue(str(tmp_path / "secret").encode(), after) as (port, got), pytest.raises(DatabaseError):
        connect(checked(f"mysql://u:p@127.0.0.1:{port}/d"))
    assert b"canary" not in b"".join(got)


def test_only_the_offered_stream_is_served_and_once(mariadb_url: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary of the file")
    with opened(mariadb_url) as database:
        database.execute("CREATE TABLE t (v TEXT)")
        sql = f"LOAD DATA LOCAL INFILE '{tmp_path}/secret' INTO TABLE t"
        with pytest.raises(DatabaseError, match="refused"):
            database.execute(sql)
    with opened(mariadb_url) as database:
        wire = database._session.wire
        with pytest.raises(UnofferedFileError):
            wire.load(lambda name: sql, [b"rows\n"])
    with opened(mariadb_url) as database:
        wire = database._session.wire
        result = wire.load(lambda name: f"LOAD DATA LOCAL INFILE '{name}' INTO TABLE t", [b"a\nb", b"\n"])
        assert result.affected_rows == 2
        with pytest.raises(ZeroDivisionError):
            wire.load(lambda name: f"LOAD DATA LOCAL INFILE '{name}' INTO TABLE t", (1 // 0 for _ in range(1)))
        assert database.query("SELECT v FROM t ORDER BY v") == [("a",), ("b",)]  # the connection goes on
    with opened(mariadb_url) as database, pytest.raises((RuntimeError, err.Error)):
        database._session.wire.query(sql)


def test_the_driver_has_the_parts_we_replace() -> None:
    """`Wire` takes the place of private parts of PyMySQL; another version must be looked at before it is trusted."""
    assert pymysql.VERSION[:2] == (1, 2), "read services/common/databases/mysql/wire.py against this version"
    assert list(inspect.signature(connections._send_local_file).parameters) == ["filename", "conn"]
    served = inspect.getsource(connections.MySQLResult._read_load_local_packet)
    assert "if not conn._local_infile" in served  # off for us: refused wherever ours is not asked
    assert "_send_local_file" in served
    methods = inspect.getmembers(connections.MySQLResult, inspect.isfunction)
    callers = [name for name, found in methods if "_read_load_local_packet(" in inspect.getsource(found)]
    assert callers == ["_read_load_local_packet", "init_unbuffered_query", "read"]
    reading: Callable[..., int] = connections.Connection._read_query_result
    assert list(inspect.signature(reading).parameters) == ["self", "unbuffered"]
    assert "self._read_query_result(unbuffered=unbuffered)" in inspect.getsource(connections.Connection.query)
    wire = Wire(host="x", user="y")
    assert wire._local_infile is False
    for part in ("_execute_command", "_read_packet", "_read_bytes", "_force_close", "write_packet", "_secure"):
        assert hasattr(wire, part)
