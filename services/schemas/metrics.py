"""What the registry counts for Prometheus: creations, connections to its store, and whether its databases answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from services.schemas.store import Pool

HEALTH_SECONDS: Final = 5.0
"""An answer of a database counts for so long."""
Ping = Callable[[], object]


class RegistryMetrics:
    """Counters of one registry; `registry` is what Prometheus reads, in a thread, since databases are asked then."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._created = Counter("mockcraft_schemas_created", "Databases of schemas created.", registry=self.registry)
        self._failed = Counter("mockcraft_schemas_failed", "Creations of databases that failed.", registry=self.registry)

    def ended(self, ready: bool) -> None:
        """A creation has come to its end."""
        (self._created if ready else self._failed).inc()

    def watch(self, pool: Callable[[], Pool], **databases: Ping) -> None:
        """Tell of the store's connections, and whether each of these databases answers its ping."""
        self.registry.register(_Watched(pool, databases))


class _Watched(Collector):
    def __init__(self, pool: Callable[[], Pool], databases: dict[str, Ping]) -> None:
        self._pool, self._pings = pool, databases
        self._known: dict[str, tuple[float, bool]] = {}

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is asked to say what there is."""
        yield GaugeMetricFamily("mockcraft_schemas_pool_connections", "Connections to the store.", labels=("state",))
        yield GaugeMetricFamily("mockcraft_schemas_database_up", "Whether a database answers.", labels=("database",))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What is now."""
        families, pool = list(self.describe()), self._pool()
        families[0].add_metric(("kept",), pool.size)
        families[0].add_metric(("used",), pool.checked_out)
        for name, ping in self._pings.items():
            families[1].add_metric((name,), self._answers(name, ping))
        yield from families

    def _answers(self, name: str, ping: Ping) -> bool:
        asked, fine = self._known.get(name, (-HEALTH_SECONDS, False))
        if time.monotonic() - asked >= HEALTH_SECONDS:
            try:
                ping()
                fine = True
            except Exception:  # whatever a driver raises: it does not answer
                fine = False
            self._known[name] = time.monotonic(), fine
        return fine
