"""Blocks made by generator services elsewhere: a `BlockSource` over `StreamBlocks`.

A range of rows is cut into pieces of a few blocks. Each generator has threads that take the first piece nobody has,
as long as it lies near enough behind the block that the loader wants: so all of them work, blocks come out in order,
and memory is bounded. A stream that breaks gives what it had not delivered back, for whoever takes it next; a
generator that fails rests, longer each time, and one that hangs is overtaken by another. When none of them answers
for a while the attempt ends, worth another.
"""

from __future__ import annotations

import heapq
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"  # read by gRPC when it is imported

import grpc
from google.rpc import status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from mockcraft.generator.v1 import generator_pb2 as pb
from mockcraft.generator.v1 import generator_pb2_grpc

from runner.logical import arrow_type
from runner.plan import Plan
from services.common.errors import MockcraftError
from services.common.statuses import TRAILER, from_proto
from services.seeder.blocks import BlockSource, Interrupted, SourceError
from services.seeder.spec import LoadSpec

PIECE_BLOCKS, PIECE_ROWS = 2, 65_536
"""One call asks for so many blocks, and for more of small ones, up to so many rows."""
PROBE_SECONDS: Final = 2.0
"""How soon a generator that failed must answer to be asked for rows again."""
STALL_SECONDS: Final = 4.0
"""A block that is waited for so long is asked of another generator too: both make the same one."""
GIVE_UP_SECONDS: Final = 15.0
"""No generator answers for so long: the attempt ends."""
FIRST_REST, LONGEST_REST = 0.1, 2.0
POLL_SECONDS: Final = 0.05
MOST_MESSAGE: Final = 4 << 20
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

    def stream(self, request: pb.StreamBlocksRequest) -> Any:
        """Begin a call; an iterator of messages that can be cancelled."""
        return self._stub.StreamBlocks(request, metadata=self._metadata)

    def close(self) -> None:
        """End all calls."""
        self._channel.close()

    def works(self) -> None:
        """It has delivered."""
        self._failures, self.failing_since = 0, None

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


