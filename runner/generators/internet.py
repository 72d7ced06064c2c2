"""Addresses and names on networks, browsers, passwords."""

from __future__ import annotations

import ipaddress
from itertools import pairwise
from math import prod

from runner.generators.compose import add, choose, digits, divide, if_else, join, less, modulo
from runner.generators.identifier import drawn_pattern
from runner.generators.people import Person
from runner.generators.picks import record
from runner.generators.registry import Claim, Made, Make, Parameter, ParameterError, generator
from runner.generators.text import Words
from runner.ops import Const, Decade, Op, Uniform, Values, Weighted
from runner.types import INT, STRING

_HEX = "0123456789abcdef"
_BYTES = tuple(str(n) for n in range(256))
_RESERVED_ENDINGS = (".example", ".test", ".example.com", ".example.org", ".example.net")
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")  # RFC 1918
_PATHS = (
    "",
    "about",
    "blog",
    "category",
    "contact",
    "explore",
    "help",
    "news",
    "posts",
    "products",
    "search",
    "shop",
    "tags",
    "users",
    "wiki",
)


@generator("internet.domain", "A domain name that nobody can own (RFC 2606)", keywords=("host", "dns", "website"), version=2)
def domain(make: Make) -> Made:
    """A family name and a reserved ending, the row's; a number as well when unique."""
    ending = Values(_RESERVED_ENDINGS, Uniform(make.entity_key("domain ending"), 0, len(_RESERVED_ENDINGS) - 1, make.row))
    own = (Claim("domain", make.group, "domain", at=make.at),) if make.unique else ()
    asked = [claim for claim in (*own, *make.claims) if (claim.entity, claim.group) == ("domain", make.group)]
    number = ("-", digits(Decade(make.entity_key("domain number"), asked[0].at))) if asked else ()
    return Made(join(Person.of(make).last("slug"), *number, ending), STRING, None, unique=make.unique, claims=own)


@generator("internet.url", "A web address on the row's reserved domain", keywords=("link", "website", "uri", "href"), version=2)
def url(make: Make) -> Made:
    """https, the row's domain, and sometimes a path."""
    path = Values(_PATHS, Weighted(make.key("path"), (6, *[1] * (len(_PATHS) - 1)), make.at))
    host = domain(make)
    return Made(join("https://www.", host.op, "/", path), STRING, None, unique=make.unique, claims=host.claims)


@generator(
    "internet.ipv4",
    "An IPv4 address",
    parameters=(
        Parameter(
            "scope",
            "string",
            "Any unicast address, private ones (RFC 1918), public ones, or those of networks kept for a purpose (IANA)",
            "any",
            choices=("any", "private", "public", "special"),
        ),
        Parameter("network", "string", "A network to stay in, such as 192.168.4.0/24"),
    ),
    keywords=("ip", "address"),
)
def ipv4(make: Make, scope: str, network: str | None) -> Made:
    """Four numbers; private and special ones are of each of their networks equally often."""
    blocks = [_network(network)] if network else [ipaddress.IPv4Network(n) for n in sorted(_KEPT.get(scope, ()), key=_start)]
    if blocks:
        ranges = [(int(b.network_address), b.num_addresses) for b in blocks]
        return _dotted(make, ranges) if make.unique or len(ranges) == 1 else _of_each(make, ranges)
    return _dotted(make, _PUBLIC if scope == "public" else _UNICAST)


