"""Private database servers for tests: one process, one temporary folder, one free port; stopped by pid at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

START_SECONDS = 60


@dataclass(frozen=True)
class Postgres:
    """A running server; `database()` makes an empty database and gives its URL, `crash()` kills it and starts it again."""

    port: int
    pid: int
    crash: Crash | None = None

    def database(self) -> str:
        import psycopg

        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://mockcraft:secret@127.0.0.1:{self.port}/{name}"


def find_program(name: str, *folders: str) -> Path | None:
    """A server's program: on the path, or where distributions hide it."""
    found = shutil.which(name)
    candidates = [Path(found)] if found else [p for folder in folders for p in Path("/").glob(f"{folder.lstrip('/')}/{name}")]
    return sorted(candidates)[-1].resolve() if candidates else None


def missing(server: str) -> None:
    """Skip a test whose server is not installed; in continuous integration that is a failure."""
    text = f"{server} is not installed: tests/install_servers.sh"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_user() -> str | None:
    """Servers refuse to run as root: the account to run them as then."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), None)


@contextmanager
def server_folder(user: str | None) -> Iterator[Path]:
    """A temporary folder that belongs to the server's account."""
    folder = Path(tempfile.mkdtemp(prefix="mockcraft-server-"))
    try:
        if user:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Crash:
    """Kills a server, with all it started, and starts it again on the same port and data."""

    def __init__(self, begin: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._begin = begin
        self._process = begin()

    def __call__(self, away: float = 0.5) -> None:
        """Be away for so many seconds."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        time.sleep(away)
        self._process = self._begin()

    @property
    def pid(self) -> int:
        """Of the server that runs now."""
        return self._process.pid


@contextmanager
def running(command: list[str], folder: Path, user: str | None) -> Iterator[subprocess.Popen[bytes]]:
    """The process of a command as that user; ended by its pid."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, user=user, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """A private PostgreSQL. Raises `FileNotFoundError` when there is none."""
    initdb, postgres = (find_program(name, "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin") for name in ("initdb", "postgres"))
    if initdb is None or postgres is None:
        raise FileNotFoundError("postgres")
    user, port = server_user(), free_port()
    with server_folder(user) as folder:
        (folder / "password").write_text("secret")
        (folder / "password").chmod(0o644)
        init = [str(initdb), "-D", str(folder / "data"), "-U", "mockcraft", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync"]
        subprocess.run(
            [*init, "--pwfile", str(folder / "password")], check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "fsync": "off",
            "max_connections": 60,
        }
        flags = [f"--{key}={value}" for key, value in options.items()]
        with ExitStack() as stack:

            def begin() -> subprocess.Popen[bytes]:
                process = stack.enter_context(running([str(postgres), "-D", str(folder / "data"), *flags], folder, user))
                _wait_for_postgres(process, port, folder / "log")
                return process

            crash = Crash(begin)
            yield Postgres(port, crash.pid, crash)


def _wait_for_postgres(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(f"postgresql://mockcraft:secret@127.0.0.1:{port}/postgres").close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}") from None
            time.sleep(0.1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One private PostgreSQL for the session."""
    try:
        with run_postgres() as server:
            yield server
    except FileNotFoundError:
        missing("PostgreSQL")


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """URL of an empty database of its own."""
    return postgres.database()


@dataclass(frozen=True)
class MariaDb:
    """A running server; `database()` makes an empty database and gives its name, `crash()` kills it and starts it again."""

    port: int
    pid: int
    client: Path
    crash: Crash | None = None

    def database(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        self.run(f"CREATE DATABASE {name}")
        return name

    def run(self, sql: str | bytes, database: str = "") -> bytes:
        """What the command line client prints for the statements: rows as lines, columns between tabs, nothing escaped."""
        where = [
            "--no-defaults",
            "--host=127.0.0.1",
            f"--port={self.port}",
            "--user=mockcraft",
            "--default-character-set=utf8mb4",
        ]
        command = [str(self.client), *where, "--batch", "--raw", "--skip-column-names", *([database] if database else [])]
        text = sql.encode() if isinstance(sql, str) else sql
        done = subprocess.run(command, input=text, capture_output=True, env={**os.environ, "MYSQL_PWD": "secret"})
        if done.returncode:
            raise RuntimeError(done.stderr.decode(errors="replace"))
        return done.stdout


@contextmanager
def run_mariadb(**more: object) -> Iterator[MariaDb]:
    """A private MariaDB, with further options of the server (`ssl_cert="…"`). Raises `FileNotFoundError` when there is none."""
    install, server, client = (
        find_program(name, "/usr/bin", "/usr/sbin", "/usr/local/bin") for name in ("mariadb-install-db", "mariadbd", "mariadb")
    )
    if install is None or server is None or client is None:
        raise FileNotFoundError("mariadbd")
    user, port = server_user(), free_port()
    with server_folder(user) as folder:
        data = folder / "data"
        made = [str(install), "--no-defaults", f"--datadir={data}", "--skip-test-db", "--auth-root-authentication-method=normal"]
        subprocess.run(made, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (folder / "init.sql").write_text("GRANT ALL ON *.* TO mockcraft@'127.0.0.1' IDENTIFIED BY 'secret' WITH GRANT OPTION;\n")
        options = {
            "datadir": data,
            "socket": folder / "socket",
            "pid-file": folder / "pid",
            "port": port,
            "bind-address": "127.0.0.1",
            "skip-name-resolve": 1,
            "init-file": folder / "init.sql",
            "innodb-flush-log-at-trx-commit": 0,
            **{name.replace("_", "-"): value for name, value in more.items()},
        }
        flags = [f"--{key}={value}" for key, value in options.items()]
        with ExitStack() as stack:

            def begin() -> subprocess.Popen[bytes]:
                process = stack.enter_context(running([str(server), "--no-defaults", *flags], folder, user))
                _wait_for_mariadb(process, MariaDb(port, process.pid, client), folder / "log")
                return process

            crash = Crash(begin)
            yield MariaDb(port, crash.pid, client, crash)


def _wait_for_mariadb(process: subprocess.Popen[bytes], server: MariaDb, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.run("SELECT 1")
            return
        except RuntimeError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"MariaDB did not start: {log.read_text(errors='replace')[-4000:]}") from None
            time.sleep(0.1)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """One private MariaDB for the session."""
    try:
        with run_mariadb() as server:
            yield server
    except FileNotFoundError:
        missing("MariaDB")


@dataclass(frozen=True)
class Redis:
    """A running server with a password; `url()` is that of one of its numbered databases."""

    port: int
    pid: int

    def url(self, number: int = 0, options: str = "") -> str:
        return f"redis://:secret@127.0.0.1:{self.port}/{number}{options}"


@contextmanager
def run_redis(*flags: str) -> Iterator[Redis]:
    """A private Redis that keeps nothing on the disk. Raises `FileNotFoundError` when there is none."""
    program = shutil.which("redis-server")  # not resolved: one program with many names
    if program is None:
        raise FileNotFoundError("redis-server")
    user, port = server_user(), free_port()
    with server_folder(user) as folder:
        config = f'bind 127.0.0.1\nport {port}\nrequirepass secret\nsave ""\nappendonly no\ndir {folder}\n'
        (folder / "redis.conf").write_text(config)
        (folder / "redis.conf").chmod(0o644)
        with running([program, str(folder / "redis.conf"), *flags], folder, user) as process:
            _wait_for_port(process, port, folder / "log", "Redis")
            yield Redis(port, process.pid)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """One private Redis for the session."""
    try:
        with run_redis() as server:
            yield server
    except FileNotFoundError:
        missing("Redis")


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """URL of an empty database; tests of one session share it one after another."""
    import redis

    client = redis.Redis.from_url(redis_server.url())
    client.flushall()
    client.close()
    return redis_server.url()


@dataclass(frozen=True)
class MongoDb:
    """A running server that speaks MongoDB's protocol; `database()` is the URL of an empty database."""

    port: int
    pid: int

    def database(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/test_{uuid.uuid4().hex}"


@contextmanager
def run_mongodb() -> Iterator[MongoDb]:
    """A private nx-27017, MongoDB's protocol over SQLite, all in memory. Raises `FileNotFoundError` when there is none."""
    program = Path(sys.executable).with_name("nx-27017")
    if not program.exists():
        raise FileNotFoundError("nx-27017")
    port = free_port()
    with server_folder(None) as folder:
        places = ["--log-file", str(folder / "server.log"), "--pid-file", str(folder / "pid")]
        with running([str(program), "--data-dir", "memory", "--port", str(port), *places], folder, None) as process:
            _wait_for_port(process, port, folder / "log", "nx-27017")
            yield MongoDb(port, process.pid)


def _wait_for_port(process: subprocess.Popen[bytes], port: int, log: Path, name: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not start: {log.read_text(errors='replace')[-4000:]}") from None
            time.sleep(0.05)


@pytest.fixture(scope="session")
def mongodb() -> Iterator[MongoDb]:
    """One private MongoDB server for the session."""
    try:
        with run_mongodb() as server:
            yield server
    except FileNotFoundError:
        missing("nx-27017")


@pytest.fixture
def mongodb_url(mongodb: MongoDb) -> str:
    """URL of an empty database of its own."""
    return mongodb.database()


@pytest.fixture
def mariadb_url(mariadb: MariaDb) -> str:
    """URL of an empty database of its own."""
    return f"mariadb://mockcraft:secret@127.0.0.1:{mariadb.port}/{mariadb.database()}"
