"""Lists of words: those of data packages (`scripts.pools.lists`), and our own in tables/words."""

from __future__ import annotations

from pathlib import Path

from scripts.pools.files import Fields
from scripts.pools.gazetteer import places
from scripts.pools.lists import Lists, added, mimesis, once, sourced

_WORDS = Path(__file__).parent / "tables" / "words"


def word_files() -> dict[str, dict[str, Fields]]:
    """Pools by file name; a section `adjective.proper` is the pool `adjective_proper` and a part of `adjective`."""
    own = {path.stem: _sections(path) for path in sorted(_WORDS.glob("*.txt"))}
    found = {file: _wholes(sections) for file, sections in _with(own, added()).items()}
    for file, pools in sourced().items():
        found.setdefault(file, {}).update(pools)
    found["place"] |= places()
    found.setdefault("person", {})["nationality"] = sorted(dict.fromkeys(mimesis("person", "nationality")))
    found["tech"]["error_http"] = sorted({*found["tech"]["error_http_client"], *found["tech"]["error_http_server"]})
    files: dict[str, dict[str, Fields]] = {}
    for file, pools in found.items():
        files[file] = {pool: {"name": values} for pool, values in pools.items()}
    for pool in ("mnemonic", "hipster"):
        files["words"][pool]["capital"] = [word[:1].upper() + word[1:] for word in found["words"][pool]]
    return files


def _sections(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif line and not line.startswith("#"):
            found.setdefault(name, []).extend(value.strip() for value in line.split("|"))
    return found


def _with(own: Lists, more: Lists) -> Lists:
    """Our lists with what the packages add to them; sections that have grown are in alphabetical order."""
    for file, sections in more.items():
        for name, values in sections.items():
            own[file][name] = once(own[file].get(name, []), values)
    return own


def _wholes(sections: dict[str, list[str]]) -> dict[str, list[str]]:
    """The sections as pools, and the whole of those that have parts."""
    found: dict[str, list[str]] = {}
    for name, values in sections.items():
        whole, _, part = name.partition(".")
        found.setdefault(whole, []).extend(values)
        if part:
            found[f"{whole}_{part}"] = values
    return {name: list(dict.fromkeys(values)) for name, values in found.items()}
