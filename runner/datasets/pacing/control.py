"""How many requests may be under way at a server whose capacity nobody tells: pure arithmetic, time is an argument.

One number, `limit`, is steered: the requests in flight that are aimed at. It may be a fraction, since starts are also
spread by latency / limit, so that 0.5 at a latency of 0.2 s means 2.5 starts a second: a limit on parallel requests
and a limit on requests a second are found by the same search.

- At first each answer adds one, which doubles the limit with each *round* (as many answers as the limit), while that
  pays: while requests in flight / latency, by Little's law the throughput, rises by a tenth for each doubling.
- A refusal (429, 503, 529, a timeout) makes it smaller by a factor, once for all requests that were already under way,
  and what is known to be too much is remembered as a ceiling. Then it returns to the ceiling, half of the way a round.
- Now and then it tries a little more; the more a refusal cost (`Retry-After`), the more seldom.

Latencies vary by themselves, so two rounds are held to differ only by twice their standard errors.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Final

DECREASE: Final = 0.85
"""What is left of the limit after a refusal, at most; `FLOOR` of it is left at least."""
FLOOR: Final = 0.5
PAYS: Final = 0.1
"""Throughput that doubling the limit must add, as a share."""
EASY: Final = 1.3
"""Below this many times the best latency more is asked without further thought."""
SLOW: Final = 3.0
"""Above this many times the best latency less is asked."""
SLACK: Final = 1.25
"""Starts may come this much closer together than latency / limit; `EAGER` while nothing was ever refused."""
EAGER: Final = 4.0
PROBE_SECONDS: Final = 5.0
PROBE_COST: Final = 8.0
"""Seconds between two tries of more, at least, and as a multiple of what a refusal cost; doubled after each try in vain,

`PATIENT` times at most."""
PATIENT: Final = 2
LEAST: Final = 0.01


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request under way: when it started, and how many were under way with it."""

    started: float
    ordinal: int


@dataclass(frozen=True, slots=True)
class Level:
    """What a round measured: requests in flight, their latency in seconds and its standard error."""

    in_flight: float
    latency: float
    error: float

    @property
    def low(self) -> float:
        """The latency is hardly less than this."""
        return max(self.latency * 0.1, self.latency - 2 * self.error)

    @property
    def high(self) -> float:
        """The latency is hardly more than this."""
        return self.latency + 2 * self.error


