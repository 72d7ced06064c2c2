"""Dictionaries as generators: `dictionary.<name>` draws one of the texts that were collected under that name."""

from __future__ import annotations

from runner import dictionaries
from runner.dictionaries import Dictionary, DictionaryMissing
from runner.generators.picks import pick
from runner.generators.registry import Generator, Made, Make, Parameter, ParameterError

CATEGORY = "dictionary"
_VERSION = Parameter("version", "int", "Which version; the newest where it is not given", minimum=1, maximum=999_999_999)


def dictionary_generator(name: str) -> Generator | None:
    """The generator of a dictionary, None where there is none of that name."""
    try:
        return _generator(dictionaries.get(name))
    except DictionaryMissing:
        return None


def dictionary_generators() -> tuple[Generator, ...]:
    """Those of all dictionaries that are here now, by name."""
    return tuple(_generator(each) for each in dictionaries.every())


def _generator(found: Dictionary) -> Generator:
    drawn = "drawn as often as they came" if found.weighted else "drawn alike"
    return Generator(
        name=found.generator,
        function=lambda make, version: _made(found, make, version),
        description=f"One of {found.size:,} texts of the dictionary {found.name}, {drawn}",
        category=CATEGORY,
        output="string",
        parameters=(_VERSION,),
        keywords=(found.name,),
        version=found.version,
    )


def _made(newest: Dictionary, make: Make, version: int | None) -> Made:
    """A text by its weight; for a unique column each text once. Raises `ParameterError` for a version that is not here."""
    try:
        wanted = dictionaries.get(newest.name, version) if version else newest
        dictionaries.check_texts(wanted)
        return pick(make, wanted.pool)
    except DictionaryMissing as error:
        raise ParameterError(str(error), "version", code=error.code) from None
