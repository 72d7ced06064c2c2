"""What a schema's record remembers of its database, `Record.hosting`, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.schemas.hosting import Making


@dataclass(frozen=True, slots=True)
class Leftover:
    """What a creation that came to nothing may have left in the place; `made` as in `Host.undo`."""

    making: Making
    made: bool = False


@dataclass(frozen=True, slots=True)
class Hosted:
    """`place`: where. `live`: the creation whose database is there; None for none. `under_way`: the one that goes on,
    with the name of its process (`owner`) and whether it is past `make`. `leftovers` are still to be removed."""

    place: str = ""
    live: Making | None = None
    under_way: Making | None = None
    owner: str = ""
    made: bool = False
    leftovers: tuple[Leftover, ...] = ()

    @classmethod
    def read(cls, schema: str, value: Mapping[str, Any]) -> Hosted:
        """What `json` wrote."""
        return cls(
            value.get("place", ""),
            _making(schema, value.get("live")),
            _making(schema, {"name": value["name"], "attempt": value["attempt"]} if "attempt" in value else None),
            value.get("owner", ""),
            bool(value.get("made")),
            tuple(_leftover(schema, each) for each in value.get("leftovers", ())),
        )

    @property
    def json(self) -> dict[str, Any]:
        """JSON values; what is not there is left out. `attempt` is what the store's heartbeat looks at."""
        doing = self.under_way
        parts: dict[str, Any] = {
            "place": self.place,
            "live": _named(self.live) if self.live else None,
            **(_named(doing) | {"owner": self.owner, "made": self.made} if doing else {}),
            "leftovers": [_named(each.making) | {"made": each.made} for each in self.leftovers],
        }
        return {key: value for key, value in parts.items() if value}

    def begun(self, making: Making, place: str, owner: str) -> Hosted:
        """A creation goes on."""
        return replace(self, place=place, under_way=making, owner=owner, made=False)

    def ended(self, live: Making | None) -> Hosted:
        """The creation came to its end, and this database is there."""
        return replace(self, live=live, under_way=None, owner="", made=False)

    def given_up(self) -> Hosted:
        """The creation came to nothing: what it may have left is to be removed."""
        if self.under_way is None:
            return self
        left = Leftover(self.under_way, self.made)
        return replace(self.ended(self.live), leftovers=(*self.leftovers, left))

    def without(self, attempts: frozenset[str]) -> Hosted:
        """The leftovers of these attempts are gone."""
        return replace(self, leftovers=tuple(each for each in self.leftovers if each.making.attempt not in attempts))


def _named(making: Making) -> dict[str, Any]:
    return {"name": making.name, "attempt": making.attempt}


def _making(schema: str, value: Mapping[str, Any] | None) -> Making | None:
    return Making(value["name"], schema, value["attempt"]) if value else None


def _leftover(schema: str, value: Mapping[str, Any]) -> Leftover:
    return Leftover(Making(value["name"], schema, value["attempt"]), bool(value.get("made")))
