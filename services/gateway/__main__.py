"""`python -m services.gateway`: the gateway alone."""

from __future__ import annotations

import asyncio
import sys

from services.common.settings import load_settings
from services.common.settings_sources import SettingsError
from services.gateway.server import run_gateway


def main() -> int:
    """Exit status 2 for settings that cannot be taken, 1 when the address is not to be had."""
    try:
        asyncio.run(run_gateway(load_settings()))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"the gateway cannot listen: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
