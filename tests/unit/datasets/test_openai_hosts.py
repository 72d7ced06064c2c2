"""Which hosts are called, and over which addresses."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from runner.addresses import is_loopback, is_private, is_special
from runner.datasets.models import Message, ModelError, Prompt, open_model
from runner.datasets.models._endpoint import read_endpoint
from runner.datasets.spec import ModelSettings
from tests.datasets_server import datasets_server

PROMPT = Prompt((Message("user", "write"),), 0.8, 1.0, 16, 1)


def settings(endpoint: str, *hosts: str, **more: Any) -> ModelSettings:
    return ModelSettings(endpoint=endpoint, allowed_hosts=hosts, **more)


@pytest.mark.parametrize(
    ("endpoint", "hosts", "url"),
    [
        ("http://127.0.0.1:8000/v1", (), "http://127.0.0.1:8000/v1/chat/completions"),
        ("http://127.8.9.1:8000", (), "http://127.8.9.1:8000/chat/completions"),
        ("http://[::1]:8000/v1/", (), "http://[::1]:8000/v1/chat/completions"),
        ("http://localhost/v1", (), "http://localhost:80/v1/chat/completions"),
        ("https://Model.Example/v1", ("model.example",), "https://model.example:443/v1/chat/completions"),
        ("https://model.example:8443/v1", ("MODEL.example:8443",), "https://model.example:8443/v1/chat/completions"),
        ("http://10.1.2.3:8000/v1", ("10.1.2.3",), "http://10.1.2.3:8000/v1/chat/completions"),
        ("http://[fd00::1]:8000/v1", ("fd00::1",), "http://[fd00::1]:8000/v1/chat/completions"),
    ],
)
def test_allowed_endpoints(endpoint: str, hosts: tuple[str, ...], url: str) -> None:
    assert read_endpoint(settings(endpoint, *hosts), "/chat/completions").url == url


@pytest.mark.parametrize(
    ("endpoint", "hosts"),
    [
        ("http://model.example/v1", ()),
        ("http://model.example/v1", ("example", "other.example", "model.example:81")),
        ("http://model.example.evil/v1", ("model.example",)),
        ("http://10.1.2.3/v1", ()),
        ("http://169.254.169.254/v1", ("169.254.169.254",)),
        ("http://[fe80::1]/v1", ("fe80::1",)),
        ("http://[::ffff:169.254.169.254]/v1", ("::ffff:169.254.169.254",)),
        ("http://0.0.0.0/v1", ("0.0.0.0",)),
        ("http://127.0.0.1@model.example/v1", ("127.0.0.1",)),
        ("http://127.0.0.1#@model.example/v1", ("127.0.0.1",)),
        ("http://127.0.0.1/v1?x=1", ()),
        ("http://127.0.0.1\n.example/v1", ("127.0.0.1",)),
        ("http://127.0.0.1:99999/v1", ()),
        ("file:///etc/passwd", ()),
        ("http://", ()),
        ("127.0.0.1:8000", ()),
        ("http://a b/v1", ("a b",)),
    ],
)
def test_refused_endpoints(endpoint: str, hosts: tuple[str, ...]) -> None:
    with pytest.raises(ModelError) as refused:
        read_endpoint(settings(endpoint, *hosts), "/chat/completions")
    assert refused.value.code == "MODEL_UNAVAILABLE"
    assert refused.value.fatal


def leading_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Every name is found at these addresses."""

    async def found(self: object, host: str, port: int, **options: Any) -> list[tuple[Any, ...]]:
        kinds = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [(kind, socket.SOCK_STREAM, 6, "", (address, port)) for kind, address in zip(kinds, addresses, strict=True)]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", found)


async def outcome(endpoint: str, *hosts: str, key: str = "") -> str:
    """`answered`, or the code and sentence of the error."""
    model = open_model("openai:x", settings(endpoint, *hosts, connect_seconds=0.2, timeout_seconds=2), {"api_key": key})
    try:
        await model.answer(PROMPT)
    except ModelError as error:
        return f"{error.code}: {error.message}"
    finally:
        await model.close()
    return "answered"


async def test_addresses_are_checked_when_they_are_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with datasets_server() as server:
        port = server.url.split(":")[2].split("/")[0]
        leading_to(monkeypatch, "127.0.0.1")
        assert await outcome(f"http://model.example:{port}/v1", "model.example") == "answered"
        assert await outcome(f"http://localhost:{port}/v1") == "answered"
        leading_to(monkeypatch, "127.0.0.1", "10.0.0.7")
        assert "may not be called" in await outcome(f"http://localhost:{port}/v1")
        for address in ("169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::ffff:169.254.169.254"):
            leading_to(monkeypatch, address)
            assert "may not be called" in await outcome(f"http://model.example:{port}/v1", "model.example"), address
        assert len(server.headers) == 2


async def test_a_key_is_not_sent_unencrypted_beyond_ones_own_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    leading_to(monkeypatch, "8.8.8.8")
    said = await outcome("http://model.example:9/v1", "model.example", key="sk-something-secret")
    assert said == "MODEL_UNAVAILABLE: The key would go to model.example unencrypted: use https:// in datasets.openai_url."
    assert "unencrypted" in await outcome("http://8.8.8.8:9/v1", "8.8.8.8", key="sk-something-secret")
    leading_to(monkeypatch, "127.0.0.1")
    assert "MODEL_UNREACHABLE" in await outcome("http://model.example:9/v1", "model.example", key="sk-something-secret")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"])
def test_addresses_of_this_machine(address: str) -> None:
    assert is_loopback(address)
    assert not is_special(address)
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "10.0.0.1", "128.0.0.1", "::2", "localhost", "fe80::1%eth0", "", "2130706433"])
def test_addresses_of_others(address: str) -> None:
    assert not is_loopback(address)
