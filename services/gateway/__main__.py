"""`python -m services.gateway`: the gateway alone."""

from __future__ import annotations

import sys

from services.common.server import run_service
from services.common.settings import load_settings
from services.gateway.server import run_gateway


async def main() -> None:
    await run_gateway(load_settings())


if __name__ == "__main__":
    sys.exit(run_service(main))