def _network(text: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(text.strip(), strict=False)
    except ValueError as error:
        raise ParameterError(f"`network` is not an IPv4 network: {error}", "network") from None


def _gaps(low: int, high: int, taken: list[str]) -> list[tuple[int, int]]:
    """[low, high) without the taken networks, as (start, size)."""
    found = []
    for block in sorted(ipaddress.IPv4Network(t) for t in taken):
        start = int(block.network_address)
        if start > low:
            found.append((low, start - low))
        low = start + block.num_addresses
    return [*found, (low, high - low)] if low < high else found


_UNICAST = [(1 << 24, (224 << 24) - (1 << 24))]
_SPECIAL = [  # of the IANA special-purpose registry
    *_PRIVATE,
    *("100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
]
_PUBLIC = _gaps(1 << 24, 224 << 24, _SPECIAL)
_KEPT = {"private": _PRIVATE, "special": [*_SPECIAL, "0.0.0.0/8", "240.0.0.0/4"]}


def _start(network: str) -> int:
    return int(ipaddress.IPv4Network(network).network_address)


def _dotted(make: Make, blocks: list[tuple[int, int]]) -> Made:
    """An address of the blocks, evenly: the drawn number, moved past the gaps."""
    total = sum(size for _, size in blocks)
    index = make.index(total)
    address = add(index, blocks[0][0])
    before = 0
    for (start, size), (following, _) in pairwise(blocks):
        before += size
        address = _skip(address, index, before, following - start - size)
    return Made(_written(address), STRING, total, unique=make.unique)


def _of_each(make: Make, blocks: list[tuple[int, int]]) -> Made:
    """An address of the blocks, each block as often as the others."""
    options = [add(Uniform(make.key(str(start)), 0, size - 1, make.at), start) for start, size in blocks]
    address = choose(Uniform(make.key("block"), 0, len(blocks) - 1, make.at), *options)
    return Made(_written(address), STRING, sum(size for _, size in blocks))


def _written(address: Op) -> Op:
    octets = [modulo(divide(address, 256**power), 256) for power in (3, 2, 1, 0)]
    return join(*[part for octet in octets for part in (".", Values(_BYTES, octet))][1:])


def _skip(address: Op, index: Op, from_index: int, gap: int) -> Op:
    return add(address, if_else(less(index, from_index), Const(0), Const(gap)))


@generator("internet.ipv6", "An IPv6 address of the documentation network 2001:db8::/32 (RFC 3849)", keywords=("ip", "address"))
def ipv6(make: Make) -> Made:
    """Six random groups of four digits."""
    return Made(join("2001:0db8:", drawn_pattern(make, _groups(6, 4, ":"))), STRING, 16**24, unique=make.unique)


@generator("internet.mac", "A MAC address, locally administered and unicast", keywords=("ethernet", "hardware address"))
def mac(make: Make) -> Made:
    """Six bytes whose first has the two bits of IEEE 802 set so."""
    alphabets = (_HEX, "26ae", ":", *_groups(5, 2, ":"))
    return Made(drawn_pattern(make, alphabets), STRING, prod(len(a) for a in alphabets), unique=make.unique)


def _groups(groups: int, width: int, separator: str) -> tuple[str, ...]:
    one = (*[_HEX] * width, separator)
    return (one * groups)[:-1]


@generator(
    "internet.user_agent",
    "What the browser of the row's device says it is, by how common it is",
    keywords=("browser", "http header"),
    version=2,
)
def user_agent(make: Make) -> Made:
    """Of the row's device."""
    return record(make, "device", "agent/device", "name")


@generator(
    "internet.slug",
    "Words joined by hyphens, as in a web address",
    parameters=(Parameter("words", "int", "How many", 3, minimum=1, maximum=10),),
    keywords=("permalink", "url part"),
)
def slug(make: Make, words: int) -> Made:
    """Small English words; a number as well when unique."""
    made = Words(make, "en_US")
    parts: list[str | Op] = [made.word("0", "slug")]
    for number in range(1, words):
        parts += ["-", made.word(str(number), "slug")]
    if make.unique:
        parts += ["-", digits(Decade(make.key("number"), make.at))]
    return Made(join(*parts), STRING, None, unique=make.unique)


@generator("internet.http_method", "An HTTP method, by how common it is", keywords=("verb", "request"))
def http_method(make: Make) -> Made:
    """Mostly GET (RFC 9110 section 9)."""
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
    return Made(Values(methods, _by_weight(make, (60, 22, 6, 4, 4, 2, 2))), STRING, len(methods))


@generator("internet.http_status", "An HTTP status code, by how common it is", output="int", keywords=("response", "error code"))
def http_status(make: Make) -> Made:
    """Mostly 200 (RFC 9110 section 15)."""
    codes = (
        200,
        201,
        202,
        204,
        206,
        301,
        302,
        304,
        307,
        308,
        400,
        401,
        403,
        404,
        405,
        409,
        410,
        413,
        422,
        429,
        500,
        501,
        502,
        503,
        504,
    )
    weights = (600, 40, 8, 25, 6, 20, 25, 60, 4, 4, 25, 25, 15, 60, 3, 5, 2, 1, 8, 8, 15, 1, 6, 8, 5)
    return Made(Values(codes, _by_weight(make, weights)), INT, len(codes))


def _by_weight(make: Make, weights: tuple[int, ...]) -> Op:
    return make.index(len(weights)) if make.unique else Weighted(make.key("index"), weights, make.at)


@generator(
    "internet.port",
    "A port number",
    output="int",
    parameters=(
        Parameter("min", "int", "Smallest", 1024, minimum=1, maximum=65_535),
        Parameter("max", "int", "Largest", 65_535, minimum=1, maximum=65_535),
    ),
    keywords=("tcp", "udp"),
)
def port(make: Make, min: int, max: int) -> Made:
    """Evenly in the range."""
    if min > max:
        raise ParameterError(f"`min` ({min}) is above `max` ({max})", "min")
    return Made(add(make.index(max - min + 1), min), INT, max - min + 1, unique=make.unique)
