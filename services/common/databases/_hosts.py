"""URLs of database servers: taken apart without opening anything, hosts resolved once and held to the rules.

`check(url, rules)` of a module reads the URL with `read_url`, refuses options with `checked_options`, asks
`checked_host` for the addresses that may be connected to, and answers with `Url.text()`, the addresses kept in the
option `hostaddr`; `connect` reads them from there and never resolves the name again (it is still what TLS
verifies). Refusals hold no part of the URL but option names and the host.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote, unquote

from runner.addresses import is_loopback
from services.common.databases import Rules, TargetRefusedError

PINNED: Final = "hostaddr"
"""The option that holds the checked addresses, between commas."""
Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Url:
    """A server's URL in parts, percent signs decoded. `driver` is what stood behind a `+`; `path` is without its first `/`."""

    scheme: str
    driver: str
    user: str
    password: str | None = field(repr=False)
    hosts: tuple[tuple[str, int | None], ...]
    path: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The first host; "" when there is none."""
        return self.hosts[0][0] if self.hosts else ""

    @property
    def port(self) -> int | None:
        """The port of the first host."""
        return self.hosts[0][1] if self.hosts else None

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that were checked; empty when the name is left to the driver."""
        pinned = self.options.get(PINNED, "")
        return tuple(pinned.split(",")) if pinned else ()

    def pinned(self, addresses: Sequence[str]) -> Url:
        """The same with these addresses to connect to."""
        options = {key: value for key, value in self.options.items() if key != PINNED}
        return replace(self, options={**options, PINNED: ",".join(addresses)} if addresses else options)

    def text(self) -> str:
        """The URL in its one spelling, which `read_url` reads back."""
        login = quote(self.user, safe="") + (":" + quote(self.password, safe="") if self.password is not None else "")
        places = ",".join(_place(host, port) for host, port in self.hosts)
        query = "&".join(f"{quote(key, safe='')}={quote(value, safe=',:')}" for key, value in self.options.items())
        scheme = f"{self.scheme}+{self.driver}" if self.driver else self.scheme
        at = "@" if login else ""
        return f"{scheme}://{login}{at}{places}/{quote(self.path, safe='')}{'?' if query else ''}{query}"


def _place(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else quote(host, safe="")
    return name if port is None else f"{name}:{port}"


def invalid(message: str, details: str = "") -> TargetRefusedError:
    """The refusal of a URL that cannot be read."""
    return TargetRefusedError(message, "TARGET_INVALID", details)


def read_url(url: str, drivers: Sequence[str] = ()) -> Url:
    """The parts of `scheme[+driver]://[user[:password]@]host[:port][,host…][/path][?options]`. Raises `TargetRefusedError`.

    Drivers are those that may be named; no driver always may.
    """
    if _CONTROL.search(url):
        raise invalid("The target's URL holds control characters.")
    head, slashes, rest = url.partition("://")
    scheme, _, driver = head.lower().partition("+")
    if not slashes:
        raise invalid(f"The target is not a URL such as {scheme.partition(':')[0]}://user:password@localhost/name.")
    if driver and driver not in drivers:
        raise TargetRefusedError(f"Only the drivers {', '.join(drivers)} may be named." if drivers else "No driver may be named.")
    rest, hash_, _ = rest.partition("#")
    if hash_:
        raise invalid("A URL of a target has no part after '#'; write %23 for this character.")
    place, question, query = rest.partition("?")
    authority, _, path = place.partition("/")
    login, at, hosts = authority.rpartition("@")
    user, colon, password = login.partition(":")
    parts = Url(scheme, driver, _decoded(user), _decoded(password) if colon else None, _hosts(hosts), _decoded(path))
    if "@" in path or (question and "@" in query and not at):
        raise invalid("The user or password holds a character that must be percent-encoded: / ? # @ as %2F %3F %23 %40.")
    return replace(parts, options=_options(query))


_CONTROL = re.compile(r"[\x00-\x20\x7f]")


def _decoded(text: str) -> str:
    try:
        plain = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise invalid("The target's URL holds percent signs that are no UTF-8.") from None
    if "\0" in plain:
        raise invalid("The target's URL holds control characters.")
    return plain


def _hosts(text: str) -> tuple[tuple[str, int | None], ...]:
    return tuple(_host(part) for part in text.split(",")) if text else ()


def _host(text: str) -> tuple[str, int | None]:
    match = _HOST.fullmatch(text)
    if not match:
        raise invalid("The target's host cannot be read.", "Write host:port, and [::1]:port for IPv6.")
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port < 65_536:
        raise invalid("The target's port must be from 1 to 65535.")
    return match["six"] or _decoded(match["name"]), port


_HOST = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[^\[\]:]+))(?::(?P<port>[0-9]{1,6}))?", re.ASCII)


