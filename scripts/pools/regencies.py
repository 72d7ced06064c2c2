"""Regencies and cities of Indonesia (kabupaten and kota).

The codes are those of the Ministry of Home Affairs, as in identity numbers.
"""

from __future__ import annotations

from scripts.pools.files import Fields, table


def regency_fields() -> Fields:
    """`name`, `code`, `region`, coordinates in microdegrees, postcode range, and population as weight."""
    provinces = {row[0]: row[1] for row in table("provinces")}
    rows = table("regencies")
    posts = [int(prefix) * 100 for _, _, _, prefix, _, _ in rows]
    return {
        "name": [r[1] for r in rows],
        "code": [int(r[0]) for r in rows],
        "region": [provinces[r[0][:2]] for r in rows],
        "region_code": [r[0][:2] for r in rows],
        "latitude": [round(float(r[4]) * 10**6) for r in rows],
        "longitude": [round(float(r[5]) * 10**6) for r in rows],
        "weight": [int(r[2]) for r in rows],
        "post_low": [p + 11 for p in posts],
        "post_high": [p + 99 for p in posts],
    }
