"""The columns of a point show one point, row by row, and it lies where it was asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pytest

from runner import pools
from runner.engine import Engine
from runner.schema import check

ROWS = 100_000
EARTH = 6_371.009
Floats = npt.NDArray[np.float64]


def columns_of(columns: dict[str, Any], rows: int = ROWS) -> dict[str, Any]:
    outcome = check({"tables": {"t": {"rows": rows, "columns": columns}}})
    assert outcome.plan, outcome.findings
    batch = Engine(outcome.plan).batch("t", 0, rows)
    return {name: batch.column(name) for name in columns}


def degrees(array: Any) -> Floats:
    return np.array(array.cast("float64").to_numpy(), np.float64)


def kilometres(lat: Floats, lon: Floats, centre: tuple[float, float]) -> Floats:
    """By the haversine formula."""
    a, b, c, d = np.radians(lat), np.radians(lon), *np.radians(centre)
    half = np.sin((a - c) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((b - d) / 2) ** 2
    return np.asarray(2 * EARTH * np.arcsin(np.sqrt(half)))


def point(rows: int = ROWS, **where: Any) -> tuple[Floats, Floats]:
    made = columns_of({"lat": {"gen": "point_latitude", **where}, "lon": "point_longitude"}, rows)
    return degrees(made["lat"]), degrees(made["lon"])


def test_all_columns_show_one_point() -> None:
    """It is enough that one of them says where."""
    names = {
        "text": "geo.point",
        "lon": "point_longitude",
        "wkt": "wkt",
        "json": "geojson",
        "hash": {"gen": "point_geohash", "length": 11},
    }
    made = columns_of({"lat": {"gen": "point_latitude", "center": [-6.2, 106.8], "radius": "25km"}, **names})
    lat, lon = (made[name].cast("string").to_pylist() for name in ("lat", "lon"))
    assert made["text"].to_pylist() == [f"{a}, {b}" for a, b in zip(lat, lon, strict=True)]
    assert made["wkt"].to_pylist() == [f"POINT ({b} {a})" for a, b in zip(lat, lon, strict=True)]
    parsed = [orjson.loads(text) for text in made["json"].to_pylist()]
    assert all(one["type"] == "Point" for one in parsed)
    assert [one["coordinates"] for one in parsed] == [[float(b), float(a)] for a, b in zip(lat, lon, strict=True)]
    south, west, height, width = cells(made["hash"].to_pylist())
    found = degrees(made["lat"]), degrees(made["lon"])
    assert ((south <= found[0]) & (found[0] <= south + height)).all()
    assert ((west <= found[1]) & (found[1] <= west + width)).all()


def cells(hashes: list[str]) -> tuple[Floats, Floats, float, float]:
    """South and west of each geohash's cell, and the size of all: bits by turns, longitude first."""
    alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"
    values = np.array([[alphabet.index(letter) for letter in text] for text in hashes])
    bits = (values[:, :, None] >> np.arange(4, -1, -1) & 1).reshape(len(hashes), -1)
    east, north = bits[:, 0::2], bits[:, 1::2]
    lon, lat = ((part @ (1 << np.arange(part.shape[1] - 1, -1, -1))) / 2.0 ** part.shape[1] for part in (east, north))
    return lat * 180 - 90, lon * 360 - 180, 180 / 2.0 ** north.shape[1], 360 / 2.0 ** east.shape[1]


@pytest.mark.parametrize("length", [1, 2, 5, 12])
def test_geohashes_of_every_length_hold_the_point(length: int) -> None:
    made = columns_of({"h": {"gen": "point_geohash", "length": length}, "lat": "latitude", "lon": "longitude"}, 5_000)
    south, west, height, width = cells(made["h"].to_pylist())
    lat, lon = degrees(made["lat"]), degrees(made["lon"])
    assert ((south - 1e-9 <= lat) & (lat <= south + height + 1e-9) & (west - 1e-9 <= lon) & (lon <= west + width + 1e-9)).all()


CIRCLES = [((-6.2, 106.8), "5km", 5), ((60, 179.9), "2000km", 2_000), ((89.9, 10), "100km", 100), ((-90, 0), "50km", 50),
           ((0, 0), "10m", 0.01), ((45, 7), "15000km", 15_000), ((51.5, 0), "10mi", 16.09344), ((10, 10), "3", 3)]  # fmt: skip


