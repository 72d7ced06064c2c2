"""Saved domains in their store: names unique but for case, revisions, several users at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.common.errors import MockcraftError
from services.datasets.domains import DomainStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DomainStore]:
    opened = DomainStore(f"sqlite:///{tmp_path / 'jobs.db'}")
    yield opened
    opened.close()


def code(refused: pytest.ExceptionInfo[MockcraftError]) -> str:
    return refused.value.code


def test_ids_are_made_of_names_and_stay(store: DomainStore) -> None:
    first = store.create("Sock  Shop", "socks", {"topics": ["a"]})
    other = store.create("Sock-shop", "", {})
    assert (first.id, first.name, other.id) == ("sock-shop", "Sock Shop", "sock-shop-2")
    changed = store.update("sock shop", "Hosiery", "", {"topics": ["b"]})
    assert (changed.id, changed.name, changed.revision, changed.request) == ("sock-shop", "Hosiery", 2, {"topics": ["b"]})
    assert changed.created_at == first.created_at <= changed.updated_at
    assert store.get("hosiery") == store.get("sock-shop") == changed


def test_names_are_unique_but_for_case(store: DomainStore) -> None:
    store.create("Straße", "", {})
    store.create("b", "", {})
    for name in ("straße", "STRASSE", " Straße "):
        with pytest.raises(MockcraftError) as refused:
            store.create(name, "", {})
        assert code(refused) == "DUPLICATE_NAME"
    with pytest.raises(MockcraftError) as refused:
        store.update("b", "strasse", "", {})
    assert code(refused) == "DUPLICATE_NAME" and store.get("b").revision == 1


def test_stale_revisions_change_nothing(store: DomainStore) -> None:
    store.create("a", "", {})
    store.update("a", "", "", {"topics": ["x"]}, revision=1)
    with pytest.raises(MockcraftError) as refused:
        store.update("a", "", "", {}, revision=1)
    assert code(refused) == "REVISION_STALE" and store.get("a").request == {"topics": ["x"]}


def test_removed_domains_are_gone_and_their_names_free(store: DomainStore) -> None:
    store.create("a", "", {})
    assert store.delete("A").name == "a"
    for use in (store.get, store.delete):
        with pytest.raises(MockcraftError) as refused:
            use("a")
        assert code(refused) == "DOMAIN_NOT_FOUND"
    assert store.create("a", "", {}).id == "a"


def test_lists_go_by_name(store: DomainStore) -> None:
    for name in ("b", "C", "a"):
        store.create(name, "", {})
    assert [each.name for each in store.list("", 10)] == ["a", "b", "C"]
    assert [each.name for each in store.list("a", 1)] == ["b"]


def test_of_many_stores_at_once_one_saves_a_name(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    stores = [DomainStore(url) for _ in range(6)]

    def save(store: DomainStore) -> str:
        try:
            return store.create("same", "", {}).id
        except MockcraftError as error:
            return error.code

    with ThreadPoolExecutor(6) as threads:
        found = sorted(threads.map(save, stores))
    for store in stores:
        store.close()
    assert found == [*["DUPLICATE_NAME"] * 5, "same"]


def test_store_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MockcraftError) as refused:
        DomainStore(f"sqlite:///{tmp_path / 'file' / 'jobs.db'}").list("", 1)
    assert code(refused) == "STORE_UNAVAILABLE"
