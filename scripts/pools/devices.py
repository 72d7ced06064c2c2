"""Devices with what their browsers say, file types, and emojis: records whose fields belong together, from npm packages."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, NamedTuple

from scripts.pools import npm
from scripts.pools.files import Fields, whole_weights
from scripts.pools.lists import faker_js

_BROWSERS = (  # the first mark that stands in the text tells the browser; the version follows it
    ("Edg/", "Edge"), ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"),
    ("YaBrowser/", "Yandex Browser"), ("CriOS/", "Chrome"), ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"),
    ("GSA/", "Google app"), ("Chrome/", "Chrome"), ("Version/", "Safari"),
)  # fmt: skip
_SYSTEMS = (  # what tells the system, its name, what scripts see as platform, the kind of device
    (r"Windows NT ([\d.]+)", "Windows", "Win32", "desktop"),
    (r"iPhone; CPU iPhone OS ([\d_]+)", "iOS", "iPhone", "mobile"),
    (r"iPad; CPU OS ([\d_]+)", "iPadOS", "iPad", "tablet"),
    (r"Mac OS X ([\d_.]+)", "macOS", "MacIntel", "desktop"),
    (r"CrOS (?:x86_64|aarch64|armv7l) ([\d.]+)", "ChromeOS", "Linux", "desktop"),
    (r"Android ([\d.]+)", "Android", "Linux", ""),
    (r"X11; (?:\w+; )?Linux (x86_64|aarch64)", "Linux", "Linux", "desktop"),
)
_OTHERS = re.compile(
    r"\b(FBAN|FBAV|Instagram|Electron|obsidian|Headless|bot|Bot|wv|Line|MicroMessenger|Snapchat|Pinterest|Brave)\b"
)
_OLDEST = 100  # versions of Chrome before that are those of programs
_PROGRAMS = (
    "curl/8.{}.0", "python-requests/2.{}.0", "Go-http-client/1.{}", "PostmanRuntime/7.{}.0", "okhttp/4.{}.0", "Wget/1.{}.0",
    "axios/1.{}.0", "Apache-HttpClient/5.{}",
)  # fmt: skip


class _Device(NamedTuple):
    """What a text says of the browser and its device."""

    name: str
    browser: str
    version: str
    system: str
    system_version: str
    platform: str
    kind: str


def _system(text: str) -> tuple[str, str, str, str] | None:
    """The system's version, its name, the platform and the kind of device."""
    for pattern, name, platform, kind in _SYSTEMS:
        found = re.search(pattern, text)
        if found:
            return found[1].replace("_", "."), name, platform, kind
    return None


def _browser(text: str) -> tuple[str, str] | None:
    """The browser and its version; None for programs and browsers inside of programs."""
    if _OTHERS.search(text) or ("Safari/" not in text and "Firefox/" not in text):
        return None
    mark, name = next(((mark, name) for mark, name in _BROWSERS if mark in text), ("", ""))
    version = text.partition(mark)[2].split(" ")[0].rstrip(";)") if mark else ""
    if not re.fullmatch(r"[\d.]+", version) or (name == "Chrome" and int(version.partition(".")[0]) < _OLDEST):
        return None
    return name, version


def _read(agent: dict[str, Any]) -> _Device | None:
    """The device of an entry whose parts agree; None for emulated devices and programs."""
    text, category = agent["userAgent"], agent["deviceCategory"]
    browser, system = _browser(text), _system(text)
    if browser is None or system is None:
        return None
    system_version, name, platform, kind = system
    if not agent["platform"].startswith(platform) or (kind or category) != category:
        return None
    if (name == "Android" and category == "desktop") or (browser[0] == "Safari" and name not in ("iOS", "iPadOS", "macOS")):
        return None
    return _Device(text, *browser, name, system_version, agent["platform"], category)


