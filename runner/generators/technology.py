"""Computers: hardware, programs, devices, and what services say to each other."""

from __future__ import annotations

from runner import pools
from runner.generators.checked import add, digits, divide, join, modulo, written
from runner.generators.identifier import drawn_pattern
from runner.generators.picks import field, listed, pick, word
from runner.generators.registry import Made, Make, Parameter, generator
from runner.generators.text import Words
from runner.ops import Call, Const, Op, Uniform, Values, Weighted
from runner.types import INT, STRING, TEXT

_HEX = "0123456789abcdef"
_URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
listed("technology.programming_language", "A programming language", "code", pool="tech/programming_language")
listed(
    "technology.software_license",
    "A licence of software by its SPDX identifier",
    "open source",
    pool="tech/software_license",
    aliases=("license",),
)
listed("technology.os", "An operating system", "platform", pool="tech/os", aliases=("operating_system",))
listed(
    "technology.system_quality",
    "A quality of systems",
    "non-functional",
    pool="tech/system_quality",
    aliases=("system_quality_attribute", "ility"),
)
listed("technology.app_name", "The name of a program", "software", "product", pool="tech/app_name", aliases=("application_name",))
listed("technology.cpu", "A processor", "hardware", "chip", pool="tech/cpu", aliases=("processor",))
listed("technology.cpu_codename", "The code name of a processor's design", "hardware", pool="tech/cpu_codename")
listed("technology.disk", "A disk with its maker", "hardware", "ssd", pool="tech/disk")
listed("technology.color_space", "A colour space", "graphics", pool="tech/color_space")
listed("technology.column_type", "A type of columns in databases", "sql", pool="tech/column_type")
listed("technology.gpu", "A graphics card", "hardware", pool="tech/gpu", aliases=("graphics", "graphics_card"))
listed("technology.hardware_maker", "A maker of hardware", "brand", pool="tech/hardware_maker")
listed("technology.cloud_region", "The name of a region of a made-up cloud", "availability zone", pool="tech/cloud_region")
listed("technology.input_name", "The name of a form's field", "form", "html", pool="tech/input_name")
for _name, _told, _field, _alias in (
    ("browser", "The browser of the row's device", "browser", "browser_name"),
    ("browser_version", "The version of the row's browser", "version", ""),
    ("os_name", "The system of the row's device", "system", ""),
    ("os_release", "The system of the row's device with its version", "os", ""),
    ("platform", "What scripts of a web page see as platform of the row's device", "platform", ""),
    ("device_type", "Whether the row's device is a desktop, mobile or tablet", "kind", "device_category"),
    ("screen", "The size of the row's screen in CSS pixels", "screen", "screen_size_in_pixels"),
):
    field(
        f"device.{_name}",
        _told,
        "device",
        "agent/device",
        _field,
        keywords=("user agent", "client"),
        aliases=(_alias,) * bool(_alias),
    )
field(
    "device.phone_model",
    "A model of telephone",
    "handset",
    "handset/model",
    keywords=("mobile", "smartphone"),
    aliases=("phone_name",),
)
field(
    "device.phone_maker",
    "The maker of the row's telephone",
    "handset",
    "handset/model",
    "maker",
    keywords=("mobile",),
    aliases=("phone_brand",),
)
field(
    "device.phone_system",
    "The system of the row's telephone",
    "handset",
    "handset/model",
    "platform",
    keywords=("android", "ios"),
)
field(
    "internet.http_registered_status",
    "An HTTP status code of the registry, evenly",
    "http",
    "status/http",
    "code",
    kind=INT,
    keywords=("response",),
)
field("internet.http_status_message", "The row's HTTP status code with its reason", "http", "status/http", keywords=("response",))

_ERRORS = "runtime database grpc http http_client http_server validation object".split()


def _error() -> None:
    kinds = Parameter("kind", "string", "Only errors of that kind", "any", choices=("any", *_ERRORS))
    register = generator(
        "technology.error", "An error message", parameters=(kinds,), keywords=("exception", "failure"), aliases=("error_message",)
    )
    register(lambda make, kind: pick(make, "tech/error" if kind == "any" else f"tech/error_{kind}"))


_error()
_AGENTS = ("chrome", "edge", "firefox", "safari", "opera", "api")


@generator(
    "internet.browser_agent",
    "What a browser or a program of one kind says it is",
    keywords=("user agent", "http header"),
    parameters=(Parameter("browser", "string", "Which one", "chrome", choices=_AGENTS),),
)
def browser_agent(make: Make, browser: str) -> Made:
    """Of recent years."""
    return pick(make, f"agent/{browser}")


@generator("internet.http_request_headers", "The headers of an HTTP request", output="text", keywords=("http",))
def http_request_headers(make: Make) -> Made:
    """Host, agent and what is accepted."""
    host, agent = Words(make, "en_US").word("host", "slug"), word(make, "agent/device", "name", "agent")
    return Made(join("Host: ", host, ".example.com\nUser-Agent: ", agent, "\nAccept: */*\n"), TEXT, None)