class Controller:
    """The limit of one server. All times are seconds of one monotonic clock. `longest` is what an answer may take."""

    def __init__(self, start: int, most: int, longest: float = math.inf) -> None:
        self._longest = longest
        self.most = float(most)
        self.limit = float(min(start, most))
        self.ceiling = math.inf
        self.paused_until = -math.inf
        self.seconds_paused = 0.0
        self._searching, self._ever_refused = True, False
        self._next_start, self._mean = -math.inf, 0.0
        self._event, self._lowest, self._before, self._cost = -math.inf, 0, 0.0, 0.0
        self._proved, self._step, self._vain, self._probe_at = 0.0, 0.0, 0, -math.inf
        self._best = math.inf  # the least latency, no less than it can have been
        self._last: Level | None = None  # before the last increase
        self._eased = 0.0  # the latency before the last decrease for its sake
        self._round, self._size, self._wanted = -math.inf, self.limit, False
        self._samples: list[tuple[float, int]] = []
        self._answers: deque[float] = deque()
        self._lately: deque[bool] = deque(maxlen=40)  # whether the last requests were refused

    def wait(self, now: float, in_flight: int) -> float:
        """Seconds until another request may start: 0 at once, infinite after an answer."""
        if now < self.paused_until:
            return self.paused_until - now
        if in_flight >= max(1, math.ceil(self.limit - 1e-9)):
            self._wanted = True
            return math.inf
        if now < self._next_start:
            self._wanted = self._wanted or self._ever_refused
            return self._next_start - now
        return 0.0

    def start(self, now: float, in_flight: int) -> Ticket:
        """A request starts; `in_flight` counts it."""
        gap = self._mean / (self.limit * (SLACK if self._ever_refused else EAGER))
        self._next_start = max(self._next_start + gap, now + 0.9 * gap)
        if self._round == -math.inf:
            self._round = now
        return Ticket(now, in_flight)

    def answered(self, ticket: Ticket, now: float) -> None:
        """A request was answered."""
        seconds = now - ticket.started
        self._mean = seconds if not self._mean else self._mean + (seconds - self._mean) / max(8.0, min(self.limit, 64.0))
        self._lately.append(False)
        self._answers.append(now)
        while self._answers[0] < now - PROBE_SECONDS:
            self._answers.popleft()
        if self._searching and self._wanted and seconds < self._longest / 3:
            self.limit = min(self.limit + 1, self.most)
        if ticket.started < self._round:
            return
        self._samples.append((seconds, ticket.ordinal))
        if len(self._samples) >= max(2 if self._searching else 4, math.ceil(self._size)):
            self._end_round(now)

    def refused(self, ticket: Ticket, now: float, retry_after: float | None, sure: bool = True) -> None:
        """The server had too much to do, and wants nothing for `retry_after` seconds.

        Not `sure`: one alone among many answers may have a reason of its own (a timeout: a long answer).
        """
        self._lately.append(True)
        if not sure and sum(self._lately) < 2 <= len(self._lately) // 10:
            return
        if retry_after is not None and now + retry_after > self.paused_until:
            self.seconds_paused += now + retry_after - max(now, self.paused_until)
            self.paused_until = now + retry_after
        if ticket.started > self._event:
            self._event, self._lowest, self._before, self._cost = now, ticket.ordinal, self.limit, 0.0
        elif ticket.ordinal < self._lowest:
            self._lowest = ticket.ordinal
        else:
            return
        self._cost = max(self._cost, retry_after or 0.0)
        self._shrink(now)
        self._ever_refused, self._searching = True, False

    def _shrink(self, now: float) -> None:
        before, probing = self._before, 0 < self._proved < self._before
        held = max(float(self._lowest - 1), self._delivered(now)) or before
        self.limit = max(LEAST, before * FLOOR, min(before * DECREASE, held * 0.95))
        if self._ever_refused or not math.isinf(self._best):  # a burst at the very start says little
            ceiling = max(self._proved, self.limit) if probing else (before + self.limit) / 2
            self.ceiling = max(ceiling, min(before, self._lowest - 1.0))
        self._proved = self._proved if probing else 0.0
        self._step, self._last = 0.0, None
        self._vain = min(PATIENT, self._vain + 1) if probing else 0
        self._probe_at = now + max(PROBE_SECONDS, PROBE_COST * self._cost * 2**self._vain)
        self._begin(now)

    def _delivered(self, now: float) -> float:
        """The requests in flight on average that the answers of the last seconds amount to; 0: not known."""
        recent = [when for when in self._answers if when >= now - PROBE_SECONDS]
        if len(recent) < 4:
            return 0.0
        return len(recent) / max(now - recent[0], 1e-9) * self._mean

    def _begin(self, at: float) -> None:
        self._round, self._size, self._samples, self._wanted = at, self.limit, [], False

    def _end_round(self, now: float) -> None:
        seconds = [sample[0] for sample in self._samples]
        level = Level(fmean(sample[1] for sample in self._samples), fmean(seconds), stdev(seconds) / math.sqrt(len(seconds)))
        wanted = self._wanted
        self._best = min(self._best, level.high)
        self._begin(now)
        if wanted:
            self._steer(now, level)
            self._size = self.limit

    def _steer(self, now: float, level: Level) -> None:
        if self._eased and level.high > self._eased * 0.95:
            self._best = level.high  # asking less did not help: the server itself has become slower
        self._eased = 0.0
        if not self._paid(level):
            self._settle(now)
            return
        self._proved = max(self._proved, min(self.limit, level.in_flight + 1))
        if level.low > self._best * SLOW or (level.low > self._best * EASY and level.latency > self._longest / 2):
            self._ease(now, level)
        elif self._searching:
            self._last = level
        elif self.limit < self.ceiling * 0.99:
            nearer = min(self.limit * 2, max((self.limit + self.ceiling) / 2, self.limit + self.ceiling * 0.05))
            self._raise(min(self.ceiling, nearer), level)
        elif now >= self._probe_at:
            self._probe(now, level)

    def _paid(self, level: Level) -> bool:
        """Whether the last increase brought throughput; while searching, whether it may have."""
        last = self._last
        if last is None or level.in_flight <= last.in_flight or level.low <= self._best * EASY:
            return True
        more = level.in_flight / last.in_flight
        gained = last.high / level.low if self._searching else last.latency / level.latency
        return more * gained >= 1 + PAYS * (more - 1)

    def _settle(self, now: float) -> None:
        """More brings nothing: return to what sufficed, with a little to spare at first."""
        assert self._last is not None
        self.limit = min(self.limit, self._last.in_flight * (1.25 if self._searching else 1.0))
        self._searching, self._step, self._last = False, 0.0, None
        self.ceiling = self._proved = self.limit
        self._probe_at = now + PROBE_SECONDS * 2

    def _ease(self, now: float, level: Level) -> None:
        """Much slower than it once was: ask less, and see whether that helps."""
        self._eased, self._last, self._searching = level.latency, None, False
        self.limit = max(min(1.0, self.limit), self.limit * DECREASE)
        self.ceiling = self._proved = self.limit
        self._begin(now + level.latency)

    def _raise(self, limit: float, level: Level) -> None:
        self._last = level if limit > self.limit else None
        self.limit = min(limit, self.most)

    def _probe(self, now: float, level: Level) -> None:
        """Try a little more, and ever more while that goes well."""
        easy = level.low <= self._best * EASY
        self._step = min(0.5, self._step * 2) if self._step else (0.05 if easy else 0.25)
        self._raise(self.limit * (1 + self._step), level)
        self.ceiling = max(self.ceiling, self.limit)
        if not easy:
            self._begin(now + level.latency)  # a queue fills before it shows
