"""Records with several fields: facts that belong together, from the tables beside this file and from data packages."""

from __future__ import annotations

import unicodedata
from http import HTTPStatus
from math import asin
from typing import Any
from zoneinfo import ZoneInfo

import airportsdata
from babel import Locale
from babel.dates import get_timezone_name
from faker.providers.color import Provider as Colors

from scripts.pools.files import Fields, table
from scripts.pools.geo import countries
from scripts.pools.world import user_agents

_BODIES = {"S": "Sedan", "H": "Hatchback", "U": "SUV", "E": "Estate", "C": "Coupé", "T": "Pick-up", "V": "Van"}
_EARTH = 6_371  # km
CHORDS = 20_000  # steps of a chord from 0 to 2 radii


def record_files() -> dict[str, dict[str, Fields]]:
    """The pools by file name."""
    works = {kind: _works(kind) for kind in ("book", "movie", "music")}
    return {
        "element": {"element": _elements(), "unit": _columns("units", "name symbol quantity")},
        "vehicle": {"model": _models()},
        "market": {
            "stock": _columns("stocks", "ticker name exchange"),
            "exchange": _columns("exchanges", "name mic city country"),
            "crypto": _columns("crypto", "code name"),
            "merchant_category": _columns("merchants", "code name"),
        },
        "file": {"type": _columns("mimes", "extension mime kind")},
        "handset": {"model": _columns("handsets", "maker name platform")},
        "works": works,
        "emoji": _emojis(),
        "color": {"color": _colors()},
        "language": {"language": _languages(), "locale": _locales()},
        "timezone": {"timezone": _timezones()},
        "flight": {"arc": {"km": _arcs()}},
        "agent": _agents(),
        "status": {"http": _statuses()},
    }


def _columns(name: str, fields: str) -> Fields:
    columns = list(zip(*table(name), strict=True))
    return {field: list(columns[i]) for i, field in enumerate(fields.split())}


def _elements() -> Fields:
    rows = table("elements")
    return {
        "symbol": [r[0] for r in rows],
        "name": [r[1] for r in rows],
        "mass": [round(float(r[2]) * 10_000) for r in rows],
        "kind": [r[3] for r in rows],
        "number": list(range(1, len(rows) + 1)),
    }


def _models() -> Fields:
    found: dict[str, list[Any]] = {"maker": [], "name": [], "body": [], "wmi": []}
    for maker, models, wmi in table("vehicles"):
        body = ""
        for word in models.split(","):
            starts = [(word.find(f"{letter}:"), letter) for letter in _BODIES if f"{letter}:" in word]
            for part in _split(word, starts):
                body, name = part if part[0] else (body, part[1])
                for field, value in zip(found, (maker, name, _BODIES[body], wmi), strict=True):
                    found[field].append(value)
    return dict(found) | {"wmi_sum": [_worth(wmi) for wmi in found["wmi"]]}


def _worth(wmi: str) -> int:
    """What the first three characters add to the sum of a VIN's check digit (49 CFR 565)."""
    values = dict(
        zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)
    )
    return sum(values[c] * weight for c, weight in zip(wmi, (8, 7, 6), strict=True))


def _split(word: str, starts: list[tuple[int, str]]) -> list[tuple[str, str]]:
    """`Avalon H:Prius` is Avalon of the body before and Prius of body H."""
    parts = []
    before = word
    for at, letter in sorted(starts, reverse=True):
        parts.append((letter, before[at + 2 :].strip()))
        before = before[:at]
    return [*([("", before.strip())] if before.strip() else []), *reversed(parts)]


def _works(kind: str) -> Fields:
    rows = [row for row in table("works") if row[0] == kind]
    return {
        "name": [r[1] for r in rows],
        "creator": [r[2] for r in rows],
        "year": [int(r[3]) for r in rows],
        "genre": [r[4] for r in rows],
    }


