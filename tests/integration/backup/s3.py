"""A private S3 server on loopback."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.servers import _wait_for_port, free_port

SECRET = "canary5e3secret"


@dataclass(frozen=True)
class S3:
    """A running server; `bucket()` is the name of an empty bucket, `client` sees it with other eyes than ours."""

    port: int
    client: Any

    @property
    def access(self) -> dict[str, str]:
        return {"access_key_id": "someone", "secret_access_key": SECRET, "endpoint": f"http://127.0.0.1:{self.port}"}

    @property
    def env(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": self.access["endpoint"], "AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": SECRET}

    def bucket(self) -> str:
        name = f"test-{uuid.uuid4().hex}"
        self.client.create_bucket(Bucket=name)
        return name

    def keys(self, bucket: str) -> list[str]:
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=bucket).get("Contents", ())]

    def unfinished(self, bucket: str) -> int:
        return len(self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", ()))


@contextmanager
def run_s3(folder: Path) -> Iterator[S3]:
    """Run one."""
    port, log = free_port(), folder / "log"
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        _wait_for_port(process, port, log, "moto_server")
        client = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
            aws_access_key_id="someone", aws_secret_access_key=SECRET,
        )  # fmt: skip
        yield S3(port, client)
    finally:
        process.kill()
        process.wait()
