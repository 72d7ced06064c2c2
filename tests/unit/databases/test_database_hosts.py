"""URLs of servers: read, refused, and held to this machine, without a connection."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from services.common.databases import Rules, TargetRefusedError
from services.common.databases._hosts import checked_host, checked_options, checked_url, one_of, read_url, whole

HERE = Rules(Path("/"))
ANYWHERE = Rules(Path("/"), remote=True)
SECRET = "canary-7"


@pytest.fixture(autouse=True)
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    asked: list[str] = []

    def answer(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


def test_all_parts_are_read_and_written_back() -> None:
    text = "x+y://us%40er:p%2F%3Aw@[::1]:12,b:3/d%2Fb?one=1&two=a%20b"
    url = read_url(text, ("y",))
    assert (url.scheme, url.driver, url.user, url.password, url.path) == ("x", "y", "us@er", "p/:w", "d/b")
    assert (url.hosts, dict(url.options)) == ((("::1", 12), ("b", 3)), {"one": "1", "two": "a b"})
    assert url.text() == text and read_url(url.text(), ("y",)) == url
    assert "p/:w" not in repr(url)


def test_parts_may_be_missing() -> None:
    url = read_url("x://host")
    assert (url.user, url.password, url.host, url.port, url.path, url.options) == ("", None, "host", None, "", {})
    assert read_url("x://u:@h/").password == ""


@pytest.mark.parametrize(
    "text",
    [
        f"x:u:{SECRET}@h",
        f"x://u:{SECRET}@h:70000/d",
        f"x://u:{SECRET}@h:0/d",
        f"x://u:{SECRET}@h:1a/d",
        f"x://u:{SECRET}@[h/d",
        f"x://u:{SECRET}/@h/d",
        f"x://u:{SECRET}#@h/d",
        f"x://u:{SECRET}?@h/d",
        f"x://u:{SECRET}@h/d\n",
        f"x://u:{SECRET}@h/d%00",
        f"x://u:{SECRET}%ff@h/d",
        f"x://u:{SECRET}@h/d?{SECRET}",
        f"x://u:{SECRET}@h/d?a={SECRET}&a=1",
        f"x://u:{SECRET}@h:\u0661/d",
    ],
)
def test_what_is_no_url_is_refused_without_its_secret(text: str) -> None:
    with pytest.raises(TargetRefusedError) as refused:
        read_url(text)
    assert refused.value.code == "TARGET_INVALID"
    assert SECRET not in str(refused.value) + refused.value.details


def test_drivers_are_listed() -> None:
    with pytest.raises(TargetRefusedError) as refused:
        read_url("x+evil://h/d", ("good",))
    assert refused.value.code == "TARGET_NOT_ALLOWED"


def test_options_are_listed_and_their_values_checked() -> None:
    allowed = {"tls": one_of("on", "off"), "wait": whole(1, 60)}
    assert checked_options({"tls": "on", "wait": "60", "hostaddr": "::1"}, allowed) == {"tls": "on", "wait": "60"}
    for options, code in (
        ({"host": "/tmp"}, "TARGET_NOT_ALLOWED"),
        ({"tls": SECRET}, "TARGET_INVALID"),
        ({"wait": "61"}, "TARGET_INVALID"),
        ({"wait": "-1"}, "TARGET_INVALID"),
        ({SECRET: "1"}, "TARGET_NOT_ALLOWED"),
    ):
        with pytest.raises(TargetRefusedError) as refused:
            checked_options(options, allowed)
        assert refused.value.code == code and SECRET not in str(refused.value) + refused.value.details


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_allowed(address: str) -> None:
    assert checked_host(address, 1, HERE) == (address,)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "192.168.1.1", "169.254.169.254", "8.8.8.8", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255",
        "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "fc00::1", "ff02::1", "fe80::1%lo",
    ],
)  # fmt: skip
def test_other_addresses_are_not(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    resolving(monkeypatch, address)
    with pytest.raises(TargetRefusedError) as refused:
        checked_host("some.name", 1, HERE)
    assert refused.value.code == "TARGET_NOT_ALLOWED"
    assert checked_host("some.name", 1, ANYWHERE) == ()


def test_one_foreign_address_among_many_refuses_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "127.0.0.1", "10.0.0.1")
    with pytest.raises(TargetRefusedError):
        checked_host("mixed.name", 1, HERE)


@pytest.mark.parametrize("host", ["2130706433", "127.1", "\uff11\uff12\uff17.0.0.1", "0x7f.1", "0177.0.0.1"])
def test_odd_spellings_are_judged_by_what_they_resolve_to(host: str) -> None:
    assert checked_host(host, 1, HERE) == ("127.0.0.1",)


@pytest.mark.parametrize("host", ["", "/tmp", "@abstract", ".", "\\\\.\\pipe\\x"])
def test_sockets_and_pipes_are_refused_wherever_targets_may_be(host: str) -> None:
    for rules in (HERE, ANYWHERE):
        with pytest.raises(TargetRefusedError) as refused:
            checked_host(host, 1, rules)
        assert refused.value.code == "TARGET_NOT_ALLOWED"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300, "x..y"])
def test_a_host_that_is_not_found_is_invalid(host: str) -> None:
    with pytest.raises(TargetRefusedError) as refused:
        checked_host(host, 1, HERE)
    assert refused.value.code == "TARGET_INVALID"


def test_the_checked_address_is_kept_and_the_name_not_resolved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolving(monkeypatch, "::1", "127.0.0.1")
    url = checked_url(read_url("x://name/d?a=1"), 77, HERE)
    assert (url.host, url.port, url.addresses, asked) == ("name", 77, ("::1", "127.0.0.1"), ["name"])
    assert read_url(url.text()).addresses == ("::1", "127.0.0.1")
    assert checked_url(url, 77, HERE) == url


@pytest.mark.parametrize("addresses", ["10.0.0.1", "127.0.0.1,10.0.0.1", "localhost", "/tmp", ","])
def test_addresses_in_the_url_are_held_to_the_rules(addresses: str) -> None:
    with pytest.raises(TargetRefusedError):
        checked_url(read_url(f"x://localhost/d?hostaddr={addresses}"), 77, HERE)


def test_several_hosts_are_refused_where_one_is_meant() -> None:
    with pytest.raises(TargetRefusedError):
        checked_url(read_url("x://a,b/d"), 77, ANYWHERE)
