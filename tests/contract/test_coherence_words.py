"""Devices, files, colours, emojis, works and passwords, row by row on 100,000 rows."""

from __future__ import annotations

import math
import mimetypes
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest

from runner import pools
from tests.unit.generators.made import table, values_of

ROWS = 100_000


def rows_of(*names: str) -> Counter[tuple[Any, ...]]:
    """How often each combination of values stands in the rows."""
    made = table({name: name for name in names}, ROWS)
    return Counter(zip(*(made.column(name).to_pylist() for name in names), strict=True))


MARKS = {
    "Edge": r"Edg(A|iOS)?/", "Opera": "OPR/", "Samsung Internet": "SamsungBrowser/", "Yandex Browser": "YaBrowser/",
    "Chrome": "(Chrome|CriOS)/", "Firefox": "(Firefox|FxiOS)/", "Google app": "GSA/", "Safari": "Version/.*Safari/",
}  # fmt: skip
SYSTEMS = {
    "Windows": ("Windows NT", "Win32", {"desktop"}), "macOS": ("Macintosh; Intel Mac OS X", "MacIntel", {"desktop"}),
    "iOS": ("iPhone; CPU iPhone OS", "iPhone", {"mobile"}), "iPadOS": ("iPad; CPU OS", "iPad", {"tablet"}),
    "Android": ("Android ", "Linux", {"mobile", "tablet"}), "Linux": ("X11; ", "Linux", {"desktop"}),
    "ChromeOS": ("X11; CrOS", "Linux", {"desktop"}),
}  # fmt: skip


def test_a_device_is_one() -> None:
    names = ("user_agent", "browser", "browser_version", "os_name", "os_release", "platform", "device_type", "screen")
    found = rows_of(*(f"device.{name}" if name != "user_agent" else name for name in names))
    assert sum(found.values()) == ROWS
    for agent, browser, version, name, system, platform, kind, screen in found:
        mark, seen, kinds = SYSTEMS[name]
        assert mark in agent
        assert platform.startswith(seen)
        assert kind in kinds
        assert system.startswith(f"{name} ")
        assert system.removeprefix(f"{name} ") in agent.replace("_", ".")
        assert re.search(MARKS[browser], agent)
        assert f"/{version}" in agent
        width, height = map(int, screen.split("x"))
        assert 240 <= width <= 10_000
        assert 240 <= height <= 10_000
    assert len({agent for agent, *_ in found}) > 250


def test_devices_are_as_common_as_their_weights_say() -> None:
    pool = pools.pool("agent/device")
    seen = Counter(values_of("user_agent", rows=ROWS))
    assert pool.weights is not None
    shares = pool.weights / pool.weights.sum()
    names = pool.field("name").to_pylist()
    chi = sum((seen[name] - ROWS * share) ** 2 / (ROWS * share) for name, share in zip(names, shares, strict=True))
    freedom = len(names) - 1
    assert chi < freedom + 4 * math.sqrt(2 * freedom) + 10


def test_a_unique_user_agent_keeps_its_device() -> None:
    size = pools.pool("agent/device").size
    assert len(set(values_of("user_agent", rows=size, unique=True))) == size


@pytest.mark.parametrize("browser", ["chrome", "edge", "firefox", "safari", "opera"])
def test_agents_of_one_browser(browser: str) -> None:
    found = set(values_of("internet.browser_agent", {"browser": browser}, rows=5_000))
    assert all(re.search(MARKS[browser.title()], agent) for agent in found)


def test_a_file_has_the_media_type_of_its_extension() -> None:
    judge = mimetypes.MimeTypes(filenames=())
    found = rows_of("file_extension", "mime_type", "file_kind", "file_name")
    pairs = {(extension, mime, kind) for extension, mime, kind, _ in found}
    assert len(pairs) == len({extension for extension, *_ in pairs})
    assert all(mime.startswith(f"{kind}/") for _, mime, kind in pairs)
    assert all(name.endswith(f".{extension}") for extension, _, _, name in found)
    for extension in ("png", "jpg", "pdf", "html", "csv", "json", "mp4", "zip"):
        assert (extension, judge.guess_type(f"a.{extension}")[0]) in {(e, m) for e, m, _ in pairs}


def test_a_colour_is_one() -> None:
    for name, code, rgb in rows_of("color.color", "color_hex", "color_rgb"):
        assert name.isalpha()
        assert rgb == "rgb({}, {}, {})".format(*(int(code[at : at + 2], 16) for at in (1, 3, 5)))


