"""The peer of loading MariaDB: its own client with `LOAD DATA LOCAL INFILE` of a ready file."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from runner.engine import Engine
from runner.formats.ddl import create_table_sql
from runner.plan import Plan, TablePlan
from services.common.databases.mysql.columns import Field
from services.common.databases.mysql.rows import Rows, load_text
from tests.servers import MariaDb

BLOCK = 131_072


def ready_file(plan: Plan, path: Path) -> None:
    """The rows as LOAD DATA reads them."""
    table = plan.tables[0]
    fields = [Field(c.name, "text", "text", required=False) for c in table.written]
    with path.open("wb") as file:
        for batch in Engine(plan, BLOCK).batches(table.name, 0, table.rows):
            for piece in load_text(Rows(batch, [c.type for c in table.written], fields)):
                file.write(piece)


def by_client(server: MariaDb, table: TablePlan, path: Path, database: str) -> float:
    """Seconds of the server's own client with a ready file."""
    columns = ", ".join(f"`{c.name}`" for c in table.written)
    sql = f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE `{table.name}` CHARACTER SET utf8mb4 ({columns})"
    where = [f"--port={server.port}", "--host=127.0.0.1", "--user=mockcraft", "--local-infile=1"]
    start = time.monotonic()
    subprocess.run(
        [server.client, "--no-defaults", *where, database, "-e", sql], check=True, env={**os.environ, "MYSQL_PWD": "secret"}
    )
    return time.monotonic() - start


def fresh(server: MariaDb, plan: Plan) -> str:
    """A database with the empty table."""
    name = server.database()
    server.run(create_table_sql(plan.tables[0], "mysql", plan), name)
    return name
