"""Flights, airports, airlines and aircraft: 100,000 rows, every row one flight that could be."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from runner import pools
from runner.engine import Engine
from runner.schema import check

ROWS = 100_000
EARTH = 6_371  # km
ENDS = ("origin", "destination")
OF_AIRPORT = {
    "name": "airport", "iata": "airport_iata", "icao": "airport_icao", "city": "airport_city", "country": "airport_country_code",
    "timezone": "airport_timezone", "region": "airport_region", "elevation": "airport_elevation",
}  # fmt: skip


def batch(columns: dict[str, Any], rows: int = ROWS) -> pa.RecordBatch:
    checked = check({"tables": {"t": {"rows": rows, "columns": columns}}})
    assert checked.plan, checked.findings
    return Engine(checked.plan).batch("t", 0, rows)


def number(made: pa.RecordBatch, name: str) -> npt.NDArray[np.float64]:
    column = made.column(name)
    found: npt.NDArray[np.float64] = column.cast(pa.float64() if pa.types.is_decimal(column.type) else pa.int64()).to_numpy()
    return found


@pytest.fixture(scope="module")
def flights() -> pa.RecordBatch:
    ends = {
        f"{end}_{field}": {"gen": f"airport_{field}", "role": end} for end in ENDS for field in ("iata", "latitude", "longitude")
    }
    return batch({
        **ends, "number": "flight_number", "airline": "airline_iata", "km": "flight_distance", "minutes": "flight_duration",
        "leaves": "departure_time", "lands": "arrival_time",
    })  # fmt: skip


def test_a_flight_has_two_airports_and_the_distance_between_them(flights: pa.RecordBatch) -> None:
    assert not any(a == b for a, b in zip(*(flights.column(f"{end}_iata").to_pylist() for end in ENDS), strict=True))
    (lat1, lon1), (lat2, lon2) = (
        [np.radians(number(flights, f"{end}_{axis}")) for axis in ("latitude", "longitude")] for end in ENDS
    )
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    great_circle = 2 * EARTH * np.arcsin(np.sqrt(half))
    off = np.abs(number(flights, "km") - great_circle)
    assert off[great_circle < 15_000].max() <= 3
    assert off.max() <= 130  # a step of the chord is far at the other end of the world


def test_times_are_in_order_and_fit_the_distance(flights: pa.RecordBatch) -> None:
    leaves, lands = (flights.column(name).cast(pa.int64()).to_numpy() for name in ("leaves", "lands"))
    minutes, km = number(flights, "minutes"), number(flights, "km")
    assert ((lands - leaves) == minutes * 60).all()
    assert (minutes >= 30).all()
    cruising = (minutes - 30) * 13
    assert (np.abs(cruising - km) <= 13).all()
    assert (leaves % 300 == 0).all()


def test_a_flight_number_is_of_the_airline(flights: pa.RecordBatch) -> None:
    pairs = zip(flights.column("number").to_pylist(), flights.column("airline").to_pylist(), strict=True)
    assert all(flight[:2] == airline and 1 <= int(flight[2:]) <= 9_999 for flight, airline in pairs)


@pytest.mark.parametrize("role", ["any", *ENDS])
def test_an_airport_is_one_record(role: str) -> None:
    made = batch({name: {"gen": name, "role": role} for name in OF_AIRPORT.values()})
    pool = pools.pool("aviation/airport")
    known = set(zip(*(pool.field(field).to_pylist() for field in OF_AIRPORT), strict=True))
    assert set(zip(*(made.column(name).to_pylist() for name in OF_AIRPORT.values()), strict=True)) <= known


@pytest.mark.parametrize(
    ("pool", "columns"),
    [
        ("aviation/airline", {"name": "airline", "iata": "airline_iata", "icao": "airline_icao", "country": "airline_country"}),
        ("aviation/aircraft", {"name": "aircraft", "maker": "aircraft_maker", "iata": "aircraft_iata", "icao": "aircraft_icao",
                               "seats": "aircraft_seats"}),
    ],
)  # fmt: skip
def test_airlines_and_aircraft_are_whole_records(pool: str, columns: dict[str, str]) -> None:
    made, entries = batch({name: name for name in columns.values()}), pools.pool(pool)
    known = set(zip(*(entries.field(field).to_pylist() for field in columns), strict=True))
    assert set(zip(*(made.column(name).to_pylist() for name in columns.values()), strict=True)) <= known


@pytest.mark.parametrize(("pool", "column"), [("aviation/airline", "airline_icao"), ("aviation/airport", "airport_icao")])
def test_weights_are_followed(pool: str, column: str) -> None:
    entries = pools.pool(pool)
    assert entries.weights is not None
    values, counts = np.unique(np.array(batch({"a": column}).column("a").to_pylist()), return_counts=True)
    seen = dict(zip(values.tolist(), counts.tolist(), strict=True))
    expected = entries.weights / entries.weights.sum() * ROWS
    got = np.array([seen.get(code, 0) for code in entries.field("icao").to_pylist()])
    often = expected >= 20
    assert 0.6 < ((got - expected) ** 2 / expected)[often].sum() / often.sum() < 1.5


def test_codes_are_written_as_codes() -> None:
    airlines, airports = pools.pool("aviation/airline"), pools.pool("aviation/airport")
    assert airlines.size >= 150
    assert airports.size >= 6_000
    for entries, iata, icao in ((airlines, 2, 3), (airports, 3, 4)):
        for field, length in (("iata", iata), ("icao", icao)):
            codes = entries.field(field).to_pylist()
            assert all(len(code) == length and code.isalnum() and code == code.upper() for code in codes)
            assert len(set(codes)) == len(codes)
