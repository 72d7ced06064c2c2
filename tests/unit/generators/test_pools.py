"""The data files and what is read from them."""

from __future__ import annotations

import numpy as np
import pytest

from runner import pools


def test_slots_are_shared_by_weight() -> None:
    pool = pools.pool("en_US/person_first")
    index, ordinal, count = pool.slots()
    owned = np.bincount(index, minlength=pool.size)
    assert owned.sum() == pools.SLOTS
    assert owned.min() >= 1
    assert pool.weights is not None
    exact = pool.weights / pool.weights.sum() * pools.SLOTS
    assert np.abs(owned - exact).max() < 1.01
    assert (np.diff(index) >= 0).all()
    assert (ordinal < count).all()


@pytest.mark.parametrize("name", ["en_US/person_first", "ru_RU/person_last?female=1", "id_ID/person_last", "is_IS/person_first"])
def test_ordinals_number_the_slots_of_a_slug(name: str) -> None:
    pool = pools.pool(name)
    index, ordinal, count = pool.slots()
    slugs = np.array(pool.field("slug").to_pylist())[index]
    seen: dict[str, set[int]] = {}
    for text, number in zip(slugs.tolist(), ordinal.tolist(), strict=True):
        seen.setdefault(text, set()).add(number)
    sizes = {text: len(numbers) for text, numbers in seen.items()}
    assert sum(sizes.values()) == pools.SLOTS
    assert all(numbers == set(range(len(numbers))) for numbers in seen.values())
    assert all(sizes[text] == number for text, number in zip(slugs.tolist(), count.tolist(), strict=True))


@pytest.mark.parametrize("locale", pools.locales())
def test_where_last_names_have_forms_a_slug_tells_the_gender(locale: str) -> None:
    if not pools.facts(locale)["gendered_last"]:
        return
    first = pools.pool(f"{locale}/person_first")
    genders: dict[str, set[int]] = {}
    for text, female in zip(first.field("slug").to_pylist(), first.field("female").to_pylist(), strict=True):
        genders.setdefault(text, set()).add(female)
    assert all(len(found) == 1 for found in genders.values())


@pytest.mark.parametrize("locale", pools.locales())
def test_names_have_slugs_of_small_letters(locale: str) -> None:
    for short in ("person_first", "person_last"):
        pool = pools.pool(f"{locale}/{short}")
        assert all(text.isascii() and text.isalpha() and text.islower() for text in pool.field("slug").to_pylist())
        assert all(name.strip() == name and name for name in pool.field("name").to_pylist())


def test_parts_of_a_pool() -> None:
    whole = pools.pool("en_US/person_first")
    women = pools.pool("en_US/person_first?female=1")
    assert 0 < women.size < whole.size
    assert set(women.field("female").to_pylist()) == {1}
    names = pools.pool(pools.distinct("en_US/person_first", "name"))
    assert names.field("name").to_pylist() == list(dict.fromkeys(whole.field("name").to_pylist()))
    both = pools.pool("en_US/person_first?female=1&distinct=name")
    assert both.size == women.size


@pytest.mark.parametrize("name", ["en_US/nothing", "en_US/", "xx_XX/person_first", "../data/en_US/person_first", "/etc/passwd"])
def test_names_of_no_pool(name: str) -> None:
    with pytest.raises((KeyError, FileNotFoundError)):
        pools.pool(name)


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("en_US", "en_US"),
        ("en-us", "en_US"),
        ("EN_us", "en_US"),
        ("de", "de_DE"),
        ("en", "en_US"),
        ("id", "id_ID"),
        ("pt", "pt_PT"),
        ("ja", "ja_JP"),
        ("xx", None),
        ("", None),
    ],
)
def test_locales_in_any_spelling(text: str, locale: str | None) -> None:
    assert pools.locale_of(text) == locale
