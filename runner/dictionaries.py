"""Dictionaries: texts that were collected once, kept in versions, and drawn from by schemas as `dictionary.<name>`.

A version is a folder `<data folder>/dictionaries/<name>/<number>` that never changes: `texts.arrow`, a data file as those
beside the generators, memory-mapped, and `dictionary.json`, which says what it is. A plan names a dictionary's name and
digest, so that the same plan draws the same values whatever versions came after it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa

from runner.platform import durable_sync, sync_folder, write_durably

FOLDER: Final = "_MOCKCRAFT_DICTIONARIES"
"""Environment variable by which child processes find the folder of the process that started them."""
PREFIX: Final = "dictionary:"
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
MOST_TEXTS: Final = 1_000_000
MOST_BYTES: Final = 1 << 30
SAMPLES: Final = 5
_TEXTS, _ABOUT, _POOL = "texts.arrow", "dictionary.json", "texts"
_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")
_TRIES: Final = 100


class DictionaryMissing(ValueError):
    """A dictionary that a plan names is not here, or is not what it was."""

    code = "DICTIONARY_NOT_FOUND"


@dataclasses.dataclass(frozen=True, slots=True)
class Dictionary:
    """A version of a dictionary. `digest` is a SHA-256 over texts and weights; `left_out` counts texts not taken, by reason."""

    name: str
    version: int
    digest: str
    size: int
    weighted: bool
    field: str = ""
    source: str = ""
    created_at: str = ""
    samples: tuple[str, ...] = ()
    left_out: Mapping[str, int] = dataclasses.field(default_factory=dict)

    @property
    def pool(self) -> str:
        """The name of the pool of its texts (`runner.pools`), whose field is `name`."""
        return f"{PREFIX}{self.name}@{self.digest}/{_POOL}"

    @property
    def generator(self) -> str:
        """The name of its generator."""
        return f"dictionary.{self.name}"


def use_folder(folder: Path) -> None:
    """Look for dictionaries in a folder, here and in child processes."""
    os.environ[FOLDER] = str(folder.absolute())


def folder() -> Path:
    """Where dictionaries are: what `use_folder` said, else in the data folder of the environment."""
    data = os.environ.get("MOCKCRAFT_DATA_DIR") or Path.home() / ".mockcraft"
    return Path(os.environ.get(FOLDER) or Path(data) / "dictionaries")


def names() -> tuple[str, ...]:
    """The dictionaries there are, sorted."""
    try:
        found = [entry.name for entry in os.scandir(folder()) if NAME.fullmatch(entry.name) and entry.is_dir()]
    except OSError:
        return ()
    return tuple(sorted(name for name in found if versions(name)))


def versions(name: str) -> tuple[int, ...]:
    """The versions of a dictionary, ascending; none where it is not here."""
    if not NAME.fullmatch(name):
        return ()
    try:
        found = [entry.name for entry in os.scandir(folder() / name)]
    except OSError:
        return ()
    numbers = [int(each) for each in found if _VERSION.fullmatch(each)]
    return tuple(sorted(number for number in numbers if (folder() / name / str(number) / _ABOUT).is_file()))


def get(name: str, version: int = 0) -> Dictionary:
    """A version of a dictionary, 0 for the newest. Raises `DictionaryMissing`."""
    number = version or max(versions(name), default=0)
    try:
        about = orjson.loads((folder() / name / str(number) / _ABOUT).read_bytes()) if number in versions(name) else None
    except (OSError, orjson.JSONDecodeError):
        about = None
    if about is None:
        what = f"version {version} of the dictionary" if version else "dictionary"
        raise DictionaryMissing(f"there is no {what} {name[:80]!r}{known()}")
    return Dictionary(**about | {"samples": tuple(about["samples"])})


def check_texts(found: Dictionary) -> None:
    """Raise `DictionaryMissing` where a dictionary has lost its texts, also when this process has them open still."""
    if not _texts_of(found.name, found.version).is_file():
        lost = f"{folder().name}/{found.name}/{found.version}/{_TEXTS}"
        raise DictionaryMissing(f"the dictionary {found.name!r} has lost its texts, the file {lost}")


def _texts_of(name: str, version: int) -> Path:
    return folder() / name / str(version) / _TEXTS


def every() -> tuple[Dictionary, ...]:
    """The newest version of each dictionary, by name."""
    return tuple(get(name) for name in names())


def known() -> str:
    """Which dictionaries there are, to be said after a name that is none of them."""
    found = names()
    shown = ", ".join(found[:20]) + (", …" if len(found) > 20 else "")
    return f"; the dictionaries here are {shown}" if found else "; there are no dictionaries here yet"


def stamp() -> str:
    """Changes when a dictionary comes, goes, gets another version, or loses its texts."""
    newest = [(name, max(versions(name))) for name in names()]
    return ",".join(f"{name}@{version}{'' if _texts_of(name, version).is_file() else '!'}" for name, version in newest)


def digest_of(texts: pa.Array, weights: pa.Array | None) -> str:
    """SHA-256 of the texts' lengths and UTF-8 bytes and of the weights, lower-case hexadecimal."""
    digest = hashlib.sha256(b"mockcraft dictionary 1\n")
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    digest.update(np.diff(offsets).astype("<i4").tobytes())
    data = texts.buffers()[2]
    digest.update(b"" if data is None else memoryview(data)[offsets[0] : offsets[-1]])
    digest.update(b"" if weights is None else weights.to_numpy().astype("<i8").tobytes())
    return digest.hexdigest()