def _emojis() -> dict[str, Fields]:
    """One pool of all, and one of each category. Names are those of Unicode."""
    rows = {category: list(dict.fromkeys(text.split())) for category, text in table("emojis")}
    rows["flag"] = ["".join(chr(0x1F1E6 + ord(c) - 65) for c in country["iso"]) for country in countries()]
    names = dict(zip(rows["flag"], _country_names(), strict=True))
    every = {e: c for c, values in rows.items() for e in values}
    pools: dict[str, Fields] = {"emoji": _named(list(every), list(every.values()), names)}
    return pools | {category: _named(values, [category] * len(values), names) for category, values in rows.items()}


def _named(values: list[str], categories: list[str], names: dict[str, str]) -> Fields:
    told = [names.get(v) or unicodedata.name(v[0]).lower() for v in values]
    return {
        "emoji": values,
        "name": told,
        "category": categories,
        "alias": [":" + "_".join(t.lower().replace("-", " ").split()) + ":" for t in told],
    }


def _country_names() -> list[str]:
    english = Locale.parse("en").territories
    return [english.get(c["iso"], c["name"]) for c in countries()]


def _colors() -> Fields:
    """The names of CSS (W3C) with their values, through Faker."""
    names = sorted(Colors.all_colors)
    values = [Colors.all_colors[name].lower() for name in names]
    split = [[int(v[i : i + 2], 16) for i in (1, 3, 5)] for v in values]
    return {"name": names, "hex": values, "rgb": [f"rgb({r}, {g}, {b})" for r, g, b in split]}


def _languages() -> Fields:
    """ISO 639-1 languages in English, by CLDR."""
    names = Locale.parse("en").languages
    codes = sorted(code for code in names if len(code) == 2)
    return {"name": [names[code] for code in codes], "code": codes}


def _locales() -> Fields:
    codes = sorted({f"{c['languages'].split(',')[0].split('-')[0]}-{c['iso']}" for c in countries() if c["languages"]})
    return {"name": codes}


def _timezones() -> Fields:
    """Zones that have an airport, with their offset on 2025-01-01."""
    import datetime as dt

    zones = sorted({a["tz"] for a in airportsdata.load("IATA").values() if "/" in a["tz"]})
    moment = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    local = [moment.astimezone(ZoneInfo(z)) for z in zones]
    return {
        "name": zones,
        "region": [z.partition("/")[0] for z in zones],
        "offset": [m.strftime("%z")[:3] + ":" + m.strftime("%z")[3:] for m in local],
        "abbreviation": [m.tzname() or "" for m in local],
        "full": [get_timezone_name(m, locale="en") for m in local],
    }


def _arcs() -> list[int]:
    """Kilometres along the earth for a chord of n / CHORDS diameters."""
    return [round(2 * _EARTH * asin(n / CHORDS)) for n in range(CHORDS + 1)]


def _statuses() -> Fields:
    found = [s for s in HTTPStatus if s.value not in (418,)]
    return {"code": [s.value for s in found], "name": [f"{s.value} {s.phrase}" for s in found]}


_PROGRAMS = (
    "curl/8.{}.0",
    "python-requests/2.{}.0",
    "Go-http-client/1.{}",
    "PostmanRuntime/7.{}.0",
    "okhttp/4.{}.0",
    "Wget/1.{}.0",
    "axios/1.{}.0",
    "Apache-HttpClient/5.{}",
)


def _agents() -> dict[str, Fields]:
    """User agents by browser."""
    every = list(user_agents()["name"])
    edge = [a for a in every if "Edg/" in a]
    chrome = [a for a in every if "Chrome/" in a and a not in edge]
    opera = [f"{a} OPR/{90 + n}.0.0.0" for a in chrome for n in (14, 18, 22) if "Mobile" not in a]
    firefox = [a for a in every if "Firefox/" in a]
    safari = [a for a in every if a not in {*edge, *chrome, *firefox}]
    api = [program.format(n) for program in _PROGRAMS for n in range(1, 10)]
    kinds = {"chrome": chrome, "edge": edge, "firefox": firefox, "safari": safari, "opera": opera, "api": api}
    return {kind: {"name": names} for kind, names in kinds.items()}
