"""SHA-256 of every file of the examples at reduced size. `python -m tests.golden.digests` writes `digests.json` anew.

Do that only together with a raised version (engine or generator): the digests are the promise that the same schema and seed
give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from runner.engine import Engine
from runner.formats import open_format
from runner.plan import Plan
from runner.schema import check
from runner.spec import Output

ROOT: Final = Path(__file__).parents[2]
FILE: Final = Path(__file__).with_name("digests.json")
SCHEMAS: Final[Mapping[str, Mapping[str, str]]] = {
    "shop": {"users": "10000", "products": "1000"},
    "hospital": {"patients": "1000"},
    "airline": {"flights": "400", "passengers": "1500"},
    "people_id": {"people": "2000"},
    "tpch": {"sf": "0.002"},
}
"""Options that make the examples small."""
OUTPUTS: Final[Mapping[str, Output]] = {
    "csv": Output(format="csv"),
    "jsonl": Output(format="jsonl"),
    "json": Output(format="json"),
    "sql": Output(format="sql", dialect="postgresql", options={"create_table": True}),
    "parquet": Output(format="parquet"),
    "csv.zst": Output(format="csv", compression="zstd"),
    "csv.gz": Output(format="csv", compression="gzip"),
}


@cache
def plan(schema: str) -> Plan:
    """The plan of a reduced example."""
    text = (ROOT / "examples" / f"{schema}.yaml").read_bytes()
    checked = check(text, options=SCHEMAS[schema])
    assert checked.plan, checked.findings
    return checked.plan


def digests(schema: str, output: str, block_rows: int = 65_536) -> dict[str, str]:
    """SHA-256 by file name of one example in one format."""
    engine = Engine(plan(schema), block_rows)
    opened = open_format(plan(schema), OUTPUTS[output])
    found = {}
    for file in opened.files():
        digest = hashlib.sha256()
        for start, stop in file.units():
            for piece in opened.unit(file, engine, start, stop):
                digest.update(piece)
        found[file.name] = digest.hexdigest()
    return found


def main() -> None:
    """Write the digests of everything."""
    found = {schema: {output: digests(schema, output) for output in OUTPUTS} for schema in SCHEMAS}
    FILE.write_text(json.dumps(found, indent=1) + "\n")
    sys.stdout.write(f"{sum(len(files) for formats in found.values() for files in formats.values())} digests\n")


if __name__ == "__main__":
    main()
