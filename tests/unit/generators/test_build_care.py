"""The files of health care, the sciences and Indonesia are what their scripts make (where their packages are installed)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from runner import pools

_NEEDED = (
    "simple_icd_10_cm",
    "labunits",
    "drug_named_entity_recognition",
    "mendeleev",
    "pint",
    "skyfield",
    "jplephem",
    "pyrolite",
    "Bio",
)
pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in _NEEDED), reason="scripts/pools/requirements.txt is not installed"
)


@pytest.mark.filterwarnings("ignore")
def test_health_is_built_to_the_same_bytes(tmp_path: Path) -> None:
    from scripts.pools.care import care_files
    from scripts.pools.files import write

    for name, content in care_files().items():
        write(tmp_path / f"{name}.arrow", content, {})
        assert (tmp_path / f"{name}.arrow").read_bytes() == (pools.DATA / f"{name}.arrow").read_bytes(), name


@pytest.mark.filterwarnings("ignore")
def test_elements_moons_and_minerals_are_built_to_the_same_values() -> None:
    from scripts.pools import science

    made = {
        "element/element": science._elements(), "element/unit": science._units(), "sky/moon": science._moons(),
        "sky/star": science._stars(), "sky/constellation": science._constellations(), "mineral/mineral": science._minerals(),
        "protein/amino_acid": science._amino_acids(),
    }  # fmt: skip
    for name, fields in made.items():
        assert {field: pools.pool(name).field(field).to_pylist() for field in fields} == fields, name
