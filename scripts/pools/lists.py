"""Lists of words from data packages: @faker-js/faker, Mimesis, WordNet and smaller ones, each entry once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from scripts.pools import npm, wordnet

Lists = dict[str, dict[str, list[str]]]
_INSULT = re.compile(r"nigger|negro|kaffir|kafir|squaw|gypsy|gipsy|jew'|hottentot|coolie|darky|redskin|eskimo")


@cache
def faker_js() -> dict[str, Any]:
    """The English words of @faker-js/faker, with those of no language."""
    found: dict[str, Any] = npm.evaluate_module("@faker-js/faker", "dist/index.js", "{...it.en, shared: it.base}")
    return found


def _js(path: str) -> list[str]:
    found: Any = faker_js()
    for part in path.split("."):
        found = found[part]
    return [str(value) for value in found]


@cache
def _mimesis_file(file: str, language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((files("mimesis") / "datasets" / language / f"{file}.json").read_text(encoding="utf-8"))
    return found


def mimesis(file: str, key: str, language: str = "en") -> list[str]:
    """A list of Mimesis, without what stands in brackets."""
    return [value.partition(" (")[0] for value in _mimesis_file(file, language)[key]]


def _mimesis_module(module: str, name: str) -> list[str]:
    return list(getattr(import_module(f"mimesis.datasets.int.{module}"), name))


def _module_list(package: str, path: str) -> list[str]:
    """The list that a CommonJS file of a package exports."""
    return [str(value) for value in npm.evaluate_module(package, path, "it.default")]


def _plain(value: str) -> str:
    """A name without notes in brackets and other spellings after a comma."""
    return " ".join(re.sub(r"\[.*?\]|\(.*?\)", "", value).partition(", ")[0].split())


def once(*lists: Iterable[str]) -> list[str]:
    """All values in alphabetical order, each once whatever its capitals; none that insults."""
    found: dict[str, str] = {}
    for values in lists:
        for value in values:
            found.setdefault(" ".join(value.split()).casefold(), " ".join(value.split()))
    return [found[key] for key in sorted(found) if key and not _INSULT.search(key)]


def _capital(values: Iterable[str]) -> list[str]:
    return [value[:1].upper() + value[1:] for value in values]


def sourced() -> Lists:
    """Whole pools by file and name: what the packages have, and nothing else."""
    return {"food": _food(), "nature": _nature(), "culture": _culture(), "game": _game(), "tech": _tech(), "words": _words()}


def added() -> Lists:
    """What packages add to lists of tables/words, by file and section."""
    adverbs, nouns, verbs = (_js(f"word.{kind}") for kind in ("adverb", "noun", "verb"))
    return {
        "grammar": {
            "adjective.descriptive": _js("word.adjective"),
            "adverb.manner": [word for word in adverbs if word.endswith("ly")],
            "noun.abstract": wordnet.abstract(nouns),
            "noun.common": nouns,
            "noun.concrete": wordnet.concrete(nouns),
            "verb.action": verbs,
            "verb.transitive": wordnet.transitive(verbs),
            "verb.intransitive": wordnet.intransitive(verbs),
            "interjection": _js("word.interjection"),
            "conjunction": _js("word.conjunction"),
            "preposition.simple": _js("word.preposition"),
        },
        "words": {
            "hacker_abbreviation": _js("shared.hacker.abbreviation"),
            **{f"hacker_{kind}": _js(f"hacker.{kind}") for kind in ("adjective", "noun", "verb", "ingverb")},
            "buzzword": [word for kind in ("adjective", "noun", "verb") for word in _js(f"company.buzz_{kind}")],
        },
        "tech": {"app_name": _js("app.name"), "os": _mimesis_module("development", "OS")},
        "nature": {"pet_name": _js("animal.pet_name")},
        "food": {"herb": _capital(wordnet.kinds("herb%1:13:00", without=("tea%1:13:02",)))},
    }


def _food() -> dict[str, list[str]]:
    cold = ("sandwich%1:13:00", "salad%1:13:00", "soup%1:13:00")
    sweets = wordnet.kinds("dessert%1:13:00", "pastry%1:13:00")
    styles = [s for category in npm.read_json("beer-styles", "dist/2021/styles.json") for s in _titles(category)]
    pools = {
        "fruit": [*mimesis("food", "fruits"), *_js("food.fruit")],
        "vegetable": [*mimesis("food", "vegetables"), *_js("food.vegetable")],
        "spice": [*mimesis("food", "spices"), *_js("food.spice")],
        "dish": [*mimesis("food", "dishes"), *_js("food.dish")],
        "drink": wordnet.kinds("beverage%1:13:00"),
        "cocktail": [*mimesis("food", "drinks"), *wordnet.kinds("cocktail%1:13:00")],
        "wine": wordnet.kinds("wine%1:13:00"),
        "ingredient": _js("food.ingredient"),
        "cuisine": _js("food.ethnic_category"),
        "breakfast": wordnet.kinds(*(f"{w}%1:13:00" for w in "breakfast_food pancake quick_bread porridge bun omelet".split())),
        "lunch": wordnet.kinds(*cold),
        "dinner": [*wordnet.kinds("dish%1:13:00", without=cold), *_js("food.dish")],
        "snack": wordnet.kinds("snack_food%1:13:00", "candy%1:13:00", "cookie%1:13:00"),
        "dessert": sweets,
        "cheese": [*_module_list("cheese-name", "lib/cheeses.js"), *wordnet.kinds("cheese%1:13:00")],
        "nut": wordnet.kinds("edible_nut%1:13:00"),
        "fish": wordnet.kinds("seafood%1:13:00", "food_fish%1:05:00"),
        "sauce": wordnet.kinds("sauce%1:13:00"),
        "bread": wordnet.kinds("bread%1:13:00"),
        "beer_style": styles,
    }
    return {name: once(_capital(map(_plain, values))) for name, values in pools.items()}


def _titles(category: dict[str, Any]) -> list[str]:
    """The styles of a category of the BJCP, without their numbers and the families before some of them."""
    titles = [str(style["title"]).partition(" ")[2] for style in category.get("subcategories") or category.get("styles") or []]
    return [title.rpartition(": ")[2] for title in titles]


def _nature() -> dict[str, list[str]]:
    dinosaurs = (npm.folder("dinosaurs") / "dinosaurs.csv").read_text(encoding="utf-8").splitlines()
    domestic = "domestic_animal%1:05:00"
    pools = {
        "mammal": [*wordnet.kinds("mammal%1:05:00", without=(domestic, "horse%1:05:00", "hominid%1:05:00")), *_js("animal.bear")],
        "bird": _js("animal.bird"),
        "fish": [*_js("animal.fish"), *wordnet.kinds("fish%1:05:00")],
        "insect": [*_js("animal.insect"), *wordnet.kinds("insect%1:05:00")],
        "reptile": [
            *wordnet.kinds("reptile%1:05:00", without=("dinosaur%1:05:00",)), *_js("animal.snake"), *_js("animal.crocodilia"),
        ],
        "snake": _js("animal.snake"),
        "rodent": _js("animal.rodent"),
        "cetacean": _js("animal.cetacean"),
        "rabbit": _js("animal.rabbit"),
        "cow": [name if name == "RX3" else name.rstrip("0123456789") for name in _js("animal.cow")],  # marks of footnotes
        "dinosaur": [name for name in dinosaurs if name.isalpha()],
        "dog": [*_js("animal.dog"), *(b["name"] for b in npm.read_json("dog-breeds", "dog-breeds.json"))],
        "cat": [*_js("animal.cat"), *(b["breed"] for b in npm.read_json("cat-breeds", "cat-breeds.json"))],
        "horse": _js("animal.horse"),
        "tree": wordnet.kinds("tree%1:20:00"),
        "flower": wordnet.kinds("flower%1:20:00"),
        "shrub": wordnet.kinds("shrub%1:20:00"),
    }  # fmt: skip
    return {name: once(_capital(map(_plain, values))) for name, values in pools.items()}


def _culture() -> dict[str, list[str]]:
    return {
        "instrument": once(_capital(wordnet.kinds("musical_instrument%1:06:00"))),
        "music_genre": once(_js("music.genre")),
        "song": once(_js("music.song_name")),
        "album": once(_js("music.album")),
        "book_genre": once(_js("book.genre")),
        "publisher": once(_js("book.publisher")),
        "book_title": once(_js("book.title")),
        "book_author": once(_js("book.author")),
        "dance": once(_capital(wordnet.kinds("dance%1:04:00"))),
        "board_game": once(_capital(wordnet.kinds("board_game%1:04:00", "card_game%1:04:00"))),
        "toy": once(_capital(wordnet.kinds("toy%1:06:00"))),
    }


def _game() -> dict[str, list[str]]:
    """Words of made-up worlds."""
    pools = {
        "creature": ["mythical_being%1:18:00", "spirit%1:18:00"],
        "monster": ["mythical_creature%1:18:00", "monster%1:18:02", "spirit%1:18:00", "giant%1:18:01"],
        "armor": ["armor_plate%1:06:00", "body_armor%1:06:00", "shield%1:06:01", "helmet%1:06:00"],
        "weapon": ["sword%1:06:00", "knife%1:06:01", "bow%1:06:01", "lance%1:06:00", "ax%1:06:00", "spear%1:06:00"],
        "tool": ["hand_tool%1:06:00"],
        "ore": ["mineral%1:27:00"],
        "gem": ["gem%1:27:00", "jewel%1:06:00"],
        "metal": ["metallic_element%1:27:00", "alloy%1:27:00"],
        "wood": ["wood%1:27:00"],
        "landscape": ["geological_formation%1:17:00", "biome%1:14:00"],
        "weather": ["weather%1:19:00"],
        "craft": ["craftsman%1:18:00"],
        "workplace": ["workplace%1:06:00", "furnace%1:06:00"],
        "dye": ["chromatic_color%1:07:00"],
    }
    return {name: once(wordnet.kinds(*senses)) for name, senses in pools.items()}


def _tech() -> dict[str, list[str]]:
    languages = npm.evaluate_module(
        "linguist-languages", "index.js", "Object.values(it).filter(l => l && l.type === 'programming').map(l => l.name)"
    )
    prefixes, directions = (_mimesis_module("internet", f"CLOUD_REGION_{kind}") for kind in ("PREFIXES", "DIRECTIONS"))
    licenses = npm.read_json("spdx-license-list", "spdx.json")
    return {
        "programming_language": once(languages),
        "software_license": once(licenses),
        "system_quality": once(_mimesis_module("development", "SYSTEM_QUALITY_ATTRIBUTES")),
        "gpu": once(_mimesis_module("hardware", "GRAPHICS")),
        "cloud_region": [f"{p}-{d}-{n}" for p in prefixes for d in directions for n in (1, 2, 3)],
        "public_dns": sorted(_mimesis_module("internet", "PUBLIC_DNS")),
        "disk": once(disk.replace("SDD", "SSD") for disk in _mimesis_module("hardware", "HDD_SSD")),
        "color_space": once(_js("shared.color.space")),
        "column_type": once(_js("shared.database.type")),
    }


def _words() -> dict[str, list[str]]:
    return {
        "mnemonic": _mimesis_module("cryptographic", "WORDLIST"),
        "gender_identity": once(_js("person.gender")),
        "country_sign": once(_mimesis_module("transport", "VR_CODES")),
        "crypto_symbol": sorted(_mimesis_module("finance", "CRYPTOCURRENCY_SYMBOLS")),
    }