@generator("internet.http_response_headers", "The headers of an HTTP response", output="text", keywords=("http",))
def http_response_headers(make: Make) -> Made:
    """Type, length and caching."""
    kind, size = word(make, "file/type", "mime", "type"), digits(Uniform(make.key("size"), 100, 999_999, make.at))
    return Made(join("Content-Type: ", kind, "\nContent-Length: ", size, "\nCache-Control: no-store\n"), TEXT, None)


def _few(make: Make, values: tuple[str, ...], weights: tuple[int, ...] = ()) -> Made:
    index = Weighted(make.key("index"), weights, make.at) if weights and not make.unique else make.index(len(values))
    return Made(Values(values, index), STRING, len(values), unique=make.unique)


@generator("technology.log_level", "A level of logs, by how common it is", keywords=("severity",))
def log_level(make: Make) -> Made:
    """Mostly info."""
    return _few(make, ("trace", "debug", "info", "warning", "error", "fatal"), (5, 20, 60, 10, 4, 1))


@generator("technology.version", "A version of software", aliases=("app_version", "semver"), keywords=("release",))
def version(make: Make) -> Made:
    """Three numbers (semver.org)."""
    index = make.index(10 * 50 * 100)
    return written(
        make, 50_000, digits(divide(index, 5_000)), ".", digits(modulo(divide(index, 100), 50)), ".", digits(modulo(index, 100))
    )


@generator("technology.calver", "A version by its date", keywords=("release",))
def calver(make: Make) -> Made:
    """Year, month and a number."""
    index = make.index(12 * 12 * 10)
    return written(
        make,
        1_440,
        digits(add(divide(index, 120), 2014)),
        ".",
        digits(add(modulo(divide(index, 10), 12), 1)),
        ".",
        digits(modulo(index, 10)),
    )


@generator("technology.stage", "A stage of development", keywords=("release",))
def stage(make: Make) -> Made:
    """From the first idea to the end."""
    return _few(
        make, ("pre-alpha", "alpha", "beta", "release candidate", "stable", "long-term support", "maintenance", "deprecated")
    )


@generator("technology.ram_size", "A size of memory", keywords=("hardware",))
def ram_size(make: Make) -> Made:
    """Those that shops sell."""
    return _few(
        make, ("2GB", "4GB", "6GB", "8GB", "12GB", "16GB", "24GB", "32GB", "48GB", "64GB", "96GB", "128GB", "192GB", "256GB")
    )


@generator("technology.ram_type", "A type of memory", keywords=("hardware",))
def ram_type(make: Make) -> Made:
    """The generations."""
    return _few(
        make, ("SDRAM", "DDR", "DDR2", "DDR3", "DDR3L", "DDR4", "DDR5", "LPDDR3", "LPDDR4", "LPDDR4X", "LPDDR5", "LPDDR5X")
    )


@generator("technology.storage", "A disk", keywords=("hardware", "ssd", "hdd"))
def storage(make: Make) -> Made:
    """A size and a kind."""
    sizes = ("128GB", "240GB", "256GB", "480GB", "500GB", "512GB", "960GB", "1TB", "2TB", "4TB", "8TB", "16TB")
    kinds = ("HDD 5400 RPM", "HDD 7200 RPM", "SATA SSD", "NVMe SSD", "eMMC")
    index = make.index(60)
    return written(make, 60, Values(sizes, divide(index, 5)), " ", Values(kinds, modulo(index, 5)))


@generator("technology.resolution", "A resolution of screens", aliases=("screen_resolution",), keywords=("display",))
def resolution(make: Make) -> Made:
    """Width by height."""
    sizes = (
        "1024x768 1280x720 1280x800 1280x1024 1366x768 1440x900 1600x900 1600x1200 1680x1050 1920x1080 1920x1200 2048x1536 "
        "2256x1504 2560x1080 2560x1440 2560x1600 2880x1800 3024x1964 3440x1440 3840x2160 5120x2880"
    )
    return _few(make, tuple(sizes.split()))


@generator("technology.screen_size", "A diagonal of screens", keywords=("display",))
def screen_size(make: Make) -> Made:
    """In inches."""
    sizes = "10.1 10.5 11.6 12.4 12.9 13 13.3 13.6 14 14.2 15 15.4 15.6 16 16.2 17 17.3 18 21.5 23.8 24 27 28 31.5 32 34 38 49"
    return _few(make, tuple(f"{size}″" for size in sizes.split()))


@generator("technology.cpu_frequency", "A frequency of processors", keywords=("hardware", "clock"))
def cpu_frequency(make: Make) -> Made:
    """1.5 to 5.9 GHz."""
    index = make.index(45)
    number = add(index, 15)
    return written(make, 45, digits(divide(number, 10)), ".", digits(modulo(number, 10)), "GHz")


@generator("technology.cpu_generation", "A generation of processors", aliases=("generation",), keywords=("hardware",))
def cpu_generation(make: Make) -> Made:
    """1st to 15th."""
    ordinals = ("1st", "2nd", "3rd", *(f"{n}th" for n in range(4, 16)))
    return _few(make, tuple(f"{o} Generation" for o in ordinals))