@pytest.mark.parametrize(("centre", "radius", "reach"), CIRCLES)
def test_points_of_a_circle_lie_in_it_evenly(centre: tuple[float, float], radius: str, reach: float) -> None:
    lat, lon = point(center=list(centre), radius=radius)
    distance = kilometres(lat, lon, centre)
    assert distance.max() <= reach * 1.0001 + 0.0002
    assert distance.max() > reach * 0.97
    assert (np.abs(lon) <= 180).all()
    whole = 1 - np.cos(reach / EARTH)
    for share in (0.1, 0.5, 0.8):
        inner = EARTH * np.arccos(1 - share * whole)
        assert (distance < inner).mean() == pytest.approx(share, abs=0.012 if reach > 0.1 else 0.03)


def test_points_of_a_box_are_even_on_the_sphere() -> None:
    lat, lon = point(box=[-30, 10, 60, 50])
    assert (lat.min() >= -30, lat.max() <= 60, lon.min() >= 10, lon.max() <= 50) == (True,) * 4
    heights = (np.sin(np.radians(lat)) - np.sin(np.radians(-30))) / (np.sin(np.radians(60)) - np.sin(np.radians(-30)))
    for found in (heights, (lon - 10) / 40):
        counts = np.histogram(found, 50, (0, 1))[0]
        assert ((counts - ROWS / 50) ** 2 / (ROWS / 50)).sum() < 110
    assert abs(np.corrcoef(lat, lon)[0, 1]) < 0.015
    assert abs(np.corrcoef(lat, np.arange(ROWS))[0, 1]) < 0.015


def test_boxes_may_cross_the_180th_meridian_and_be_single_points() -> None:
    _, lon = point(10_000, box="-10,170,10,-170")
    assert (np.abs(lon) >= 170).all()
    assert {bool(side) for side in lon > 0} == {True, False}
    assert [set(side) for side in point(50, box=[1.5, 2.5, 1.5, 2.5])] == [{1.5}, {2.5}]
    assert np.abs(point(20_000, box=[-90, -180, 90, 180])[1]).max() > 179


@pytest.mark.parametrize("country", ["ID", "jp", "US"])
def test_points_of_a_country_are_near_its_cities(country: str) -> None:
    lat, lon = point(5_000, country=country)
    locale = {"ID": "id_ID", "JP": "ja_JP", "US": "en_US"}[country.upper()]
    cities = pools.pool(f"{locale}/city")
    known = (cities.field(field).to_pylist() for field in ("latitude", "longitude"))
    places = {(a // 100_000, b // 100_000) for a, b in zip(*known, strict=True)}
    for a, b in zip((lat * 10).astype(int), (lon * 10).astype(int), strict=True):
        assert any((a + da, b + db) in places for da in (-2, -1, 0, 1, 2) for db in (-2, -1, 0, 1, 2))


def test_without_a_place_it_is_that_of_the_row() -> None:
    made = columns_of(
        {"lat": "latitude", "lon": "longitude", "a": "point_latitude", "b": "point_longitude", "city": "city"}, 2_000
    )
    assert made["lat"].equals(made["a"])
    assert made["lon"].equals(made["b"])


def test_groups_are_points_of_their_own() -> None:
    here = {"gen": "geo.point", "box": [0, 0, 1, 1]}
    there = {"gen": "geo.point", "box": [50, 50, 51, 51], "group": "there"}
    made = columns_of({"a": here, "b": there, "c": {"gen": "point_latitude", "group": "there"}}, 100)
    assert [float(text.split(",")[0]) for text in made["b"].to_pylist()] == [float(str(value)) for value in made["c"].to_pylist()]
    assert all(float(text.split(",")[0]) < 2 for text in made["a"].to_pylist())


BAD = {
    "{box: [1, 2, 3]}": "box",
    "{box: [95, 0, 96, 1]}": "box",
    "{box: [5, 0, 1, 1]}": "box",
    "{box: north}": "box",
    "{center: [1, 2]}": "gen",
    "{radius: 5km}": "gen",
    "{center: [1, 2], radius: far}": "radius",
    "{center: [1, 2], radius: 30000km}": "radius",
    "{country: XX}": "country",
    "{country: ID, box: [0, 0, 1, 1]}": "box",
}


@pytest.mark.parametrize(("params", "place"), BAD.items())
def test_bad_places_are_refused(params: str, place: str) -> None:
    text = f"tables:\n  t:\n    rows: 3\n    columns:\n      p: {{gen: wkt, params: {params}}}\n"
    outcome = check(text)
    assert outcome.plan is None
    assert [(f.code, f.line, f.path.rpartition(".")[2]) for f in outcome.findings] == [("PARAMETER_INVALID", 5, place)]


def test_columns_of_one_point_must_not_say_different_things() -> None:
    columns = {"a": {"gen": "wkt", "country": "ID"}, "b": {"gen": "geojson", "country": "JP"}}
    findings = check({"tables": {"t": {"rows": 3, "columns": columns}}}).findings
    assert len(findings) == 2
    assert all("group" in finding.message for finding in findings)