class RemoteBlocks:
    """See `BlockSource`. `block_rows` is asked when the first block is."""

    def __init__(
        self,
        plan: Plan,
        addresses: Sequence[str],
        token: str,
        interrupted: threading.Event,
        block_rows: Callable[[], int],
        streams: int = 2,
    ) -> None:
        self.plan, self._interrupted, self._block_rows, self._streams = plan, interrupted, block_rows, streams
        self._text = plan.to_json()
        self.replicas = [Replica(address, token) for address in addresses]
        self._pulls: set[Pull] = set()

    def blocks(self, table: str, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Rows [start, stop), cut at absolute multiples of the block size. Raises `Interrupted` and `SourceError`."""
        if start >= stop:
            return
        pull = Pull(self, table, start, stop, self._block_rows())
        self._pulls.add(pull)
        try:
            pull.start(self._streams)
            while pull.want < stop:
                yield self._next(pull)
        finally:
            pull.close()
            self._pulls.discard(pull)

    def _next(self, pull: Pull) -> pa.RecordBatch:
        while True:
            if self._interrupted.is_set():
                raise Interrupted
            batch = pull.take(POLL_SECONDS)
            if batch is not None:
                return batch

    def request(self, table: str, start: int, stop: int, block_rows: int) -> pb.StreamBlocksRequest:
        """The message that asks for rows [start, stop)."""
        return pb.StreamBlocksRequest(
            plan=self._text, table=table, offset=start, limit=stop - start, block_rows=block_rows, dictionaries=True
        )

    @property
    def given_up(self) -> bool:
        """Whether no generator has answered for a while."""
        since = [replica.failing_since for replica in self.replicas]
        now = time.monotonic()
        return all(moment is not None and now - moment > GIVE_UP_SECONDS for moment in since)

    def close(self) -> None:
        """Let go at once."""
        for pull in tuple(self._pulls):
            pull.close()
        for replica in self.replicas:
            replica.close()


class Pull:
    """One range on its way: pieces that nobody has taken, blocks that wait for their turn. Lives for a call of `blocks`."""

    def __init__(self, source: RemoteBlocks, table: str, start: int, stop: int, block_rows: int) -> None:
        self._source, self._table, self._stop, self._block_rows = source, table, stop, block_rows
        self._piece_rows = block_rows * max(PIECE_BLOCKS, PIECE_ROWS // block_rows)
        self._columns = source.plan.table(table).written
        self.want = start
        self._fresh = start
        self._returned: list[tuple[int, int]] = []
        self._ready: dict[int, pa.RecordBatch] = {}
        self._calls: set[Any] = set()
        self._held: dict[tuple[int, int], Replica] = {}
        self._overtaken: set[int] = set()
        self._moved = time.monotonic()
        self._changed = threading.Condition()
        self._failure: SourceError | None = None
        self._closed = False
        self._window = 0

    def start(self, streams: int) -> None:
        """Begin to pull, by so many threads for each generator."""
        self._window = (streams * len(self._source.replicas) + 1) * self._piece_rows
        for replica in self._source.replicas:
            for number in range(streams):
                name = f"pull-{self._table}-{replica.address}-{number}"
                threading.Thread(target=self._work, args=(replica,), name=name, daemon=True).start()

    def take(self, seconds: float) -> pa.RecordBatch | None:
        """The block at `want`, which moves on; None when it does not come in time. Raises `SourceError`."""
        with self._changed:
            if self.want not in self._ready and self._failure is None:
                self._changed.wait(seconds)
            if self._failure is not None:
                raise self._failure
            batch = self._ready.pop(self.want, None)
            if batch is not None:
                self.want += batch.num_rows
                self._moved = time.monotonic()
                self._changed.notify_all()
            return batch

    def close(self) -> None:
        """Want nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            calls = tuple(self._calls)
        for call in calls:
            call.cancel()

    # threads that pull

    def _work(self, replica: Replica) -> None:
        while (piece := self._piece(replica)) is not None:
            start, stop = piece
            try:
                for batch in self._blocks(replica, start, stop):
                    replica.works()
                    self._put(start, batch)
                    start += batch.num_rows
                if start < stop:
                    raise SourceError("GENERATOR_PROTOCOL", f"The generator at {replica.address} ended before the last row.")
            except grpc.RpcError as error:
                self._broke(replica, (start, stop), error)
            except SourceError as error:
                self._fail(error)
            except Exception as error:  # raised where the block is wanted
                self._fail(SourceError("GENERATOR_PROTOCOL", f"What {replica.address} sent cannot be read: {error}"))
            with self._changed:
                self._held.pop(piece, None)

    def _piece(self, replica: Replica) -> tuple[int, int] | None:
        """The first rows that nobody has taken, when they are near enough; None at the end."""
        while self._answers(replica):
            with self._changed:
                piece = self._waiting() or self._stalled(replica)
                if piece is not None:
                    self._held[piece] = replica
                    return piece
                self._changed.wait(POLL_SECONDS)
        return None

    def _answers(self, replica: Replica) -> bool:
        """Wait until the generator may be asked; whether anything is wanted still."""
        while not (self._closed or self._failure or self.want >= self._stop):
            if not replica.rests:
                if not replica.suspect:
                    return True
                try:
                    replica.probe()
                    return True
                except grpc.RpcError as error:
                    self._broke(replica, None, error)
            with self._changed:
                self._changed.wait(POLL_SECONDS)
        return False

    def _stalled(self, replica: Replica) -> tuple[int, int] | None:
        """The piece that holds up everything, when another generator has had it for long; once for each block."""
        want = self.want
        if want in self._ready or want in self._overtaken or time.monotonic() - self._moved < STALL_SECONDS:
            return None
        found = next(
            (piece for piece, holder in self._held.items() if piece[0] <= want < piece[1] and holder is not replica), None
        )
        if found is None:
            return None
        self._overtaken = {want}
        return want, found[1]

    def _waiting(self) -> tuple[int, int] | None:
        if self._returned:
            return heapq.heappop(self._returned)
        if self._fresh >= min(self._stop, self.want + self._window):
            return None
        start, size = self._fresh, self._piece_rows
        self._fresh = min(self._stop, (start // size + 1) * size)
        return start, self._fresh

    def _blocks(self, replica: Replica, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        call = replica.stream(self._source.request(self._table, start, stop, self._block_rows))
        with self._changed:
            self._calls.add(call)
            if self._closed:
                call.cancel()
        try:
            slices: list[bytes] = []
            for message in call:
                end = min(stop, (start // self._block_rows + 1) * self._block_rows)
                self._check(message, start, end, len(slices))
                slices.append(message.data)
                if message.last:
                    yield self._decoded(slices, end - start)
                    start, slices = end, []
        finally:
            call.cancel()
            with self._changed:
                self._calls.discard(call)

    def _check(self, message: pb.StreamBlocksResponse, start: int, end: int, slices: int) -> None:
        told = (message.table, message.block, message.first_row, message.row_count, message.slice)
        asked = (self._table, start // self._block_rows, start, end - start, slices)
        if told != asked:
            raise SourceError("GENERATOR_PROTOCOL", f"Asked for {_words(asked)}, the generator sent {_words(told)}.")

    def _decoded(self, slices: list[bytes], rows: int) -> pa.RecordBatch:
        data = slices[0] if len(slices) == 1 else b"".join(slices)
        with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
            batch = reader.read_next_batch()
        expected = [(column.name, arrow_type(column.type)) for column in self._columns]
        if batch.num_rows != rows or [(f.name, _values(f.type)) for f in batch.schema] != expected:
            raise SourceError("GENERATOR_PROTOCOL", f"A block of {self._table} has other rows or columns than the plan.")
        return batch

    def _put(self, start: int, batch: pa.RecordBatch) -> None:
        with self._changed:
            if start >= self.want:  # one that was overtaken comes too late
                self._ready[start] = batch
            self._changed.notify_all()

    def _broke(self, replica: Replica, piece: tuple[int, int] | None, error: Any) -> None:
        """Give back what was not delivered, and let the generator rest; or fail, where another try would not help."""
        with self._changed:
            if self._closed:
                return
        if error.code() in _FINAL:
            self._fail(_refusal(replica.address, error))
            return
        replica.fails()
        with self._changed:
            if piece is not None:
                heapq.heappush(self._returned, piece)
            self._changed.notify_all()
        if self._source.given_up:
            places = ", ".join(each.address for each in self._source.replicas)
            message = f"No generator answers ({places}): {error.code().name}, {error.details()}."
            self._fail(SourceError("GENERATOR_UNAVAILABLE", message, retryable=True))

    def _fail(self, error: SourceError) -> None:
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()


def _values(type_: pa.DataType) -> pa.DataType:
    """The type of a column's values, dictionary-encoded or not."""
    return type_.value_type if pa.types.is_dictionary(type_) else type_


def _words(block: tuple[Any, ...]) -> str:
    table, number, first, rows, piece = block
    return f"slice {piece} of block {number} of {str(table)[:80]} ({rows} rows from {first})"


def _refusal(address: str, error: Any) -> SourceError:
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


def remote_blocks(
    spec: LoadSpec, secrets: Mapping[str, str], interrupted: threading.Event, block_rows: Callable[[], int], plan: Plan
) -> BlockSource:
    """The source of a load that names generators; `secrets` may hold their `token`."""
    streams = 1
    return RemoteBlocks(plan, spec.generators, secrets.get("token", ""), interrupted, block_rows, streams)