def test_an_emoji_has_its_name_category_and_code() -> None:
    found = rows_of("text.emoji", "emoji_name", "emoji_category", "emoji_alias")
    assert len({emoji for emoji, *_ in found}) == len(found) == pools.pool("emoji/emoji").size
    assert all(re.fullmatch(r":[a-z0-9_+-]+:", code) for *_, code in found)
    for emoji, name, category, _ in found:
        assert not emoji.isascii()
        assert not name.startswith("flag: ") or category == "flag"


def test_works_and_their_makers() -> None:
    for kind, maker, work in (("book", "author", "title"), ("music", "composer", "work")):
        pool = pools.pool(f"works/{kind}")
        known = set(zip(*(pool.field(f).to_pylist() for f in ("name", "creator", "year", "genre")), strict=True))
        assert set(rows_of(*(f"{kind}.{kind}_{part}" for part in (work, maker, "year", "style")))) <= known


CLASSES = ("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "!#$%&*+-=?@^_~")


@pytest.mark.parametrize("length", [4, 12, 64])
def test_passwords_have_every_class_anywhere(length: int) -> None:
    found = values_of("password", {"length": length}, rows=ROWS // 4)
    letters = np.array([list(text) for text in found])
    for marks in CLASSES:
        inside = np.isin(letters, list(marks))
        assert inside.any(axis=1).all()
        places = inside.mean(axis=0)
        assert abs(places - places.mean()).max() < 0.02  # no place is kept for a class


def test_every_password_of_a_kind_is_equally_likely() -> None:
    found = Counter(values_of("password", {"length": 3, "classes": ["digits", "symbols"], "symbols": "#"}, rows=60_000))
    assert len(found) == 11**3 - 10**3 - 1
    expected = 60_000 / len(found)
    chi = sum((count - expected) ** 2 / expected for count in found.values())
    assert chi < len(found) + 4 * math.sqrt(2 * len(found))


def test_unique_passwords_and_no_letters_that_look_alike() -> None:
    params = {"length": 3, "classes": ["lower", "digits"], "ambiguous": False}
    lower, digits = 25, 5  # without l; without 0, 1, 2, 5 and 8
    total = (lower + digits) ** 3 - lower**3 - digits**3
    found = values_of("password", params, rows=total, unique=True)
    assert len(set(found)) == total
    assert not set("".join(found)) & set("0O1Il|5S2Z8B")
    assert len(set(values_of("password", {"length": 32}, rows=ROWS // 2, unique=True))) == ROWS // 2


def test_passphrases() -> None:
    found = values_of("passphrase", {"words": 3, "number": True, "capital": True}, rows=20_000, unique=True)
    assert len(set(found)) == 20_000
    assert all(re.fullmatch(r"([A-Z][a-z]+-){3}\d", phrase) for phrase in found)


@pytest.mark.parametrize("locale", ["en_US", "ja_JP", "ru_RU", "bn_BD", "th_TH"])
@pytest.mark.parametrize("longest", [1, 7, 40, 200, 2_000])
def test_texts_have_no_more_characters_than_asked_for(locale: str, longest: int) -> None:
    found = values_of("text.text", {"max_length": longest}, rows=4_000, locale=locale)
    lengths = [len(text) for text in found]
    assert min(lengths) >= 1
    assert max(lengths) <= longest
    assert max(lengths) >= longest * 0.9 - 3
    assert sum(lengths) / len(lengths) > longest * 0.4


def test_texts_are_words_and_sentences_of_the_language() -> None:
    known = {word.lower() for word in pools.pool("en_US/word").field("name").to_pylist()}
    for text in values_of("text.text", {"max_length": 300}, rows=2_000):
        sentences = text.removesuffix(".").split(". ")
        assert all(5 <= len(sentence.split(" ")) <= 9 for sentence in sentences[:-1])
        assert all(sentence[0].isupper() for sentence in sentences)
        assert {word.lower() for word in re.split(r"\.? ", text.removesuffix("."))} <= known


def test_words_of_a_language_are_its_own() -> None:
    assert values_of("text.sentence", rows=1, locale="de_CH") == values_of("text.sentence", rows=1, locale="de_DE")
    assert all(text.endswith("。") and " " not in text for text in values_of("text.paragraph", rows=500, locale="ja_JP"))
