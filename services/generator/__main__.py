"""`python -m services.generator`: the generator alone."""

from __future__ import annotations

import sys

from services.common.server import run_service
from services.common.settings import load_settings
from services.generator.server import run_generator


async def main() -> None:
    await run_generator(load_settings())


if __name__ == "__main__":
    sys.exit(run_service(main))
