"""What a job is about, in a few words, from what its spec says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

LONGEST: Final = 160
NAMED: Final = 3
"""Tables that are named; others are counted."""

_DONE: Final = {"check": "compared in", "repair": "repaired in", "restore": "with its constraints put back in"}


def title_of(kind: str, spec: Mapping[str, Any]) -> str:
    """Such as `users, orders into postgresql://127.0.0.1/shop`; "" where the spec says nothing. At most `LONGEST` characters."""
    title = _TITLES[kind](spec) if kind in _TITLES else ""
    return title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"


def _tables(spec: Mapping[str, Any]) -> str:
    names = [str(table["name"]) for table in spec.get("plan", {}).get("tables", ())]
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return ", ".join([*names[:NAMED], *more])


def _generation(spec: Mapping[str, Any]) -> str:
    return f"{_tables(spec)} as {', '.join(str(each['format']) for each in spec.get('outputs', ()))}".removesuffix(" as ")


def _seeding(spec: Mapping[str, Any]) -> str:
    done = "deleted from" if spec.get("clean") else _DONE.get(spec.get("action", ""), "into")
    return f"{_tables(spec)} {done} {spec.get('target', '')}"


def _archive(spec: Mapping[str, Any]) -> str:
    return PurePath(str(spec.get("archive", ""))).name


def _restore(spec: Mapping[str, Any]) -> str:
    return f"{_archive(spec)} into {spec.get('target', '')}"


def _dataset(spec: Mapping[str, Any]) -> str:
    request = spec.get("request", {})
    about = request.get("domain") or request.get("domainDescription") or "texts"
    stands_in = f" by the template model, since {spec.get('wished', 'another')} cannot be had" if spec.get("fallback") else ""
    return f"{about}, {request.get('targetCount', 0):,} records{stands_in}"


_TITLES: Final = {
    "generation": _generation,
    "seeding": _seeding,
    "backup": lambda spec: str(spec.get("target", "")),
    "restore": _restore,
    "verification": _archive,
    "dataset": _dataset,
}
