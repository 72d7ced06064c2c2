"""`python -m services.schemas`: the schema registry alone."""

from __future__ import annotations

import sys

from services.common.server import run_service
from services.common.settings import load_settings
from services.schemas.server import run_schemas


async def main() -> None:
    await run_schemas(load_settings())


if __name__ == "__main__":
    sys.exit(run_service(main))
