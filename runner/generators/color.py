"""Colours. The colour of a row is one record of the named colours of CSS."""

from __future__ import annotations

from runner.generators.checked import digits, divide, modulo, written
from runner.generators.identifier import drawn_pattern
from runner.generators.picks import field
from runner.generators.registry import Made, Make, generator
from runner.ops import Values
from runner.types import STRING

_POOL = "color/color"
field("color.color", "A colour by its name in CSS", "color", _POOL, aliases=("color_name", "colour"), keywords=("paint",))
field("color.color_hex", "The row's colour as #rrggbb", "color", _POOL, "hex", keywords=("css",))
field("color.color_rgb", "The row's colour as rgb(r, g, b)", "color", _POOL, "rgb", keywords=("css",))


@generator("color.hex_color", "Any colour as #rrggbb", aliases=("hexadecimal_color", "hex_colour"), keywords=("css",))
def hex_color(make: Make) -> Made:
    """16.7 million."""
    return Made(drawn_pattern(make, ("#", *("0123456789abcdef",) * 6)), STRING, 16**6, unique=make.unique)


@generator("color.rgb_color", "Any colour as rgb(r, g, b)", aliases=("rgb",), keywords=("css",))
def rgb_color(make: Make) -> Made:
    """16.7 million."""
    index = make.index(2**24)
    parts = [digits(modulo(divide(index, 256**p), 256)) for p in (2, 1, 0)]
    return written(make, 2**24, "rgb(", parts[0], ", ", parts[1], ", ", parts[2], ")")


@generator("color.hsl_color", "Any colour as hsl(h, s%, l%)", aliases=("hsl",), keywords=("css",))
def hsl_color(make: Make) -> Made:
    """3.7 million."""
    index = make.index(360 * 101 * 101)
    hue, light = divide(index, 101 * 101), modulo(index, 101)
    return written(
        make, 360 * 101 * 101, "hsl(", digits(hue), ", ", digits(modulo(divide(index, 101), 101)), "%, ", digits(light), "%)"
    )


@generator("color.safe_color", "One of the sixteen first colours of the web", keywords=("css", "basic"))
def safe_color(make: Make) -> Made:
    """HTML 4.01."""
    names = "aqua black blue fuchsia gray green lime maroon navy olive purple red silver teal white yellow"
    return Made(Values(tuple(names.split()), make.index(16)), STRING, 16, unique=make.unique)


@generator("color.palette", "Three colours as #rrggbb", aliases=("nice_colors",), keywords=("scheme", "theme"))
def palette(make: Make) -> Made:
    """With spaces between."""
    one = ("#", *("0123456789abcdef",) * 6)
    return Made(drawn_pattern(make, (*one, " ", *one, " ", *one)), STRING, 16**18, unique=make.unique)
