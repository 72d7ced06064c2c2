"""Schemas that come again, with the same seed or another: planned once.

Test teams create many jobs of one schema. The second time a schema comes its plan is kept with the seed left open
(`runner.schema.seeding`), and later ones cost next to nothing. Only schemas without errors are kept, and only what they say
themselves: the day, the option values, the row counts and the variables they may read are part of what tells them apart.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import orjson

from runner import dictionaries
from runner.plan import Plan
from runner.schema import Checked
from runner.schema.buildconfig import Requested
from runner.schema.seeding import SeededPlan, seeded
from services.common.schemas import SchemaRequest, checked, may_be_of_dictionaries, may_be_slow, schema_error

KEPT: Final = 256
LARGEST: Final = 128 << 10
"""Bytes of a plan that is kept."""
SEEDS: Final = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Planned:
    """A valid schema: a plan of it (of any seed), the JSON of the one that was asked for, and what a build config asks for."""

    plan: Plan
    text: bytes
    requested: Requested | None


@dataclass(frozen=True, slots=True)
class _Known:
    """What is kept of a schema: its own seed (None: not known yet); `open` is None when it was seen once, or cannot be kept."""

    seed: int | None
    tried: bool = False
    plan: Plan | None = None
    open: SeededPlan | None = None
    requested: Requested | None = None


class KnownSchemas:
    """The schemas that came last. Safe to use from many threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._lock = threading.Lock()

    def planned(self, request: SchemaRequest) -> Planned:
        """The plan of a request. Raises SCHEMA_INVALID, or the YAML_* code of a document that cannot be read."""
        if request.seed is not None and request.seed not in SEEDS:
            return _planned(checked(request))
        name = _name(request)
        with self._lock:
            known = self._known.get(name)
            if known is not None:
                self._known.move_to_end(name)
        if known is not None and not known.tried:
            known = _opened(request, known)
            self._keep(name, known)
        seed = request.seed if request.seed is not None or known is None else known.seed
        if known is not None and known.open is not None and known.plan is not None and seed is not None:
            return Planned(known.plan, known.open.json(seed), known.requested)
        made = _planned(checked(request))
        if len(made.text) <= LARGEST and not may_be_slow(request):
            self._keep(name, replace(known or _Known(None), seed=made.plan.seed if request.seed is None else None))
        return made

    def _keep(self, name: bytes, known: _Known) -> None:
        with self._lock:
            self._known[name] = known
            while len(self._known) > KEPT:
                self._known.popitem(last=False)


def _opened(request: SchemaRequest, known: _Known) -> _Known:
    """The same, with the plan whose seed is open where there can be one."""
    found: list[Checked] = []

    def plan(seed: int) -> Plan | None:
        found.append(checked(replace(request, seed=seed)))
        return found[-1].plan

    made = seeded(plan)
    return replace(known, tried=True, plan=found[0].plan, open=made, requested=found[0].requested)


def _planned(result: Checked) -> Planned:
    if result.plan is None:
        raise schema_error(result.findings)
    return Planned(result.plan, result.plan.to_json(), result.requested)


def _name(request: SchemaRequest) -> bytes:
    today = datetime.now(UTC).date().isoformat()
    here = dictionaries.stamp() if may_be_of_dictionaries(request) else ""
    asked = [*request.asked[:-1], sorted(request.access.env.items()), today, here]
    return hashlib.blake2b(orjson.dumps(asked, default=dict, option=orjson.OPT_SORT_KEYS), digest_size=20).digest()
