"""The catalogue: found by any spelling, filtered, paged, with an example each."""

from __future__ import annotations

import pytest

from runner.generators import catalogue
from services.common.errors import MockcraftError
from services.generator.service import GeneratorService


async def test_pages_hold_every_generator_once_in_order(service: GeneratorService) -> None:
    names: list[str] = []
    token = ""
    while True:
        page = await service.list_generators(page_size=7, page_token=token)
        assert len(page.generators) <= 7
        names += [g.generator.name for g in page.generators]
        token = page.next_page_token
        if not token:
            break
    assert names == list(catalogue())
    assert sum(page.categories.values()) == len(names)


async def test_category_and_search_narrow_the_list(service: GeneratorService) -> None:
    people = (await service.list_generators(category="Person")).generators
    assert people and {g.generator.category for g in people} == {"person"}
    found = [g.generator.name for g in (await service.list_generators(search="E-MAIL")).generators]
    assert "contact.email" in found
    assert "number.integer" not in found
    assert not (await service.list_generators(category="nothing")).generators


async def test_every_generator_of_the_catalogue_has_an_example(service: GeneratorService) -> None:
    without = [g.generator.name for g in (await service.list_generators()).generators if g.example is None]
    assert without == []


@pytest.mark.parametrize("name", ["firstname", "First Name", "first-name", "person.first_name", "FirstName"])
async def test_any_spelling_finds_a_generator(service: GeneratorService, name: str) -> None:
    assert (await service.get_generator(name)).generator.name == "person.first_name"


async def test_an_unknown_name_comes_with_suggestions(service: GeneratorService) -> None:
    with pytest.raises(MockcraftError) as raised:
        await service.get_generator("frist_name")
    assert raised.value.code == "GENERATOR_NOT_FOUND"
    assert "person.first_name" in raised.value.details


@pytest.mark.parametrize(
    ("size", "token", "code"), [(-1, "", "PAGE_SIZE_INVALID"), (1001, "", "PAGE_SIZE_INVALID"), (5, "%%", "PAGE_TOKEN_INVALID")]
)
async def test_bad_pages_are_refused(service: GeneratorService, size: int, token: str, code: str) -> None:
    with pytest.raises(MockcraftError) as raised:
        await service.list_generators(page_size=size, page_token=token)
    assert raised.value.code == code


async def test_the_same_seed_gives_the_same_values_and_none_gives_fresh_ones(service: GeneratorService) -> None:
    name, first = await service.generate_values("uuid", 3, 5, "", {})
    assert (await service.generate_values("uuid4", 3, 5, "", {})) == (name, first)
    assert (await service.generate_values("uuid", 3, None, "", {})) != (await service.generate_values("uuid", 3, None, "", {}))


async def test_parameters_and_locale_are_heeded(service: GeneratorService) -> None:
    _, numbers = await service.generate_values("int", 50, 1, "", {"min": "5", "max": 6})
    assert set(numbers) == {5, 6}
    _, (name,) = await service.generate_values("faker.name", 1, 1, "ja_JP", {})
    assert not name.isascii()


@pytest.mark.parametrize(
    ("name", "count", "locale", "params", "code", "path"),
    [
        ("nope_at_all", 1, "", {}, "GENERATOR_NOT_FOUND", None),
        ("int", 100_001, "", {}, "COUNT_INVALID", None),
        ("int", -1, "", {}, "COUNT_INVALID", None),
        ("int", 1, "", {"mni": 1}, "PARAMETER_UNKNOWN", "parameters.mni"),
        ("int", 1, "", {"min": "many"}, "PARAMETER_INVALID", "parameters.min"),
        ("first_name", 1, "xx_XX", {}, "LOCALE_UNKNOWN", "locale"),
        ("faker.pystr", 1, "", {"nonsense": 1}, None, None),
    ],
)
async def test_bad_values_are_refused_with_their_place(
    service: GeneratorService, name: str, count: int, locale: str, params: dict[str, object], code: str | None, path: str | None
) -> None:
    with pytest.raises(MockcraftError) as raised:
        await service.generate_values(name, count, 1, locale, params)
    assert code is None or raised.value.code == code
    assert path is None or [f.path for f in raised.value.findings] == [path]
