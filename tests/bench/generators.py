"""`make bench-generators`: values a second of every generator on one core, and the most used ones beside Faker and Mimesis.

A value counts when it stands in the Arrow array that formats and loaders get (pool columns come dictionary-encoded, as
everywhere in MockCraft). The peers' values are taken in a loop with the method looked up once. `ARGS="finance"` measures
some families only.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from runner.engine import Engine
from runner.generators import Generator, Make, build, catalogue
from runner.plan import ColumnPlan, Plan, TablePlan
from runner.values import AS_OF, home_locale, needed
from tests.bench.floors import Floor, at_least, show, shown

BLOCK: Final = 65_536
TRIES: Final = 3
FAST, SLOWEST, SHARE = 1_000_000, 200_000, 0.90
PEER_VALUES: Final = 20_000

REASONS: Final[Mapping[str, str]] = {}
"""Why a generator makes less than `FAST` values a second."""

MOST_USED: Final[Mapping[str, tuple[str, str]]] = {
    "person.first_name": ("first_name", "Person.first_name"),
    "person.last_name": ("last_name", "Person.last_name"),
    "person.full_name": ("name", "Person.full_name"),
    "person.gender": ("", "Person.gender"),
    "person.birth_date": ("date_of_birth", "Person.birthdate"),
    "person.username": ("user_name", "Person.username"),
    "person.prefix": ("prefix", "Person.title"),
    "contact.email": ("email", "Person.email"),
    "contact.phone_number": ("phone_number", "Person.phone_number"),
    "company.job": ("job", "Person.occupation"),
    "company.company": ("company", "Finance.company"),
    "address.address": ("address", "Address.address"),
    "address.street_address": ("street_address", "Address.address"),
    "address.city": ("city", "Address.city"),
    "address.state": ("state", "Address.state"),
    "address.postcode": ("postcode", "Address.zip_code"),
    "address.country": ("country", "Address.country"),
    "address.latitude": ("latitude", "Address.latitude"),
    "identifier.uuid": ("uuid4", "Cryptographic.uuid"),
    "internet.url": ("url", "Internet.url"),
    "internet.ipv4": ("ipv4", "Internet.ip_v4"),
    "internet.user_agent": ("user_agent", "Internet.user_agent"),
    "internet.password": ("password", "Person.password"),
    "text.word": ("word", "Text.word"),
    "text.sentence": ("sentence", "Text.sentence"),
    "text.paragraph": ("paragraph", "Text.text"),
    "number.int": ("random_int", "Numeric.integer_number"),
    "boolean.bool": ("boolean", "Development.boolean"),
    "datetime.datetime": ("date_time", "Datetime.datetime"),
    "datetime.date": ("date_object", "Datetime.date"),
    "finance.iban": ("iban", ""),
    "finance.credit_card": ("credit_card_number", "Payment.credit_card_number"),
    "finance.currency_code": ("currency_code", "Finance.currency_iso_code"),
}


class Speed(NamedTuple):
    """Values a second of a generator."""

    name: str
    values: float


def engine_of(generator: Generator) -> Engine:
    """An engine over one column of the generator's."""
    locale = home_locale(generator)
    make = Make(seed=1, table="t", column="c", rows=64 * BLOCK, as_of=AS_OF, locale=locale)
    made = build(generator, needed(generator), make)
    table = TablePlan("t", 64 * BLOCK, (ColumnPlan("c", made.type, made.op),))
    return Engine(Plan(0, "2025-01-01T00:00:00Z", locale, (table,)), BLOCK)


def speed(generator: Generator) -> Speed:
    """The best of some blocks, after one that loads the pools. Processor time, so that others' work does not count."""
    engine = engine_of(generator)
    engine.batch("t", 0, BLOCK)
    best = min(_seconds(engine, (n + 1) * BLOCK) for n in range(TRIES))
    return Speed(generator.name, BLOCK / best)


def _seconds(engine: Engine, start: int) -> float:
    begun = time.process_time()
    engine.batch("t", start, start + BLOCK)
    return time.process_time() - begun


def peer_speed(make: Callable[[], Any]) -> float:
    """Values a second of a peer's method: the best of some loops."""
    best = float("inf")
    for _ in range(TRIES):
        begun = time.process_time()
        for _ in range(PEER_VALUES):
            make()
        best = min(best, time.process_time() - begun)
    return PEER_VALUES / best


def faker_method(name: str) -> Callable[[], Any]:
    """Faker's method, with its fastest setting."""
    from faker import Faker

    method: Callable[[], Any] = getattr(Faker(use_weighting=False), name)
    return method


def mimesis_method(name: str) -> Callable[[], Any]:
    """Mimesis' method."""
    import mimesis

    provider, _, method = name.partition(".")
    localised = provider not in ("Internet", "Cryptographic", "Numeric", "Development", "Payment")
    made = getattr(mimesis, provider)(*([mimesis.Locale.EN] if localised else []))
    found: Callable[[], Any] = getattr(made, method)
    return found


def natives(families: list[str]) -> list[Generator]:
    """The generators of the families (all without any) that are on the vector path."""
    return [g for g in catalogue().values() if not g.slow and (not families or g.name.partition(".")[0] in families)]


def all_speeds(families: list[str]) -> list[Speed]:
    """Every native generator's, the slowest first."""
    return sorted((speed(generator) for generator in natives(families)), key=lambda s: s.values)


def generator_floors(families: list[str] | None = None) -> Iterator[Floor]:
    """What is promised of the speeds, and each that is not fast with its reason."""
    speeds = all_speeds(families or [])
    fast = sum(s.values >= FAST for s in speeds)
    yield at_least(f"generators at 1 million values/s or more, of {len(speeds)}", 100 * fast / len(speeds), 100 * SHARE, "%")
    yield at_least(f"the slowest, {speeds[0].name}", speeds[0].values, SLOWEST, "values/s")
    for slow in (s for s in speeds if s.values < FAST):
        yield shown(f"  {slow.name}: {REASONS.get(slow.name, 'no reason is told')}", f"{slow.values:,.0f} values/s")


def peer_floors() -> Iterator[Floor]:
    """The most used generators beside the peers."""
    for name, (faker, mimesis) in MOST_USED.items():
        ours = speed(catalogue()[name]).values
        ratios = [
            f"{ours / peer_speed(method(known)):,.0f} times {peer}"
            for peer, known, method in (("Faker", faker, faker_method), ("Mimesis", mimesis, mimesis_method))
            if known
        ]
        yield shown(name, f"{ours / 1e6:,.1f} M values/s: {', '.join(ratios)}")


def main() -> int:
    """Every generator's speed, then the floors and the peers. Exit status 1 when a floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", help="families such as `finance`; default all")
    families = parser.parse_args().families
    for name, values in all_speeds(families):
        sys.stdout.write(f"{name:40} {values:>14,.0f} values/s\n")
    passed = show(generator_floors(families), "speed of generators")
    return not (show(peer_floors(), "beside the peers, in this run") and passed) if not families else not passed


if __name__ == "__main__":
    sys.exit(main())
