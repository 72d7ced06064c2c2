"""Mountains, waters and islands of the world: the single ones that WordNet knows."""

from __future__ import annotations

from scripts.pools import wordnet

_KINDS = {
    "mountain": ("mountain%1:17:00", "mountain_peak%1:17:00"),
    "river": ("river%1:17:00",),
    "lake": ("lake%1:17:00", "lagoon%1:17:00"),
    "island": ("island%1:17:00",),
    "sea": ("sea%1:17:00", "ocean%1:17:00", "gulf%1:17:00", "bay%1:17:00"),
    "desert": ("desert%1:15:00",),
}


def places() -> dict[str, list[str]]:
    """Their names by kind."""
    return {kind: wordnet.instances(*senses) for kind, senses in _KINDS.items()}
