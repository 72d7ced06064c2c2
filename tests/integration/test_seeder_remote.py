"""Loads whose rows are made by generator processes elsewhere: the same rows, whatever becomes of one of the generators."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import grpc
import pyarrow as pa
import pytest
from mockcraft.generator.v1 import generator_pb2 as gen
from mockcraft.generator.v1 import generator_pb2_grpc
from mockcraft.jobs.v1 import jobs_pb2, jobs_pb2_grpc
from mockcraft.seeder.v1 import seeder_pb2, seeder_pb2_grpc

from runner.engine import Engine
from runner.nested import NestedBatches
from runner.plan import Plan
from services.common.jobs.process import Interrupted
from services.seeder import remote
from services.seeder.blocks import SourceError
from services.seeder.remote import RemoteBlocks
from tests.integration.loads import SHOP, checks, content, load, plan_of, query, spec_of
from tests.integration.processes import Service, generators, service
from tests.servers import MongoDb

PLAN = plan_of(users="1M")
BLOCK = 16_384


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Service]]:
    with generators(tmp_path_factory.mktemp("generators"), (None, None), grpc_token="shared") as found:
        yield found


def source_of(addresses: list[str], plan: Plan = PLAN, token: str = "shared", **more: Any) -> RemoteBlocks:
    return RemoteBlocks(plan, addresses, token, more.pop("interrupted", threading.Event()), lambda: BLOCK, **more)


def rows_of(plan: Plan, table: str, start: int, stop: int) -> list[dict[str, Any]]:
    return [row for batch in Engine(plan, BLOCK).batches(table, start, stop) for row in batch.to_pylist()]


def pulled(source: RemoteBlocks, table: str, start: int, stop: int) -> list[pa.RecordBatch]:
    try:
        return list(source.blocks(table, start, stop))
    finally:
        source.close()


@pytest.mark.parametrize(("start", "stop"), [(0, 100_000), (BLOCK * 3, BLOCK * 3 + 5), (7, BLOCK * 2 + 9)])
def test_blocks_of_two_generators_come_in_order_and_are_those_of_this_process(two: list[Service], start: int, stop: int) -> None:
    batches = pulled(source_of([each.address for each in two]), "users", start, stop)
    assert [row for batch in batches for row in batch.to_pylist()] == rows_of(PLAN, "users", start, stop)
    cuts = [start, *range((start // BLOCK + 1) * BLOCK, stop, BLOCK), stop]
    assert [batch.num_rows for batch in batches] == [b - a for a, b in pairwise(cuts)]


def test_no_more_is_pulled_than_may_wait(two: list[Service]) -> None:
    source = source_of([each.address for each in two])
    blocks = source.blocks("users", 0, 300_000)
    next(blocks)
    time.sleep(1.0)
    (pull,) = source._pulls
    most = (2 * 2 + 1 + 1) * (remote.PIECE_ROWS // BLOCK)  # a piece may begin just within the window
    assert 0 < len(pull._ready) <= most < 1_000_000 // BLOCK
    blocks.close()  # type: ignore[attr-defined]
    assert not source._pulls
    source.close()


def test_a_source_that_is_interrupted_or_left_lets_go_of_its_threads(two: list[Service]) -> None:
    asked = threading.Event()
    source = source_of([each.address for each in two], interrupted=asked)
    blocks = source.blocks("users", 0, 300_000)
    next(blocks)
    asked.set()
    with pytest.raises(Interrupted):
        next(blocks)
    source.close()
    deadline = time.monotonic() + 5
    while any(thread.name.startswith("pull-") for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_wrong_token_and_a_bad_request_are_refused_at_once(two: list[Service]) -> None:
    with pytest.raises(SourceError) as raised:
        pulled(source_of([two[0].address], token="canary-wrong"), "users", 0, 10)
    assert (raised.value.code, raised.value.retryable) == ("GENERATOR_REFUSED", False)
    assert "canary" not in str(raised.value)
    source = source_of([two[0].address])
    source._text = b"{}"
    with pytest.raises(SourceError) as raised:
        pulled(source, "users", 0, 10)
    assert (raised.value.code, raised.value.retryable) == ("PLAN_INVALID", False)


def test_when_no_generator_answers_another_attempt_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "GIVE_UP_SECONDS", 0.5)
    with pytest.raises(SourceError) as raised:
        pulled(source_of(["127.0.0.1:1", "127.0.0.1:2"]), "users", 0, 10)
    assert (raised.value.code, raised.value.retryable) == ("GENERATOR_UNAVAILABLE", True)


def test_a_generator_that_is_absent_costs_nothing_but_time(two: list[Service]) -> None:
    batches = pulled(source_of(["127.0.0.1:1", two[0].address]), "users", 0, 100_000)
    assert [row for batch in batches for row in batch.to_pylist()] == rows_of(PLAN, "users", 0, 100_000)


class Stub:
    """A generator that answers with what it is given."""

    def __init__(self, **changes: Any) -> None:
        self.changes = changes

    def StreamBlocks(self, request: gen.StreamBlocksRequest, context: Any) -> Iterator[gen.StreamBlocksResponse]:
        batch = Engine(PLAN, BLOCK).batch("users", request.offset, request.offset + request.limit)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        honest = {"table": "users", "block": request.offset // BLOCK, "slice": 0, "last": True, "first_row": request.offset}
        yield gen.StreamBlocksResponse(
            **honest | {"row_count": request.limit, "data": sink.getvalue().to_pybytes()} | self.changes  # type: ignore[arg-type]
        )


@pytest.mark.parametrize(
    "changes",
    [{"block": 1}, {"first_row": 1}, {"row_count": 9}, {"table": "orders"}, {"slice": 1}, {"data": b"no arrow"}, {"last": False}],
)
def test_what_was_not_asked_for_is_not_taken(changes: dict[str, Any]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    class Servicer(generator_pb2_grpc.GeneratorServiceServicer):
        StreamBlocks = Stub(**changes).StreamBlocks

    server = grpc.server(ThreadPoolExecutor(2))
    generator_pb2_grpc.add_GeneratorServiceServicer_to_server(Servicer(), server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with pytest.raises(SourceError) as raised:
            pulled(source_of([f"127.0.0.1:{port}"]), "users", 0, 10)
        assert raised.value.code == "GENERATOR_PROTOCOL"
    finally:
        server.stop(0).wait()


# whole loads


class Client:
    """Stubs of a running seeder."""

    def __init__(self, seeder: Service, token: str = "shared") -> None:
        self._metadata = (("authorization", f"Bearer {token}"),)
        self.channel = grpc.insecure_channel(seeder.address)
        self._seeder = seeder_pb2_grpc.SeederServiceStub(self.channel)  # type: ignore[no-untyped-call]
        self._jobs = jobs_pb2_grpc.JobServiceStub(self.channel)  # type: ignore[no-untyped-call]

    def stream(self, **fields: Any) -> Iterator[jobs_pb2.JobEvent]:
        request = seeder_pb2.CreateSeedingRequest(schema=gen.Schema(text=SHOP), **fields)
        events: Iterator[jobs_pb2.JobEvent] = self._seeder.StreamSeeding(request, metadata=self._metadata, timeout=120)
        return events


def test_a_generator_that_hangs_is_overtaken(tmp_path: Path) -> None:
    with generators(tmp_path, (None, None), grpc_token="shared") as both:
        source = source_of([each.address for each in both])
        blocks = source.blocks("users", 0, 400_000)
        got = [next(blocks)]
        both[0].process.send_signal(signal.SIGSTOP)
        began, longest = time.monotonic(), 0.0
        try:
            for batch in blocks:
                got.append(batch)
                longest, began = max(longest, time.monotonic() - began), time.monotonic()
        finally:
            both[0].process.send_signal(signal.SIGCONT)
            source.close()
    assert [row for batch in got for row in batch.select(["id"]).to_pylist()] == [{"id": n + 1} for n in range(400_000)]
    assert remote.STALL_SECONDS - 1 < longest < 2 * remote.STALL_SECONDS + 2, "one wait, and not for the keep-alive"


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGSTOP, marks=pytest.mark.slow)])
def test_one_of_two_generators_dies_while_a_database_is_loaded(tmp_path: Path, number: signal.Signals) -> None:
    whole = tmp_path / "whole"
    assert load(spec_of(plan_of(users="100K"), whole), tmp_path / "whole.db").code == 0
    with generators(tmp_path, (None, None), grpc_token="shared") as both:
        places = ",".join(each.address for each in both)
        with service("seeder", tmp_path / "seeder", grpc_token="shared", seeder__generators=places) as seeder:
            client = Client(seeder)
            killed = False
            for event in client.stream(target="sqlite:///shop.db", set={"users": "100K"}, batch_size=4096):
                if event.type == "checkpoint" and not killed:
                    both[0].process.send_signal(number)
                    killed = True
                assert event.type != "error", event
            client.channel.close()
            assert (killed, event.type, event.data["rows"]) == (True, "complete", plan_of(users="100K").total_rows)
        both[0].kill()
    checks(tmp_path / "seeder/shop.db")
    assert content(tmp_path / "seeder/shop.db") == content(tmp_path / "whole.db")


# rows that are there


def stored_in(service: Service) -> list[Path]:
    return sorted((service.log.parent / "stored").glob("*.arrow"))


def topped_up(folder: Path, **fields: Any) -> Path:
    """A database that was filled with 3,000 users and then got 20,000 more: of generators, where they are named."""
    for number, users in enumerate(("3K", "20K"), 1):
        spec = spec_of(plan_of(users=users), folder / users, load=users, job_id=f"seed_{number:026}", batch_rows=1024, **fields)
        done = load(spec, folder / "shop.db", token="shared")
        assert done.code == 0, done.events[-1]
    return folder / "shop.db"


def test_generators_add_the_rows_that_this_process_adds(two: list[Service], tmp_path: Path) -> None:
    here = topped_up(tmp_path / "here")
    there = topped_up(tmp_path / "there", generators=tuple(each.address for each in two))
    checks(there)
    assert query(there, "SELECT count(*), max(id) FROM users") == [(23_000, 23_000)]
    assert content(there) == content(here)
    names = {path.name for path in (tmp_path / "there/20K/work/stored").glob("*.arrow")}
    assert names and any(names <= {path.name for path in stored_in(each)} for each in two)


def stored_plan(folder: Path) -> tuple[Plan, Path]:
    """The plan of a top-up, and the folder of its files."""
    topped_up(folder)
    (kept,) = (folder / "20K/work/stored").glob("*.plan.json")
    return Plan.from_json(kept.read_bytes()), kept.parent


def test_a_generator_that_has_lost_its_files_or_holds_others_is_given_them_again(two: list[Service], tmp_path: Path) -> None:
    plan, folder = stored_plan(tmp_path)
    expected = [row for b in Engine(plan, BLOCK, folder).batches("users", 0, 20_000) for row in b.to_pylist()]
    harms: list[Callable[[Path], object]] = [Path.unlink, lambda path: path.write_bytes(b"other")]
    for harm in harms:
        source = source_of([two[0].address], plan, folder=folder)
        assert [row for b in source.blocks("users", 0, 20_000) for row in b.to_pylist()] == expected
        assert stored_in(two[0])
        for path in stored_in(two[0]):
            harm(path)
        assert [row for b in source.blocks("users", 0, 20_000) for row in b.to_pylist()] == expected
        source.close()
    assert len(stored_in(two[1])) <= len(stored_in(two[0]))


def test_a_generator_without_room_says_so_at_once(tmp_path: Path) -> None:
    plan, folder = stored_plan(tmp_path)
    with (
        generators(tmp_path, generator__stored_bytes=2048) as (small,),
        pytest.raises(SourceError, match="stored_bytes") as raised,
    ):
        pulled(source_of([small.address], plan, token="", folder=folder), "users", 0, 20_000)
    assert (raised.value.code, raised.value.retryable) == ("STORED_TABLES_FULL", False)


def test_what_is_no_file_of_stored_rows_is_not_kept(two: list[Service]) -> None:
    kept = stored_in(two[0])
    with grpc.insecure_channel(two[0].address) as channel:
        put = generator_pb2_grpc.GeneratorServiceStub(channel).PutStoredTable  # type: ignore[no-untyped-call]
        with pytest.raises(grpc.RpcError) as refused:
            put(iter([gen.PutStoredTableRequest(data=b"no arrow")]), metadata=(("authorization", "Bearer shared"),))
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        with pytest.raises(grpc.RpcError) as refused:
            put(iter([gen.PutStoredTableRequest(data=b"no token")]))
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert sorted(path for path in (two[0].log.parent / "stored").iterdir()) == kept


NESTED = plan_of("""
tables:
  people: {rows: 30K, columns: {id: sequence, name: first_name}}
  pets:
    per: {parent: people, count: {min: 0, max: 3}}
    embed: {into: people, as: pets}
    columns: {name: first_name, kind: {gen: choice, values: [cat, dog]}}
  toys:
    per: {parent: pets, count: {min: 0, max: 2}}
    embed: {into: pets, as: toys}
    columns: {price: {gen: decimal, min: 1, max: 9, scale: 2}}
