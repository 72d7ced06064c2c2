"""Pictures: their addresses on reserved domains, and whole small ones as data URLs."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from functools import cache

from runner.generators.checked import digits, multiply, written
from runner.generators.identifier import drawn_pattern
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Op, Uniform, Values
from runner.types import STRING

_HEX = "0123456789abcdef"
_SHADES = range(0, 256, 17)  # sixteen of each of red, green and blue


@generator(
    "internet.avatar_url", "The address of a person's picture, on a reserved domain", aliases=("avatar",), keywords=("photo",)
)
def avatar_url(make: Make) -> Made:
    """Twelve hexadecimal digits and .png at example.com (RFC 2606)."""
    return written(make, 16**12, "https://avatars.example.com/", drawn_pattern(make, (_HEX,) * 12), ".png")


def _side(name: str) -> Parameter:
    return Parameter(name, "int", f"The {name} in pixels; by default drawn", minimum=1, maximum=10_000)


@generator(
    "internet.image_url", "The address of a picture, on a reserved domain", aliases=("picture_url",), keywords=("photo", "dummy"),
    parameters=(_side("width"), _side("height")),
)  # fmt: skip
def image_url(make: Make, width: int | None, height: int | None) -> Made:
    """The size, eight hexadecimal digits and .png at example.com (RFC 2606); drawn sides are 100 to 1600 pixels."""
    name = drawn_pattern(make, (_HEX,) * 8)
    wide, high = _pixels(make, "width", width), _pixels(make, "height", height)
    made = written(make, 16**8, "https://images.example.com/", wide, "x", high, "/", name, ".png")
    return made if width and height else Made(made.op, STRING, None, unique=made.unique)


def _pixels(make: Make, side: str, given: int | None) -> str | Op:
    return str(given) if given else digits(multiply(Uniform(make.key(side), 5, 80, make.at), 20))


@generator("internet.image_data_url", "A whole picture of one pixel as a data URL (PNG in base 64)", keywords=("image", "inline"))
def image_data_url(make: Make) -> Made:
    """One of 4,096 colours."""
    pictures = _pictures()
    return Made(Values(pictures, make.index(len(pictures))), STRING, len(pictures), unique=make.unique)


@cache
def _pictures() -> tuple[str, ...]:
    colors = (bytes((red, green, blue)) for red in _SHADES for green in _SHADES for blue in _SHADES)
    return tuple(f"data:image/png;base64,{b64encode(_png(color)).decode()}" for color in colors)


def _png(color: bytes) -> bytes:
    """A picture of one pixel (PNG, ISO 15948), its data not compressed, so that every zlib writes the same."""
    line = b"\x00" + color
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(line), 0xFFFF ^ len(line)) + line + struct.pack(">I", zlib.adler32(line))
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", stored) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
