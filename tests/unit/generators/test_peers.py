"""Every name of other tools leads to one of our generators, or is absent for a reason that is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.generators import UnknownGenerator, find
from runner.generators.absent import ABSENT

LINES = (Path(__file__).parents[2] / "data" / "peer_names.tsv").read_text().splitlines()
NAMES = [line.split("\t")[1] for line in LINES if not line.startswith("#")][1:]


def leads_to(name: str) -> str | None:
    """The generator of the name, or of its last part."""
    for spelling in (name, name.rpartition(".")[2]):
        try:
            return find(spelling)[0].name
        except UnknownGenerator:
            continue
    return None


def test_every_name_is_found_or_absent_on_purpose() -> None:
    assert [name for name in NAMES if leads_to(name) is None and name not in ABSENT] == []


def test_few_are_absent_and_none_in_vain() -> None:
    assert set(ABSENT) <= set(NAMES)
    assert len(ABSENT) <= 0.05 * len(NAMES)
    assert [name for name in ABSENT if leads_to(name)] == []


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("beerhop", "food.beer_hop"), ("bitcoinaddress", "finance.bitcoin_address"), ("achrouting", "finance.routing_number"),
        ("code.imei", "device.imei"), ("science.dna_sequence", "science.dna"), ("transport.car", "vehicle.car"),
        ("flipacoin", "game.coin"), ("path.user", "file.home"), ("hardware.cpu", "technology.cpu"), ("color", "color.color"),
    ],
)  # fmt: skip
def test_names_keep_their_meaning(name: str, meaning: str) -> None:
    assert leads_to(name) == meaning