""")


def test_documents_come_with_the_rows_they_hold(two: list[Service]) -> None:
    source = source_of([each.address for each in two], NESTED, documents=lambda: True)
    got = pulled(source, "people", BLOCK, 30_000)
    expected = list(NestedBatches(NESTED, Engine(NESTED, BLOCK)).batches("people", BLOCK, 30_000))
    assert [batch.to_pylist() for batch in got] == [batch.to_pylist() for batch in expected]
    for a, b in zip(got, expected, strict=True):
        assert a.schema.field("pets").equals(b.schema.field("pets"), check_metadata=True)


def test_documents_are_loaded_from_generators(two: list[Service], tmp_path: Path, mongodb: MongoDb) -> None:
    import pymongo

    found = []
    for name, addresses in (("here", ()), ("there", tuple(each.address for each in two))):
        url = mongodb.database()
        done = load(spec_of(NESTED, tmp_path / name, generators=addresses), url, token="shared")
        assert done.code == 0, done.events[-1]
        with pymongo.MongoClient[dict[str, Any]](url) as client:
            found.append(list(client.get_default_database()["people"].find().sort("_id")))
    assert found[0] == found[1]
    assert len(found[0]) == 30_000 and any(pet["toys"] for person in found[0][:50] for pet in person["pets"])
