"""Blocks made by generator services elsewhere: a `BlockSource` over `StreamBlocks`.

A range of rows is cut into pieces of a few blocks. Each generator has threads that take the first piece nobody has,
as long as it lies near enough behind the block that the loader wants: so all of them work, blocks come out in order,
and memory is bounded. A stream that breaks gives what it had not delivered back, for whoever takes it next; a
generator that fails rests, longer each time, and one that hangs is overtaken by another. When none of them answers
for a while the attempt ends, worth another.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import grpc
import pyarrow as pa
from mockcraft.generator.v1 import generator_pb2 as pb

from runner.documents import members
from runner.logical import arrow_type
from runner.nested import struct_type
from runner.plan import Plan
from runner.stored import digests, path_of
from services.common.jobs.process import Interrupted
from services.seeder.blocks import BlockSource, SourceError
from services.seeder.replica import Replica, is_final, lacking, refusal
from services.seeder.spec import LoadSpec

PIECE_BLOCKS, PIECE_ROWS = 2, 65_536
"""One call asks for so many blocks, and for more of small ones, up to so many rows."""
STALL_SECONDS: Final = 4.0
"""A block that is waited for so long is asked of another generator too: both make the same one."""
GIVE_UP_SECONDS: Final = 15.0
"""No generator answers for so long: the attempt ends."""
POLL_SECONDS: Final = 0.05


class RemoteBlocks:
    """See `BlockSource`. `block_rows`, and whether rows come with `documents` in them, are asked when the first block is.

    `folder` holds the files of stored rows that the plan names; generators that lack them are given them.
    """

    def __init__(
        self,
        plan: Plan,
        addresses: Sequence[str],
        token: str,
        interrupted: threading.Event,
        block_rows: Callable[[], int],
        streams: int = 2,
        folder: Path = Path(),
        documents: Callable[[], bool] = lambda: False,
    ) -> None:
        self.plan, self._interrupted, self._block_rows, self._streams = plan, interrupted, block_rows, streams
        self._documents, self._files = documents, {digest: path_of(folder, digest) for digest in digests(plan)}
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
            plan=self._text,
            table=table,
            offset=start,
            limit=stop - start,
            block_rows=block_rows,
            dictionaries=True,
            documents=self._documents(),
        )

    def fields(self, table: str) -> list[tuple[str, pa.DataType]]:
        """Names and types of a block's columns, dictionaries aside."""
        own = [(c.name, arrow_type(c.type)) for c in self.plan.table(table).written]
        below = members(self.plan, table) if self._documents() else ()
        return own + [(child.embed, pa.list_(struct_type(self.plan, child))) for child in below]

    def give(self, replica: Replica, lacked: Sequence[str], asked: float) -> None:
        """Upload files to a generator that said it lacks them. Raises `grpc.RpcError` and `SourceError`."""
        if unknown := [digest for digest in lacked if digest not in self._files]:
            raise SourceError("GENERATOR_PROTOCOL", f"The generator at {replica.address} asks for {unknown[0][:80]!r}.")
        replica.give([self._files[digest] for digest in lacked], asked)

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
        self._fields = source.fields(table)
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
            try:
                self._pull(replica, *piece)
            except SourceError as error:
                self._fail(error)
            except Exception as error:  # raised where the block is wanted
                self._fail(SourceError("GENERATOR_PROTOCOL", f"What {replica.address} sent cannot be read: {error}"))
            with self._changed:
                self._held.pop(piece, None)

    def _pull(self, replica: Replica, start: int, stop: int) -> None:
        asked = time.monotonic()
        try:
            for batch in self._blocks(replica, start, stop):
                replica.works()
                self._put(start, batch)
                start += batch.num_rows
            if start < stop:
                raise SourceError("GENERATOR_PROTOCOL", f"The generator at {replica.address} ended before the last row.")
        except grpc.RpcError as error:
            if lacked := lacking(error):
                self._give(replica, lacked, (start, stop), asked)
            else:
                self._broke(replica, (start, stop), error)

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
        if batch.num_rows != rows or [(f.name, _values(f.type)) for f in batch.schema] != self._fields:
            raise SourceError("GENERATOR_PROTOCOL", f"A block of {self._table} has other rows or columns than the plan.")
        return batch

    def _put(self, start: int, batch: pa.RecordBatch) -> None:
        with self._changed:
            if start >= self.want:  # one that was overtaken comes too late
                self._ready[start] = batch
            self._changed.notify_all()

    def _give(self, replica: Replica, lacked: list[str], piece: tuple[int, int], asked: float) -> None:
        """Give a generator the files it lacks; meanwhile another one may make the piece."""
        self._give_back(piece)
        try:
            self._source.give(replica, lacked, asked)
        except grpc.RpcError as error:
            self._broke(replica, None, error)
        except SourceError as error:
            self._fail(error)

    def _give_back(self, piece: tuple[int, int]) -> None:
        with self._changed:
            heapq.heappush(self._returned, piece)
            self._changed.notify_all()

    def _broke(self, replica: Replica, piece: tuple[int, int] | None, error: Any) -> None:
        """Give back what was not delivered, and let the generator rest; or fail, where another try would not help."""
        with self._changed:
            if self._closed:
                return
        if is_final(error):
            self._fail(refusal(replica.address, error))
            return
        replica.fails()
        if piece is not None:
            self._give_back(piece)
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


def remote_blocks(
    spec: LoadSpec,
    token: str,
    interrupted: threading.Event,
    block_rows: Callable[[], int],
    documents: Callable[[], bool],
    plan: Plan,
    folder: Path,
) -> BlockSource:
    """The source of a load that names generators, which may want a token."""
    return RemoteBlocks(plan, spec.generators, token, interrupted, block_rows, 1, folder, documents)
