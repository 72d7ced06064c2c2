"""`python -m services.backup`: the backup service alone."""

from __future__ import annotations

import sys

from services.backup.server import run_backup
from services.common.server import run_service
from services.common.settings import load_settings


async def main() -> None:
    await run_backup(load_settings())


if __name__ == "__main__":
    sys.exit(run_service(main))
