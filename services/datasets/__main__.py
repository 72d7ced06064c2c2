"""`python -m services.datasets`: the dataset service alone."""

from __future__ import annotations

import sys

from services.common.server import run_service
from services.common.settings import load_settings
from services.datasets.server import run_datasets


async def main() -> None:
    await run_datasets(load_settings())


if __name__ == "__main__":
    sys.exit(run_service(main))
