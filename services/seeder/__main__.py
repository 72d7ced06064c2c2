"""`python -m services.seeder`: the seeder alone."""

from __future__ import annotations

import sys

from services.common.server import run_service
from services.common.settings import load_settings
from services.seeder.server import run_seeder


async def main() -> None:
    await run_seeder(load_settings())


if __name__ == "__main__":
    sys.exit(run_service(main))