@generator("internet.cidr", "An IPv4 network", aliases=("ip_v4_cidr", "ipv4_cidr"), keywords=("subnet", "network"))
def cidr(make: Make) -> Made:
    """A private /16 to /24 whose address has zeros behind the mask."""
    index = make.index(256 * 256)
    return written(make, 65_536, "10.", digits(divide(index, 256)), ".", digits(modulo(index, 256)), ".0/24")


@generator("internet.ipv6_cidr", "An IPv6 network for documentation", aliases=("ip_v6_cidr",), keywords=("subnet", "network"))
def ipv6_cidr(make: Make) -> Made:
    """A /64 of 2001:db8::/32."""
    groups = ((_HEX,) * 4, (_HEX,) * 4)
    return Made(
        join("2001:0db8:", drawn_pattern(make, (*groups[0], ":", *groups[1])), "::/64"), STRING, 16**8, unique=make.unique
    )


@generator("internet.ip_with_port", "An IPv4 address with a port", aliases=("ip_v4_with_port",), keywords=("endpoint", "socket"))
def ip_with_port(make: Make) -> Made:
    """A private address and a port from 1024."""
    index = make.index(2**24 * 64_512)
    address = divide(index, 64_512)
    octets = [digits(modulo(divide(address, 256**p), 256)) for p in (2, 1, 0)]
    return written(
        make, 2**24 * 64_512, "10.", octets[0], ".", octets[1], ".", octets[2], ":", digits(add(modulo(index, 64_512), 1024))
    )


@generator("internet.asn", "The number of a network for private use", aliases=("autonomous_system",), keywords=("bgp",))
def asn(make: Make) -> Made:
    """AS64512 to AS65534 (RFC 6996)."""
    return written(make, 1_023, "AS", digits(add(make.index(1_023), 64_512)))


@generator("internet.public_dns", "The address of a public name server", keywords=("resolver",))
def public_dns(make: Make) -> Made:
    """Those of large providers."""
    return pick(make, "tech/public_dns")


@generator("internet.tld", "A top-level domain", aliases=("top_level_domain", "domain_suffix"), keywords=("dns", "domain"))
def tld(make: Make) -> Made:
    """Those of the countries, without their dot."""
    if make.unique:
        return pick(make, "geo/country", "tld")
    return Made(
        Call("substring", (word(make, "geo/country", "tld", "tld"), Const(1), Const(20))),
        STRING,
        pools.pool("geo/country").size,
    )


@generator("internet.http_version", "A version of HTTP, by how common it is", keywords=("protocol",))
def http_version(make: Make) -> Made:
    """Mostly 2."""
    return _few(make, ("HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3"), (1, 30, 50, 19))


@generator(
    "internet.path",
    "A path of a web address",
    aliases=("url_path",),
    keywords=("url",),
    parameters=(Parameter("parts", "int", "How many", 2, minimum=1, maximum=6),),
)
def path(make: Make, parts: int) -> Made:
    """English words."""
    made = Words(make, "en_US")
    return Made(join(*[piece for n in range(parts) for piece in ("/", made.word(f"{n}", "slug"))]), STRING, None)


@generator("internet.query_string", "The query of a web address", aliases=("query_parameters",), keywords=("url",))
def query_string(make: Make) -> Made:
    """Two names with values."""
    names = [word(make, "tech/input_name", "name", f"{n}") for n in range(2)]
    value = Words(make, "en_US").word("value", "slug")
    number = digits(Uniform(make.key("number"), 0, 999, make.at))
    return Made(join(names[0], "=", value, "&", names[1], "=", number), STRING, None)


@generator("internet.dsn", "The address of a database", aliases=("database_url",), keywords=("connection",))
def dsn(make: Make) -> Made:
    """On a host that nobody can own (RFC 2606)."""
    kinds = ("postgresql", "mysql", "mongodb", "redis", "amqp", "memcached", "couchdb", "clickhouse")
    kind = Values(kinds, Uniform(make.key("kind"), 0, len(kinds) - 1, make.at))
    host: Op = Words(make, "en_US").word("host", "slug")
    return Made(join(kind, "://", host, ".example.com:", digits(Uniform(make.key("port"), 1024, 65_535, make.at))), STRING, None)


@generator("internet.social_network", "A social network", aliases=("social_media",), keywords=("community",))
def social_network(make: Make) -> Made:
    """Large ones."""
    return _few(
        make,
        (
            "Bluesky",
            "Discord",
            "Facebook",
            "Instagram",
            "KakaoTalk",
            "LINE",
            "LinkedIn",
            "Mastodon",
            "Pinterest",
            "Quora",
            "Reddit",
            "Snapchat",
            "Telegram",
            "Threads",
            "TikTok",
            "Tumblr",
            "Twitch",
            "Viber",
            "VK",
            "WeChat",
            "Weibo",
            "WhatsApp",
            "X",
            "YouTube",
        ),
    )
