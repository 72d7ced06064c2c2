"""Records with several fields: facts that belong together, from the tables beside this file and from data packages."""

from __future__ import annotations

from http import HTTPStatus
from math import asin
from zoneinfo import ZoneInfo

import airportsdata
from babel import Locale
from babel.dates import get_timezone_name
from faker.providers.color import Provider as Colors

from scripts.pools.devices import agent_file, emoji_file, file_types
from scripts.pools.files import Fields, table
from scripts.pools.geo import countries
from scripts.pools.handsets import handsets
from scripts.pools.wordnet import lived

_EARTH = 6_371  # km
CHORDS = 20_000  # steps of a chord from 0 to 2 radii


def record_files() -> dict[str, dict[str, Fields]]:
    """The pools by file name."""
    works = {kind: _works(kind) for kind in ("book", "music")}
    return {
        "file": {"type": file_types()},
        "handset": {"model": handsets()},
        "works": works,
        "emoji": emoji_file(),
        "color": {"color": _colors()},
        "language": {"language": _languages(), "locale": _locales()},
        "timezone": {"timezone": _timezones()},
        "flight": {"arc": {"km": _arcs()}},
        "agent": agent_file(),
        "status": {"http": _statuses()},
    }


def _works(kind: str) -> Fields:
    rows = [row for row in table("works") if row[0] == kind]
    wrong = [row for row in rows if not lived(row[2], int(row[3]))]
    assert not wrong, f"their makers did not live then: {wrong}"
    return {
        "name": [r[1] for r in rows],
        "creator": [r[2] for r in rows],
        "year": [int(r[3]) for r in rows],
        "genre": [r[4] for r in rows],
    }


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