def _options(query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        key, equals, value = part.partition("=")
        name = _decoded(key)
        if not equals or name in options:
            raise invalid("Options of a URL are name=value, each once.")
        options[name] = _decoded(value.replace("+", " "))
    return options


def checked_options(options: Mapping[str, str], allowed: Mapping[str, Check]) -> dict[str, str]:
    """The options when all are known and their values pass, without the addresses. Raises `TargetRefusedError`.

    Addresses are checked as the host is: `checked_url`.
    """
    for name, value in options.items():
        if name == PINNED:
            continue
        if name not in allowed:
            known = f"Known are {', '.join(sorted(allowed))}."
            raise TargetRefusedError(f"The option {_shown(name)} is not accepted in the URL of a target.", details=known)
        if not allowed[name](value):
            raise invalid(f"The option {_shown(name)} of the target's URL has no valid value.")
    return {name: value for name, value in options.items() if name != PINNED}


def _shown(name: str) -> str:
    return name if re.fullmatch(r"\w{1,40}", name, re.ASCII) else "with that name"


def one_of(*values: str) -> Check:
    """A check that the value is one of these."""
    return values.__contains__


def whole(least: int, most: int) -> Check:
    """A check that the value is a whole number in the range."""
    return lambda value: bool(re.fullmatch(r"[0-9]{1,9}", value, re.ASCII)) and least <= int(value) <= most


def matching(pattern: str) -> Check:
    """A check that the value as a whole matches."""
    return lambda value: bool(re.fullmatch(pattern, value))


def checked_url(url: Url, default_port: int, rules: Rules) -> Url:
    """The URL of one host, its port filled in and its addresses held to the rules. Raises `TargetRefusedError`."""
    if len(url.hosts) > 1:
        raise TargetRefusedError("A target of this kind has one host.")
    port = url.port or default_port
    for address in url.addresses:
        if not _literal(address):
            raise invalid(f"The option {PINNED} holds addresses.")
        checked_host(address, port, rules)
    pinned = url.addresses or checked_host(url.host, port, rules)
    return replace(url, hosts=((url.host, port),)).pinned(pinned)


def _literal(address: str) -> bool:
    try:
        return bool(ipaddress.ip_address(address))
    except ValueError:
        return False


def checked_host(host: str, port: int, rules: Rules) -> tuple[str, ...]:
    """The addresses to connect to; empty with `rules.remote`, where any will do. Raises `TargetRefusedError`.

    The name is resolved here, once; every address must be of this machine, and only these may be connected to.
    """
    if not host or host.startswith(("/", "@", ".")) or "/" in host or "\\" in host:
        raise TargetRefusedError("A target has a host name or an address; sockets and pipes are not served.")
    if rules.remote:
        return ()
    addresses = _resolved(host, port)
    if not all(is_loopback(address) for address in addresses):
        raise TargetRefusedError("Targets on other machines are not allowed here.")
    return addresses


def _resolved(host: str, port: int) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise invalid("The target's host cannot be found.") from None
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))
