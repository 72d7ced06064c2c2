"""`python -m services.schemas.migrations MESSAGE`: a new revision from the difference between models and revisions."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sqlalchemy import URL

from services.schemas.migrations.moving import config, connected, newest, upgrade


def main(message: str) -> int:
    """Write the revision's file and name it. It wants reading before it is kept."""
    from alembic import command

    with tempfile.TemporaryDirectory() as folder:
        url = URL.create("sqlite", database=str(Path(folder) / "store.db"))
        upgrade(url)
        number = int(newest()) + 1 if newest() != "base" else 1
        with connected(url) as engine, engine.begin() as connection:
            command.revision(config(connection), message, autogenerate=True, rev_id=f"{number:04d}")
    print(f"HEAD of services/schemas/migrations/moving.py becomes {number:04d}")  # noqa: T201  # a chore of developers
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        print(__doc__, file=sys.stderr)  # noqa: T201
        sys.exit(2)
    sys.exit(main(sys.argv[1].strip()))
