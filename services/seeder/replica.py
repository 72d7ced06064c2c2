"""One generator service as a load sees it: its channel, what it says, the files it is given, and how long it rests."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"  # read by gRPC when it is imported

import grpc
from google.rpc import status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from mockcraft.generator.v1 import generator_pb2 as pb
from mockcraft.generator.v1 import generator_pb2_grpc

from services.common.errors import MockcraftError
from services.common.statuses import TRAILER, from_proto
from services.seeder.blocks import SourceError

PROBE_SECONDS: Final = 2.0
"""How soon a generator that failed must answer to be asked for rows again."""
FIRST_REST, LONGEST_REST = 0.1, 2.0
MOST_MESSAGE: Final = 4 << 20
MOST_GIVEN: Final = 16
"""So often in a row a generator may lack files: more than one may answer under a name, and each needs them."""
LACKING: Final = "STORED_TABLE_MISSING"
CHANNEL: Final = (
    ("grpc.max_receive_message_length", MOST_MESSAGE),
    ("grpc.http2.max_frame_size", 1 << 20),  # 64 times the default: a block is not cut into hundreds of frames
    ("grpc.http2.lookahead_bytes", 8 << 20),
    ("grpc.experimental.tcp_min_read_chunk_size", 1 << 18),  # a megabyte in a few reads
    ("grpc.experimental.tcp_max_read_chunk_size", 4 << 20),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.lb_policy_name", "round_robin"),  # a name may stand for several replicas
    ("grpc.enable_http_proxy", 0),
)
_FINAL: Final = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.OUT_OF_RANGE,
)
"""Answers that no generator and no other try would change."""
_PIECE: Final = 1 << 20


class Replica:
    """One generator: its channel, and how long it rests after failures. Shared by all threads."""

    def __init__(self, address: str, token: str) -> None:
        self.address = address
        self._channel = grpc.insecure_channel(address, options=CHANNEL)
        self._health = health_pb2_grpc.HealthStub(self._channel)
        self._stub = generator_pb2_grpc.GeneratorServiceStub(self._channel)  # type: ignore[no-untyped-call]
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._failures = 0
        self._rest_until = 0.0
        self.failing_since: float | None = None
        self._giving = threading.Lock()
        self._given: dict[Path, float] = {}
        self._lacked = 0

    def stream(self, request: pb.StreamBlocksRequest) -> Any:
        """Begin a call; an iterator of messages that can be cancelled."""
        return self._stub.StreamBlocks(request, metadata=self._metadata)

    def give(self, files: list[Path], asked: float) -> None:
        """Upload files of stored rows, but those that were since `asked`, when it said that it lacks them.

        Raises `grpc.RpcError`, and `SourceError` for one that lacks them whatever it is given.
        """
        with self._giving:
            self._lacked += 1
            if self._lacked > MOST_GIVEN:
                message = f"The generator at {self.address} lacks stored rows though it was given them."
                raise SourceError("GENERATOR_PROTOCOL", message, retryable=True)
            for _ in range(self._lacked - 1):
                self.probe()  # moves on among several that answer under one name
            for path in files:
                if self._given.get(path, 0.0) < asked:
                    self._stub.PutStoredTable(_pieces(path), metadata=self._metadata)
                    self._given[path] = time.monotonic()

    def close(self) -> None:
        """End all calls."""
        self._channel.close()

    def works(self) -> None:
        """It has delivered."""
        self._failures, self.failing_since, self._lacked = 0, None, 0

    def fails(self) -> None:
        """It has not; it rests."""
        now = time.monotonic()
        self.failing_since = self.failing_since or now
        self._rest_until = now + min(FIRST_REST * 2**self._failures, LONGEST_REST)
        self._failures = min(self._failures + 1, 16)

    @property
    def rests(self) -> bool:
        """Whether it is to be left alone now."""
        return time.monotonic() < self._rest_until

    @property
    def suspect(self) -> bool:
        """Whether it failed last."""
        return self._failures > 0

    def probe(self) -> None:
        """Have one that failed show that it answers, before rows are asked of it. Raises `grpc.RpcError`."""
        self._health.Check(health_pb2.HealthCheckRequest(), timeout=PROBE_SECONDS)


def _pieces(path: Path) -> Iterator[pb.PutStoredTableRequest]:
    with path.open("rb") as file:
        while data := file.read(_PIECE):
            yield pb.PutStoredTableRequest(data=data)


def lacking(error: Any) -> list[str]:
    """The digests of the files that a generator says it lacks; none for every other error."""
    told = _told(error) if error.code() is grpc.StatusCode.FAILED_PRECONDITION else None
    return [finding.path for finding in told.findings] if told and told.code == LACKING else []


def is_final(error: Any) -> bool:
    """Whether neither another generator nor another try would answer differently."""
    return error.code() in _FINAL or (error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED and _told(error) is not None)


def refusal(address: str, error: Any) -> SourceError:
    """The error of a generator that refuses, in its own words."""
    told = _told(error)
    if told is None:
        return SourceError("GENERATOR_REFUSED", f"The generator at {address} refuses: {error.details()}.")
    if told.code == "UNAUTHENTICATED":
        return SourceError("GENERATOR_REFUSED", f"The generator at {address} wants another token (grpc_token).")
    return SourceError(told.code, f"{told.message} {told.details}".strip())


def _told(error: Any) -> MockcraftError | None:
    trailers: Mapping[str, Any] = dict(error.trailing_metadata() or ())
    return from_proto(status_pb2.Status.FromString(trailers.get(TRAILER, b"")))
