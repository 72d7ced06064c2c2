"""The peers: the same 11 columns to a CSV file, as their users write it. `python -m tests.bench.peers NAME ROWS PATH`.

Prints the seconds of the loop alone (imports and start-up excluded) as JSON; the caller times the whole command.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

HEADER = ("id", "uuid", "first_name", "last_name", "email", "phone", "city", "country", "created_at", "balance", "is_active")
START, END = datetime(2020, 1, 1), datetime(2025, 1, 1)


def mimesis_rows(count: int) -> Iterator[tuple[Any, ...]]:
    """Providers called by hand in a loop, every look-up hoisted out of it."""
    from mimesis import Address, Cryptographic, Datetime, Development, Numeric, Person
    from mimesis.locales import Locale

    person, address, when = Person(Locale.EN, seed=1), Address(Locale.EN, seed=1), Datetime(Locale.EN, seed=1)
    first, last, phone = person.first_name, person.last_name, person.phone_number
    city, country, moment = address.city, address.country, when.datetime
    uuid, number, boolean = Cryptographic(seed=1).uuid, Numeric(seed=1).float_number, Development(seed=1).boolean
    for i in range(1, count + 1):
        a, b = first(), last()
        email = f"{a}.{b}@example.com"
        yield i, uuid(), a, b, email, phone(), city(), country(), moment(2020, 2024), number(0, 10_000, 2), boolean()


def faker_rows(count: int) -> Iterator[tuple[Any, ...]]:
    """Idiomatic Faker with its fastest setting, `use_weighting=False`."""
    from faker import Faker

    fake = Faker(use_weighting=False)
    Faker.seed(1)
    for i in range(1, count + 1):
        a, b = fake.first_name(), fake.last_name()
        email = f"{a}.{b}@example.com"
        moment = fake.date_time_between(START, END)
        amount = fake.pyfloat(min_value=0, max_value=10_000, right_digits=2)
        yield i, fake.uuid4(), a, b, email, fake.phone_number(), fake.city(), fake.country(), moment, amount, fake.boolean()


PEERS: dict[str, Callable[[int], Iterator[tuple[Any, ...]]]] = {"mimesis": mimesis_rows, "faker": faker_rows}


def write(name: str, rows: int, path: Path) -> float:
    """Write the file; seconds of the loop with the first row's set-up excluded as far as it is imports."""
    made = PEERS[name](rows + 1)
    next(made)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        start = time.perf_counter()
        writer.writerow(HEADER)
        writer.writerows(made)
        file.flush()
        return time.perf_counter() - start


if __name__ == "__main__":
    print(json.dumps({"seconds": write(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))}))
