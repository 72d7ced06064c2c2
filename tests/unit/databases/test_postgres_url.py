"""URLs of PostgreSQL targets: accepted, put in one spelling, refused; nothing is opened."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services.common.databases import Rules, TargetRefusedError, check_target, display
from services.common.databases._hosts import read_url
from services.common.databases.postgresql import session

HERE = Rules(Path("/base"))
INSIDE = Rules(Path("/base"), inside=True)
ANYWHERE = Rules(Path("/base"), remote=True)
CANARY = "canary-51"


@pytest.fixture(autouse=True)
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgres+psycopg2", "POSTGRESQL+asyncpg"])
def test_spellings_become_one(scheme: str) -> None:
    checked = check_target(f"{scheme}://me:p%40ss%2F@127.0.0.1/shop", HERE)
    assert checked == "postgresql://me:p%40ss%2F@127.0.0.1:5432/shop?hostaddr=127.0.0.1"
    assert check_target(checked, HERE) == checked
    assert display(checked) == "postgresql://127.0.0.1:5432/shop"


def test_what_libpq_is_told() -> None:
    options = "sslmode=verify-full&sslrootcert=ca.pem&connect_timeout=3&application_name=x"
    checked = check_target(f"postgresql://me:p%25w@db.example:77/a%3Db?{options}", ANYWHERE)
    told = session._parameters(read_url(checked))
    assert {k: told[k] for k in ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "connect_timeout")} == {
        "host": "db.example", "port": "77", "user": "me", "password": "p%w", "dbname": "a=b", "sslmode": "verify-full",
        "sslrootcert": "/base/ca.pem", "connect_timeout": 3,
    }  # fmt: skip
    assert "hostaddr" not in told and told["application_name"] == "x"


def test_the_checked_addresses_are_connected_to_and_the_name_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(0, 0, 0, "", ("::1", 1)), (0, 0, 0, "", ("127.0.0.1", 1))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    told = session._parameters(read_url(check_target("postgresql://name/d", HERE)))
    assert (told["host"], told["hostaddr"], "user" in told, "password" in told) == ("name,name", "::1,127.0.0.1", False, False)


@pytest.mark.parametrize(
    "rest",
    [
        "localhost/d?host=/tmp",
        "localhost/d?options=-csearch_path%3Dx",
        "localhost/d?service=x",
        "localhost/d?passfile=/etc/passwd",
        "localhost/d?sslkey=/etc/passwd",
        "localhost/d?password=" + CANARY,
        "localhost/d?user=x",
        "localhost/d?dbname=x",
        "localhost/d?target_session_attrs=any",
        "localhost/d?unknown=1",
        "localhost/d?hostaddr=10.0.0.1",
        "10.0.0.1/d",
        "127.0.0.1,10.0.0.1/d",
        "%2Ftmp/d",
        "%2Fvar%2Frun%2Fpostgresql/d",
    ],
)
def test_what_must_not_be_opened_is_refused(rest: str) -> None:
    with pytest.raises(TargetRefusedError) as refused:
        check_target(f"postgresql://me:{CANARY}@{rest}", HERE)
    assert refused.value.code == "TARGET_NOT_ALLOWED"
    assert CANARY not in str(refused.value) + refused.value.details


@pytest.mark.parametrize(
    "rest",
    [
        "localhost",
        "localhost/",
        "/d",
        "localhost:x/d",
        "localhost/d?sslmode=maybe",
        "localhost/d?sslmode",
        "localhost/d?connect_timeout=0",
        "localhost/d?connect_timeout=1e3",
        "localhost/d?statement_timeout=-1",
        "localhost/d?application_name=a%0Ab",
        "localhost/d?schema=",
        "localhost/d?schema=a,,b",
        "localhost/d?hostaddr=localhost",
        "localhost/d%00",
        "localhost/d#x",
    ],
)
def test_what_cannot_be_read_is_invalid(rest: str) -> None:
    with pytest.raises(TargetRefusedError) as refused:
        check_target(f"postgresql://me:{CANARY}@{rest}", HERE)
    assert refused.value.code == "TARGET_INVALID"
    assert CANARY not in str(refused.value) + refused.value.details


def test_other_drivers_are_not_served() -> None:
    with pytest.raises(TargetRefusedError) as refused:
        check_target(f"postgresql+evil://me:{CANARY}@localhost/d", HERE)
    assert refused.value.code == "TARGET_NOT_ALLOWED" and CANARY not in str(refused.value)


def test_files_are_for_callers_who_may_name_them() -> None:
    url = "postgresql://localhost/d?sslrootcert="
    with pytest.raises(TargetRefusedError) as refused:
        check_target(url + "ca.pem", INSIDE)
    assert refused.value.code == "TARGET_NOT_ALLOWED"
    assert "sslrootcert=system" in check_target(url + "system", INSIDE)


def test_the_driver_is_imported_when_a_target_is_opened() -> None:
    code = (
        "import sys, pathlib; from services.common.databases import Rules, check_target;"
        "check_target('postgresql://127.0.0.1/d', Rules(pathlib.Path('/'))); sys.exit('psycopg' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
