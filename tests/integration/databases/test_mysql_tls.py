"""TLS to MariaDB as the URL says, and passwords that are not given to whoever asks for them in the clear."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from services.common.databases import DatabaseError
from services.common.databases.mysql import connect
from tests.integration.databases.mysql_targets import batch, checked, opened, stored
from tests.integration.databases.test_mysql_faults import GREETING, packet
from tests.servers import MariaDb, missing, run_mariadb, server_folder, server_user

CANARY = "clear-canary"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def secured(authority: trustme.CA) -> Iterator[MariaDb]:
    """A server with a certificate for localhost."""
    certificate, user = authority.issue_cert("localhost"), server_user()
    blobs = {"ca": authority.cert_pem, "cert": certificate.cert_chain_pems[0], "key": certificate.private_key_pem}
    with server_folder(user) as folder:
        for name, blob in blobs.items():
            blob.write_to_path(folder / name)
            (folder / name).chmod(0o644)
        try:
            with run_mariadb(**{f"ssl_{name}": folder / name for name in blobs}) as server:
                yield server
        except FileNotFoundError:
            missing("MariaDB")


def cipher(url: str) -> str:
    with opened(url) as database:
        return str(database.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'")[0][1])


def test_modes(secured: MariaDb, authority: trustme.CA, tmp_path: Path) -> None:
    name = secured.database()
    url = f"mysql://mockcraft:secret@localhost:{secured.port}/{name}"
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    assert cipher(url) == ""  # this machine needs none
    assert cipher(f"{url}?ssl=off") == ""
    assert cipher(f"{url}?ssl=on")
    assert cipher(f"{url}?ssl_ca={tmp_path}/ca.pem")
    by_address = url.replace("localhost", "127.0.0.1")
    for bad in (f"{url}?ssl=verify", f"{by_address}?ssl_ca={tmp_path}/ca.pem"):  # nobody's authority; not that name
        with pytest.raises(DatabaseError) as caught:
            connect(checked(bad))
        assert (caught.value.code, caught.value.retryable) == ("TARGET_UNAVAILABLE", False)
    with pytest.raises(DatabaseError) as caught:
        connect(checked(f"{url}?ssl_ca={tmp_path}/none.pem"))
    assert caught.value.code == "TARGET_INVALID"


def test_blocks_through_tls(secured: MariaDb) -> None:
    rows, types = batch({"id": ("int", range(20_000)), "v": ("text", ["x" * 100] * 20_000)})
    with opened(f"mysql://mockcraft:secret@localhost:{secured.port}/{secured.database()}?ssl=on") as database:
        database.execute("CREATE TABLE t (id INT PRIMARY KEY, v TEXT)")
        database.insert("t", rows, types)
        assert stored(database, "t", ["id", "v"], types) == rows.to_pylist()


def test_a_user_who_must_use_tls(secured: MariaDb) -> None:
    secured.run("GRANT ALL ON *.* TO careful@'127.0.0.1' IDENTIFIED BY 'c' REQUIRE SSL")
    url = f"mysql://careful:c@localhost:{secured.port}/{secured.database()}"
    with pytest.raises(DatabaseError) as caught:
        connect(checked(url))
    assert caught.value.code == "TARGET_AUTH_FAILED"
    assert cipher(f"{url}?ssl=on")


@pytest.mark.parametrize("plugin", [b"mysql_clear_password", b"mysql_old_password", b"dialog"])
def test_nobody_gets_the_password_by_asking(plugin: bytes) -> None:
    listener, got = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(10)
            peer.sendall(packet(0, GREETING))
            peer.recv(65_536)
            peer.sendall(packet(2, b"\xfe" + plugin + b"\0Password: "))
            got.append(peer.recv(65_536))

    thread = threading.Thread(target=serve)
    thread.start()
    with pytest.raises(DatabaseError) as caught:
        connect(checked(f"mysql://me:{CANARY}@127.0.0.1:{listener.getsockname()[1]}/shop"))
    thread.join()
    listener.close()
    assert got == [b""]
    assert caught.value.code == "TARGET_AUTH_FAILED"
    assert CANARY not in str(caught.value)
