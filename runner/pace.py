"""How fast a job goes and how long it will take."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Pace:
    """Rows and time of this attempt. Rates are rows a second since the attempt's start."""

    done: int
    total: int
    began: float = field(default_factory=time.monotonic)
    first: int = 0

    def __post_init__(self) -> None:
        self.first = self.done

    def progress(self, phase: str, written: int) -> dict[str, Any]:
        """The data of a progress event."""
        rate = (self.done - self.first) / max(time.monotonic() - self.began, 1e-9)
        left = self.total - self.done
        return {
            "current": self.done,
            "total": self.total,
            "unit": "rows",
            "rate": round(rate, 1),
            "percentage": round(100 * self.done / self.total, 2) if self.total else 100.0,
            "phase": phase,
            "table": phase,
            "etaSeconds": round(left / rate, 1) if rate else None,
            "bytes": written,
        }
