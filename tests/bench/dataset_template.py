"""The template model of text datasets: speed, memory, distinct records and near-duplicates of a million instructions."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
from rensa import RMinHash

from runner.datasets import templates
from runner.datasets.spec import DatasetRequest, DatasetSpec
from tests.bench.floors import Floor, at_least, at_most, shown
from tests.bench.runs import CORES, MEMORY, Run, folder, run, runner

U64 = npt.NDArray[np.uint64]
_VALUES, _BAND = 128, 8
_NEAR = 0.8
_PART = 16 << 20  # bytes of JSON Lines looked at together


def request(records: int) -> DatasetRequest:
    """So many instruction records about a ready template's topics."""
    template = templates.get("technology")
    return DatasetRequest(target_count=records, domain=template.id, topics=template.topics, kinds=("instruction",))


def made(records: int, home: Path, *, sample: bool = False) -> Run:
    """A run of the real child on one core; its file is `home/out/dataset.jsonl`."""
    out, work = home / "out", home / "work"
    spec = DatasetSpec(
        job_id="data_bench", request=request(records), out_dir=out, work_dir=work, answers_path=work / "answers.db"
    )
    spec.write(home / "spec.json")
    return run(runner(home / "spec.json"), CORES[:1], sample=sample)


def _parts(path: Path) -> Iterator[pa.Array]:
    """The texts of the records, some at a time."""
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_PART):
            whole, _, rest = (rest + chunk).rpartition(b"\n")
            table = pj.read_json(BytesIO(whole)).combine_chunks()
            yield pc.binary_join_element_wise(*(table.column(n).chunk(0) for n in ("instruction", "input", "output")), " ")


class Words:
    """64-bit numbers of words."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def __call__(self, texts: pa.Array) -> tuple[U64, npt.NDArray[np.int64]]:
        """The words of all texts, one after another, and how many each text has."""
        lists = pc.utf8_split_whitespace(pc.utf8_lower(texts))
        words = pc.list_flatten(lists).dictionary_encode()
        numbers = np.array([self._number(word) for word in words.dictionary.to_pylist()], np.uint64)
        return numbers[words.indices.to_numpy()], pc.list_value_length(lists).to_numpy().astype(np.int64)

    def _number(self, word: str) -> int:
        if word not in self._known:
            self._known[word] = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
        return self._known[word]


def shingles(words: U64, sizes: npt.NDArray[np.int64]) -> tuple[U64, npt.NDArray[np.int64]]:
    """Numbers of every three neighbouring words of each text, and where each text's begin."""
    triples = words[:-2] * np.uint64(0x9E3779B97F4A7C15) + words[1:-1] * np.uint64(0xC2B2AE3D27D4EB4F) + words[2:]
    text = np.repeat(np.arange(len(sizes)), sizes)
    return triples[text[:-2] == text[2:]], np.concatenate([[0], np.cumsum(np.maximum(sizes - 2, 0))])


def signatures(texts: pa.Array, words: Words) -> npt.NDArray[np.uint32]:
    """The MinHash values of the texts' word triples: (texts, 128)."""
    numbers, starts = shingles(*words(texts))
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(numbers, starts.astype(np.uint64), _VALUES, 1)
    return np.array(matrix.to_rows(), np.uint32)


def near_duplicates(signed: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Which texts share 80 % of their values with an earlier one, of all pairs that agree in a band of eight values.

    Of pairs with 80 % in common 95 % agree in one of the sixteen bands, of those with 90 % all but one in a million.
    """
    near = np.zeros(len(signed), np.bool_)
    for at in range(0, _VALUES, _BAND):
        band = np.ascontiguousarray(signed[:, at : at + _BAND]).view(f"V{4 * _BAND}").ravel()
        order = np.argsort(_digest(band), kind="stable")
        for gap in range(1, 9):  # texts of one bucket stand together; eight neighbours are enough to count them
            one, other = order[:-gap], order[gap:]
            pairs = np.flatnonzero(band[one] == band[other])
            alike = (signed[one[pairs]] == signed[other[pairs]]).mean(axis=1) >= _NEAR
            near[np.maximum(one[pairs], other[pairs])[alike]] = True
    return near


def _digest(band: npt.NDArray[Any]) -> U64:
    """A number for each band of values, equal where they are."""
    values = band.view(np.uint32).reshape(len(band), -1).astype(np.uint64)
    factors = np.array([0x9E3779B97F4A7C15 * (2 * k + 1) & 0xFFFFFFFFFFFFFFFF for k in range(values.shape[1])], np.uint64)
    total: U64 = (values * factors).sum(axis=1)
    return total


def quality_floors(path: Path, records: int) -> Iterator[Floor]:
    """Distinct records and near-duplicates of a file."""
    words, seen, signed = Words(), set[bytes](), []
    for texts in _parts(path):
        seen |= {blake2b(text.encode(), digest_size=12).digest() for text in texts.to_pylist()}
        signed.append(signatures(texts, words))
    every = np.concatenate(signed)
    yield Floor("records in the file", f"{records:,}", f"{len(every):,}", len(every) == records)
    yield at_least("distinct records", 100 * len(seen) / records, 95, "%")
    near = near_duplicates(every)
    yield at_most("near-duplicates (word triples, 80 % in common)", 100 * float(near.mean()), 2, "%")


def template_floors(records: int = 1_000_000, rounds: int = 3) -> Iterator[Floor]:
    """The promises."""
    rates, peaks, busy = [], [], cpu_seconds()
    for number in range(rounds):
        with folder(MEMORY) as home:
            rates.append(rate(made(records, home)))
            busy, before = cpu_seconds(), busy
            yield shown(
                f"round {number + 1}: for a second of CPU, start-up included", f"{records / (busy - before):,.0f} records"
            )
            if number == rounds - 1:
                yield from quality_floors(home / "out" / "dataset.jsonl", records)
    yield shown("instruction records by rounds", ", ".join(f"{each:,.0f}/s" for each in rates))
    yield at_least("instruction records to JSON Lines, one core, start to complete", median(rates), 100_000, "records/s")
    for count in (records // 10, records):
        with folder(MEMORY) as home:
            peaks.append(made(count, home, sample=True).memory)
    apart = (peaks[1] / peaks[0] - 1) * 100
    said = f"{peaks[0]:,.0f} and {peaks[1]:,.0f} MB"
    yield Floor(
        f"peak PSS at {records // 10:,} and {records:,} records", "≤ 15 % more", f"{said}, {apart:.1f} % more", apart <= 15
    )


def cpu_seconds() -> float:
    """CPU time of all children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rate(done: Run) -> float:
    """Records a second between start and complete."""
    return done.rows / done.working