def save(name: str, counts: Mapping[str, int], *, weighted: bool, **about: Any) -> Dictionary:
    """Keep texts as a new version; the newest one is returned where it holds the same.

    `counts` has each text with how often it came, in an order that decides the values of schemas. `about` are `field`,
    `source`, `created_at` and `left_out` of `Dictionary`. Raises `ValueError` for a name that cannot be, and `OSError`.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is no name of a dictionary: lower-case letters, digits and _, a letter first")
    texts = pa.array(list(counts), pa.string())
    counted = pa.array(list(counts.values()), pa.int64()) if weighted and len(set(counts.values())) > 1 else None
    digest = digest_of(texts, counted)
    number = max(versions(name), default=0)
    if number and (newest := get(name)).digest == digest and _texts_of(name, number).is_file():
        return newest
    samples = tuple(text[:200] for text in list(counts)[:SAMPLES])
    made = Dictionary(name, number + 1, digest, len(texts), counted is not None, samples=samples, **about)
    return _placed(made, texts, counted)


def _placed(made: Dictionary, texts: pa.Array, weights: pa.Array | None) -> Dictionary:
    """Write a version beside its place, then give it the first number that is free."""
    home = folder() / made.name
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=home) as beside:
        draft = Path(beside) / "draft"
        draft.mkdir()
        _write_texts(draft / _TEXTS, texts, weights)
        for number in range(made.version, made.version + _TRIES):
            whole = dataclasses.asdict(made) | {"version": number, "samples": list(made.samples)}
            write_durably(draft / _ABOUT, orjson.dumps(whole, option=orjson.OPT_INDENT_2) + b"\n")
            try:
                draft.rename(home / str(number))
            except OSError:
                if not (home / str(number)).exists():
                    raise
                continue
            sync_folder(home)
            return get(made.name, number)
    raise OSError(f"no number is free for a version of {made.name}")


def _write_texts(path: Path, texts: pa.Array, weights: pa.Array | None) -> None:
    columns = {f"{_POOL}.name": texts} | ({} if weights is None else {f"{_POOL}.weight": weights})
    arrays = [pa.ListArray.from_arrays(pa.array([0, len(column)], pa.int32()), column) for column in columns.values()]
    batch = pa.record_batch(arrays, names=list(columns))
    with path.open("wb") as file:
        with pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_batch(batch)
        file.flush()
        durable_sync(file.fileno())


def remove(name: str, version: int = 0) -> Dictionary:
    """Remove a version, 0 for all; returns it, or the newest, as it was. Raises `DictionaryMissing`, `OSError`."""
    removed = get(name, version)
    home = folder() / name
    for number in (version,) if version else versions(name):
        gone = Path(tempfile.mkdtemp(prefix=".", dir=home))
        (home / str(number)).rename(gone / "gone")
        shutil.rmtree(gone, ignore_errors=True)
    if not versions(name):
        shutil.rmtree(home, ignore_errors=True)
    return removed


@lru_cache(maxsize=64)
def batch_of(pool: str) -> Any:
    """The only record batch of a pool's file, `dictionary:<name>@<digest>`, checked against its digest.

    Raises `DictionaryMissing`.
    """
    name, _, digest = pool.removeprefix(PREFIX).partition("@")
    for number in reversed(versions(name)):
        if get(name, number).digest == digest:
            return _checked(_texts_of(name, number), name, digest)
    raise DictionaryMissing(
        f"the dictionary {name!r} with the digest {digest[:12]}… is not here any more, and the plan needs that one{known()}"
    )


def _checked(path: Path, name: str, digest: str) -> Any:
    try:
        batch = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
        fields = {column: batch.column(column).values for column in batch.schema.names}
        found = digest_of(fields[f"{_POOL}.name"], fields.get(f"{_POOL}.weight"))
    except (OSError, pa.ArrowException, KeyError) as error:
        raise DictionaryMissing(f"the dictionary {name!r} cannot be read: {type(error).__name__}") from error
    if found != digest:
        raise DictionaryMissing(f"the dictionary {name!r} is damaged: its texts do not have the digest {digest[:12]}…")
    return batch
