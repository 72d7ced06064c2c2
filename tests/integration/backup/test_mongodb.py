"""Backups of MongoDB: documents byte for byte, restored beside what is there and swapped in, whatever kills whom."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import bson
import pytest
from pymongo import MongoClient
from pymongo.database import Database

from services.backup.archive import Archive, ArchiveWriter
from services.backup.work import VerificationFailedError, verify
from services.common.databases import DatabaseError, _dump_mongodb, _restore_mongodb
from services.common.databases._dump_mongodb import MARK, SCRATCH, MongoDumping
from services.common.databases._restore_mongodb import JOURNAL, STAGED
from tests.integration.backup.document_backups import (
    close_all,
    closing_later,
    found_in_copy,
    made,
    opened,
    put_back,
    quiet,
    state,
    verified,
    work,
)
from tests.servers import MongoDb

USERS: list[dict[str, Any]] = [
    {"_id": 1, "name": "é\0x", "n": bson.Int64(1), "f": 0.1, "b": b"\0\xff", "at": datetime(2024, 1, 2), "t": True},
    {"_id": 2, "f": -0.0, "nested": {"a": [1, None, {"b": []}]}, "u": bson.Binary(b"1" * 16, 4), "o": bson.ObjectId("a" * 24)},
    {"_id": bson.ObjectId("b" * 24), "empty": {}, "list": [], "big": 2**62},
]


def at(url: str) -> Database[dict[str, Any]]:
    client: MongoClient[dict[str, Any]] = closing_later(MongoClient(url.rpartition("/")[0]))
    return client[url.rpartition("/")[2]]


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def shop(mongodb_url: str) -> str:
    database = at(mongodb_url)
    database["users"].insert_many(USERS)
    database["users"].create_index([("name", 1)])
    database["words"].insert_many([{"_id": f"w{i}", "text": "x" * 100} for i in range(1500)])
    database["none"].insert_one({"_id": 1})
    database["none"].delete_one({"_id": 1})
    database["_mockcraft_checkpoints"].insert_one({"_id": "x"})
    return mongodb_url


def contents(url: str) -> dict[str, list[bytes]]:
    database = at(url)
    names = [name for name in database.list_collection_names() if not name.startswith("_mockcraft_")]
    return {name: sorted(b"".join(database[name].find_raw_batches({})).split(b"\0_id\0")) for name in sorted(names)}


def own(url: str) -> list[str]:
    """Collections and databases that a restore or a verification would leave."""
    database = at(url)
    names = [n for n in database.list_collection_names() if n.startswith("_mockcraft_") and not n.endswith("checkpoints")]
    return names + [n for n in database.client.list_database_names() if n.startswith(SCRATCH)]


def test_a_backup_verifies_and_leaves_nothing_behind(shop: str, tmp_path: Path) -> None:
    manifest = made(shop, tmp_path / "a")
    assert [(t.name, t.rows) for t in manifest.tables] == [("none", 0), ("users", 3), ("words", 1500)]
    assert (manifest.snapshot, manifest.source.dialect) == ("none", "mongodb")
    told = verified(tmp_path / "a", shop)
    assert {"part collections/users.bson", "table users", "schema collection users"} <= set(told)
    assert any(name.startswith("schema index users.") for name in told)
    assert own(shop) == []


def test_the_parts_are_documents_as_mongodump_writes_them(shop: str, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    with Archive(tmp_path / "a") as archive:
        assert bson.decode_all(b"".join(archive.read("collections/users.bson"))) == list(at(shop)["users"].find())


def test_an_empty_database_is_not_called_verified(mongodb_url: str, tmp_path: Path) -> None:
    at(mongodb_url)["_mockcraft_checkpoints"].insert_one({"_id": 1})
    assert opened(mongodb_url).is_empty()
    made(mongodb_url, tmp_path / "a")
    with pytest.raises(VerificationFailedError, match="nothing was compared"):
        verified(tmp_path / "a", mongodb_url)


def test_restoring(shop: str, mongodb: MongoDb, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    target = mongodb.database()
    assert put_back(tmp_path / "a", target) == {"tables": 3, "rows": 1503}
    assert (contents(target), state(target)) == (contents(shop), state(shop))
    with pytest.raises(DatabaseError) as refused:
        put_back(tmp_path / "a", target)
    assert refused.value.code == "TARGET_NOT_EMPTY"
    at(target)["users"].delete_one({"_id": 1})
    at(target)["more"].insert_one({"_id": 1})
    at(target)["_mockcraft_checkpoints"].insert_one({"_id": 1})
    put_back(tmp_path / "a", target, force=True)
    assert (contents(target), state(target)) == (contents(shop), state(shop))
    assert [n for n in at(target).list_collection_names() if n.startswith("_mockcraft_")] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d["users"].delete_one({"_id": 2}), "table users: has 2 rows instead of 3"),
        (lambda d: d["users"].update_one({"_id": 1}, {"$set": {"f": 0.1000001}}), "table users: holds other values"),
        (lambda d: d["users"].update_one({"_id": 1}, {"$set": {"n": 1.5}}), "table users: holds other values"),
        (lambda d: d["users"].update_one({"_id": 1}, {"$set": {"b": b"\0\xfe"}}), "table users: holds other values"),
        (lambda d: d["words"].update_one({"_id": "w7"}, {"$set": {"text": "y"}}), "table words: holds other values"),
        (lambda d: d["words"].insert_one({"_id": 7}), "table words: has 1,501 rows"),
        (lambda d: d.drop_collection("none"), "table none: is missing"),
        (lambda d: d["more"].insert_one({"_id": 7}), "table more: was not in the backup"),
        (lambda d: d["words"].create_index([("text", 1)]), "schema index words."),
    ],
)
def test_a_changed_copy_is_found_and_named(
    shop: str, tmp_path: Path, change: Callable[[Database[dict[str, Any]]], None], told: str
) -> None:
    made(shop, tmp_path / "a")
    results = found_in_copy(tmp_path / "a", shop, lambda scratch: change(scratch._database))  # type: ignore[attr-defined]
    assert results
    assert all(result.startswith((told, "schema collection")) for result in results), results
    assert any(result.startswith(told) for result in results)


def test_a_forged_dump_with_right_checksums_is_found_by_restoring(shop: str, tmp_path: Path) -> None:
    manifest = made(shop, tmp_path / "a")
    at(shop)["users"].update_one({"_id": 1}, {"$set": {"f": 0.2}})
    writer = ArchiveWriter(tmp_path / "b")
    opened(shop).dump(writer, quiet)
    writer.finish(manifest)
    with Archive(tmp_path / "b") as archive:
        verify(archive, "RESTORED", lambda: opened(shop), quiet)
        with pytest.raises(VerificationFailedError, match="table users: holds other values"):
            verify(archive, "RESTORED_CHECKSUMMED", lambda: opened(shop), quiet)


def test_a_damaged_backup_names_its_part_and_does_not_touch_the_target(shop: str, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    whole = bytearray((tmp_path / "a").read_bytes())
    spot = whole.index(b"collections/users.bson") + 60
    whole[spot] ^= 4
    (tmp_path / "a").write_bytes(whole)
    before = contents(shop)
    with pytest.raises(VerificationFailedError, match=r"part collections/users\.bson"):
        put_back(tmp_path / "a", shop, force=True)
    assert contents(shop) == before


def test_a_strange_part_is_refused_before_anything_is_touched(shop: str, tmp_path: Path) -> None:
    manifest = made(shop, tmp_path / "a")
    writer = ArchiveWriter(tmp_path / "b")
    with Archive(tmp_path / "a") as archive:
        for name in [part.name for part in archive.manifest.parts]:
            with writer.part(name) as part:
                content = b"".join(archive.read(name))
                part.write(content[:-1] if name == "collections/users.bson" else content)
    writer.finish(manifest)
    before = contents(shop)
    with pytest.raises(DatabaseError, match=r"collections/users\.bson is no sequence of BSON documents"):
        put_back(tmp_path / "b", shop, force=True)
    assert (contents(shop), own(shop)) == (before, [])


def test_cancelling_leaves_nothing(shop: str, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    before, target = contents(shop), opened(shop)
    target.cancel()
    with Archive(tmp_path / "a") as archive, pytest.raises(DatabaseError) as stopped:
        from services.backup.work import restore

        restore(archive, target, True, quiet)
    assert (stopped.value.code, contents(shop), own(shop)) == ("CANCELLED", before, [])


def test_a_worker_killed_while_dumping(shop: str, tmp_path: Path) -> None:
    assert work(tmp_path / "j", "backup", shop, failpoint="backup.mid_part:2")[0] == -9
    assert not (tmp_path / "j" / "shop.mcb").exists()
    status, events = work(tmp_path / "j", "backup", shop, level="RESTORED_CHECKSUMMED")
    assert (status, events[-1]["type"], events[-1]["data"]["level"]) == (0, "complete", "RESTORED_CHECKSUMMED")


@pytest.mark.parametrize("renames", [False, True])
def test_a_restore_that_ends_anywhere_is_old_or_becomes_new(
    shop: str, mongodb: MongoDb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: bool
) -> None:
    """Each point a process may die at, in turn. The server knows no renaming; it is acted for the second round."""

    class Died(BaseException):
        pass

    if renames:
        monkeypatch.setattr(_restore_mongodb.Restoring, "_renames", lambda self: True)
        monkeypatch.setattr(_restore_mongodb.Restoring, "_renamed", renamed)
    monkeypatch.setattr(_restore_mongodb, "BATCH_DOCUMENTS", 500)
    monkeypatch.setattr(_restore_mongodb.Claim, "gone", lambda *_: True)
    made(shop, tmp_path / "a")
    new, states = contents(shop), set()
    for nth in range(1, 100):
        target = mongodb.database()
        at(target)["users"].insert_one({"_id": "old"})
        old, left = contents(target), [nth]

        def die(_name: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Died

        with monkeypatch.context() as dying:
            dying.setattr(_restore_mongodb, "failpoint", die)
            dying.setattr(_restore_mongodb.Restoring, "_clear", clear_unless(left, _restore_mongodb.Restoring._clear))
            try:
                put_back(tmp_path / "a", target, force=True)
                break
            except Died:
                head = at(target)[JOURNAL].find_one({"_id": "head"})
                assert head
        states.add(head["state"])
        if head["state"] == "filling":
            assert contents(target) == old
            assert not opened(target).is_empty()
        else:
            with pytest.raises(DatabaseError, match="did not come to its end"):
                state(target)
        put_back(tmp_path / "a", target, force=True)
        assert (contents(target), own(target)) == (new, [])
    assert states == {"filling", "swapping"}
    assert nth > 8


def clear_unless(left: list[int], clear: Callable[[Any], None]) -> Callable[[Any], None]:
    """A process that died clears nothing."""
    return lambda self: clear(self) if left[0] > 0 else None


def renamed(self: Any, entry: dict[str, Any]) -> None:
    """What `renameCollection` does, by copying."""
    database = self._database
    if entry["staged"] in database.list_collection_names():
        database.drop_collection(entry["name"])
        database.command("create", entry["name"])
        documents = list(database[entry["staged"]].find())
        if documents:
            database[entry["name"]].insert_many(documents)
        for index in _restore_mongodb._value(entry["indexes"]):
            database.command({"createIndexes": entry["name"], "indexes": [index]})
        database.drop_collection(entry["staged"])


@pytest.mark.parametrize("nth", [1, 4, 6])
def test_a_worker_killed_while_restoring(shop: str, mongodb: MongoDb, tmp_path: Path, nth: int) -> None:
    folder, target = tmp_path / "j", mongodb.database()
    made(shop, tmp_path / "a")
    folder.mkdir()
    (tmp_path / "a").rename(folder / "shop.mcb")
    assert work(folder, "restore", target, failpoint=f"backup.mid_restore:{nth}")[0] == -9
    head = at(target)[JOURNAL].find_one({"_id": "head"})
    assert head
    assert work(folder, "restore", target)[0] == 0
    assert (contents(target), own(target)) == (contents(shop), [])


def test_a_restore_beside_another_is_refused(shop: str, tmp_path: Path) -> None:
    made(shop, tmp_path / "a")
    at(shop)[JOURNAL].insert_one({"_id": "head", "state": "filling", "at": datetime.now(), **_restore_mongodb.Claim().to_json()})
    before = contents(shop)
    with pytest.raises(DatabaseError) as refused:
        put_back(tmp_path / "a", shop, force=True)
    assert (refused.value.code, contents(shop)) == ("TARGET_BUSY", before)


def test_scratch_databases_of_dead_processes_are_dropped(shop: str, tmp_path: Path) -> None:
    client = at(shop).client
    claims = {"dead": {"pid": 2**22 + 1}, "alive": {}}
    for name, change in claims.items():
        record = {**_restore_mongodb.Claim().to_json(), **change}
        client[SCRATCH + name][MARK].insert_one({"_id": "claim", "at": datetime.now(), **record})
    made(shop, tmp_path / "a")
    try:
        verified(tmp_path / "a", shop)
        assert [name for name in claims if SCRATCH + name in client.list_database_names()] == ["alive"]
    finally:
        for name in claims:
            client.drop_database(SCRATCH + name)


def test_writers_do_not_break_a_backup(shop: str, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        words = at(shop)["words"]
        n = 0
        while not stop.is_set():
            n += 1
            words.insert_one({"_id": f"new{n}"})
            words.delete_one({"_id": f"w{n % 1500}"})
            words.replace_one({"_id": f"w{(n * 7) % 1500}"}, {"text": str(n)})

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for n in range(3):
            made(shop, tmp_path / f"a{n}")
    finally:
        stop.set()
        writer.join()
    for n in range(3):
        verified(tmp_path / f"a{n}", shop)


def test_kinds_that_cannot_be_kept_are_refused(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [{"name": "ticks", "type": "timeseries", "options": {}}]
    source = opened(shop)
    assert isinstance(source, MongoDumping)
    monkeypatch.setattr(type(source._database), "list_collections", lambda *_, **__: found)
    with pytest.raises(DatabaseError, match="ticks is a timeseries collection") as refused:
        source.state(quiet)
    assert refused.value.code == "TARGET_UNSUPPORTED"


def test_options_and_views_are_made_anew(shop: str, mongodb: MongoDb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What servers of MongoDB tell, acted; what they are asked for, heard."""
    rules = {"validator": {"$expr": {"$gt": ["$f", bson.Int64(0)]}}, "collation": {"locale": "de"}}
    view = {"viewOn": "users", "pipeline": [{"$match": {"a.b": 1}}]}
    told = [
        {"name": "users", "type": "collection", "options": rules},
        {"name": "some", "type": "view", "options": view},
        {"name": "system.views", "type": "collection", "options": {}},
    ]
    with monkeypatch.context() as acted:
        acted.setattr(Database, "list_collections", lambda *_, **__: iter(told))
        manifest = made(shop, tmp_path / "a")
    assert [t.name for t in manifest.tables] == ["users"]
    assert {"collection users", "view some"} <= set(manifest.objects)
    asked: list[dict[str, Any]] = []
    plain = Database.command
    with monkeypatch.context() as heard:
        heard.setattr(
            Database, "command", lambda self, command, *a, **k: (asked.append(command), plain(self, command, *a, **k))[1]
        )
        with pytest.raises(VerificationFailedError, match="view some"):  # this server makes no views
            put_back(tmp_path / "a", mongodb.database())
    made_ = [command for command in asked if isinstance(command, dict) and "create" in command]
    assert made_[0] == {"create": f"{STAGED}0", **rules}
    assert isinstance(made_[0]["validator"]["$expr"]["$gt"][1], bson.Int64)
    assert made_[-1] == {"create": "some", **view}
    assert any("createIndexes" in command for command in asked)


def test_options_indexes_and_views_are_written_and_compared() -> None:
    shape = _dump_mongodb.Shape("a", "collection", {"capped": True, "size": 4096}, ({"v": 2, "key": {"n": -1}, "name": "n_-1"},))
    texts = dict(shape.schema())
    assert texts["index a.n_-1"] == '{"key":{"n":{"$numberInt":"-1"}},"name":"n_-1"}'
    assert texts["collection a"] == '{"capped":true,"size":{"$numberInt":"4096"}}'


def test_names_of_parts() -> None:
    assert _dump_mongodb.part_name("a/b é%.c") == "collections/a%2Fb%20%C3%A9%25.c.bson"