def agent_file() -> dict[str, Fields]:
    """`device`: each text once, with the screen that it is seen with most; and the texts of each browser."""
    weights, screens = Counter[_Device](), dict[_Device, Counter[tuple[int, int]]]()
    for agent in npm.read_json("user-agents", "dist/user-agents.json"):
        device = _read(agent)
        if device and agent["screenWidth"] != agent["screenHeight"]:  # a square is no screen
            weights[device] += agent["weight"]
            screens.setdefault(device, Counter())[agent["screenWidth"], agent["screenHeight"]] += agent["weight"]
    best: dict[str, _Device] = {}
    for device in sorted(weights, key=lambda d: (-weights[d], d)):
        best.setdefault(device.name, device)
    rows = sorted(best.values())
    sizes = [max((often, size) for size, often in screens[d].items())[1] for d in rows]
    pool: Fields = {
        **{field: [getattr(d, field) for d in rows] for field in _Device._fields},
        "os": [f"{d.system} {d.system_version}" for d in rows],
        "screen": [f"{width}x{height}" for width, height in sizes],
        "weight": whole_weights([round(weights[d], 9) for d in rows]),
    }
    pools: dict[str, Fields] = {"device": pool, "api": {"name": [p.format(n) for p in _PROGRAMS for n in range(1, 10)]}}
    for browser in ("Chrome", "Edge", "Firefox", "Opera", "Safari"):
        chosen = [i for i, d in enumerate(rows) if d.browser == browser]
        pools[browser.lower()] = {field: [pool[field][i] for i in chosen] for field in ("name", "weight")}
    return pools


def file_types() -> Fields:
    """Each file extension of mime-db once, with its media type; those that are in daily use come more often."""
    daily = set(faker_js()["shared"]["system"]["mime_type"])
    found: dict[str, str] = {}
    entries = npm.read_json("mime-db", "db.json")
    for mime in sorted(entries, key=lambda m: (m not in daily, entries[m].get("source") != "iana", m)):
        for extension in entries[mime].get("extensions", ()):
            found.setdefault(extension, mime)
    rows = sorted(found.items())
    return {
        "extension": [extension for extension, _ in rows],
        "mime": [mime for _, mime in rows],
        "kind": [mime.partition("/")[0] for _, mime in rows],
        "weight": [30 if mime in daily else 1 for _, mime in rows],
    }


_GROUPS = ("emotion", "people", "", "nature", "food", "place", "activity", "object", "symbol", "flag")
_KINDS = {  # our kinds: subgroups of Unicode
    "animal": "animal-mammal animal-bird animal-amphibian animal-reptile animal-marine animal-bug",
    "clothing": "clothing",
    "costume": "face-costume cat-face monkey-face",
    "electronics": "phone computer light-video",
    "face": "face-smiling face-affection face-tongue face-hand face-neutral-skeptical face-sleepy face-unwell face-hat "
    "face-glasses face-concerned face-negative",
    "flag": "flag country-flag subdivision-flag",
    "food": "food-fruit food-vegetable food-prepared food-asian food-marine food-sweet drink dishware",
    "game": "game award-medal",
    "gesture": "person-gesture",
    "hand": "hand-fingers-open hand-fingers-partial hand-single-finger hand-fingers-closed hands hand-prop",
    "job": "person-role",
    "landmark": "place-map place-geographic place-building place-religious place-other",
    "music": "sound music musical-instrument",
    "person": "person person-fantasy family person-symbol",
    "plant": "plant-flower plant-other",
    "sport": "sport person-sport person-activity",
    "tools": "tool",
    "vehicle": "transport-ground transport-water transport-air",
    "weather": "sky-weather",
}


def emoji_file() -> dict[str, Fields]:
    """One pool of all emojis of Unicode up to emoji version 15, and one of each kind."""
    subgroups = npm.read_json("emojibase-data", "meta/groups.json")["subgroups"]
    kinds = {subgroup: kind for kind, names in _KINDS.items() for subgroup in names.split()}
    codes = npm.read_json("emojibase-data", "en/shortcodes/github.json")
    rows = []
    for entry in npm.read_json("emojibase-data", "en/data.json"):
        if "subgroup" in entry and entry["version"] <= 15 and _GROUPS[entry["group"]]:
            subgroup = subgroups[str(entry["subgroup"])]
            code = codes.get(entry["hexcode"]) or "_".join(re.findall(r"[a-z0-9]+", entry["label"].lower()))
            code = code if isinstance(code, str) else code[0]
            rows.append((entry["emoji"], entry["label"], kinds.get(subgroup, _GROUPS[entry["group"]]), f":{code}:"))
    pools = {"emoji": rows, **{kind: [row for row in rows if row[2] == kind] for kind in _KINDS}}
    return {name: dict(zip(("emoji", "name", "category", "alias"), map(list, zip(*of, strict=True)), strict=True))
            for name, of in pools.items()}  # fmt: skip
