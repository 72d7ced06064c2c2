"""URLs of MySQL targets are judged without opening anything."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services.common.databases import Rules, TargetRefusedError, check_target, schemes
from services.common.databases._hosts import read_url

CANARY = "c4nary-secret"
HERE = Rules(Path("/base"))
REQUEST = Rules(Path("/base"), inside=True)


@pytest.fixture(autouse=True)
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a check must not connect")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql", "MySQL"])
def test_spellings(scheme: str) -> None:
    url = check_target(f"{scheme}://me:{CANARY}@localhost/shop?charset=utf8mb4&read_timeout=5", HERE)
    parts = read_url(url, ("pymysql",))
    assert (parts.user, parts.password, parts.path, parts.port) == ("me", CANARY, "shop", 3306)
    assert set(parts.addresses) <= {"127.0.0.1", "::1"}
    assert check_target(url, HERE) == url
    assert scheme.lower() in schemes()


@pytest.mark.parametrize(
    "rest",
    [
        "@localhost/shop?local_infile=1",
        "@localhost/shop?read_default_file=/etc/my.cnf",
        "@localhost/shop?unix_socket=/run/mysqld.sock",
        "@localhost/shop?init_command=DROP",
        "@localhost/shop?host=evil",
        "@localhost/shop?client_flag=128",
        "@localhost/shop?password=x",
        "@localhost/shop?ssl_key=/k",
        "@/shop",
        "@%2Frun%2Fmysqld.sock/shop",
        "@192.0.2.1/shop",
        "@0.0.0.0/shop",
        "@[::ffff:192.0.2.1]/shop",
        "@localhost,192.0.2.1/shop",
    ],
)
def test_what_is_not_allowed(rest: str) -> None:
    with pytest.raises(TargetRefusedError) as caught:
        check_target(f"mysql://me:{CANARY}{rest}", HERE)
    assert caught.value.code == "TARGET_NOT_ALLOWED"
    assert CANARY not in f"{caught.value} {caught.value.details}"


@pytest.mark.parametrize(
    "rest",
    [
        "@localhost",
        "@localhost/",
        "@localhost/a/b",
        f"@localhost/{'x' * 65}",
        "@localhost:99999/shop",
        "@localhost/shop?charset=latin1",
        "@localhost/shop?ssl=maybe",
        "@localhost/shop?ssl=off&ssl_ca=ca.pem",
        "@localhost/shop?connect_timeout=0",
        "@localhost/shop?read_timeout=1e9",
    ],
)
def test_what_is_invalid(rest: str) -> None:
    with pytest.raises(TargetRefusedError) as caught:
        check_target(f"mysql://me:{CANARY}{rest}", HERE)
    assert caught.value.code == "TARGET_INVALID"
    assert CANARY not in f"{caught.value} {caught.value.details}"


def test_a_user_must_be_named() -> None:
    with pytest.raises(TargetRefusedError, match="user"):
        check_target("mysql://localhost/shop", HERE)


def test_drivers_are_those_we_know() -> None:
    with pytest.raises(TargetRefusedError):
        check_target("mysql+mysqldb://me@localhost/shop", HERE)


def test_files_of_certificates_are_for_those_at_the_machine() -> None:
    url = f"mysql://me:{CANARY}@localhost/shop?ssl_ca=ca.pem"
    assert read_url(check_target(url, HERE), ("pymysql",)).options["ssl_ca"] == "/base/ca.pem"
    assert read_url(check_target(url, HERE), ("pymysql",)).options["ssl"] == "verify"
    with pytest.raises(TargetRefusedError) as caught:
        check_target(url, REQUEST)
    assert caught.value.code == "TARGET_NOT_ALLOWED"
    assert check_target(f"mysql://me:{CANARY}@localhost/shop?ssl=verify", REQUEST)


def test_other_machines_where_the_rules_say_so() -> None:
    url = check_target(f"mysql://me:{CANARY}@db.example.com/shop?ssl=verify", Rules(Path("/base"), remote=True))
    assert read_url(url, ("pymysql",)).addresses == ()


def test_the_driver_is_imported_when_a_target_is_opened() -> None:
    code = (
        "import sys; from pathlib import Path; from services.common.databases import Rules, check_target;"
        "check_target('mysql://me@127.0.0.1/shop', Rules(Path('/'))); assert 'pymysql' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
