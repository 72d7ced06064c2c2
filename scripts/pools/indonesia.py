"""Regencies and districts of Indonesia (kabupaten and kota, kecamatan) by their codes, as in identity numbers.

The codes are those of the Ministry of Home Affairs (2020), through the npm package geografis.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

from scripts.pools.files import Fields
from scripts.pools.npm import read_json

_CODES = 10_000


@cache
def villages() -> dict[int, list[dict[str, Any]]]:
    """The villages of each regency, by its code (3171 is the centre of Jakarta), in the order of the codes."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for village in read_json("geografis", "data/json/data.json"):
        found[int(village["code"][:5].replace(".", ""))].append(village)
    return dict(sorted(found.items()))


def indonesia_files() -> dict[str, dict[str, Fields]]:
    """`district`, in the order of their codes, and `regency`: an entry for each number below 10,000, real or not."""
    names: list[str] = []
    codes: list[int] = []
    places = [("", 0, 1)] * _CODES
    for regency, own in villages().items():
        districts = sorted({village["code"][6:8]: village["district"] for village in own}.items())
        places[regency] = own[0]["city"], len(names), len(districts)
        names += [name for _, name in districts]
        codes += [int(code) for code, _ in districts]
    regencies: Fields = {"name": [p[0] for p in places], "first": [p[1] for p in places], "districts": [p[2] for p in places]}
    return {"indonesia": {"district": {"name": names, "code": codes}, "regency": regencies}}
