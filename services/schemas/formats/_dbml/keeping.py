"""What DBML has no words for, as facts beside the text: ids, positions, generators, spellings.

A fact says what the text alone would give and what it was; it counts only where the text still gives that, so that
whoever edits the text is right. Facts are JSON, definitions are as `codec.definition_json` writes them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Final

Json = dict[str, Any]
_LISTS: Final = ("uniques", "indexes", "checks")


def facts(native: Json, actual: Json) -> list[Json]:
    """What tells a definition from what its text alone gives. Their tables and columns stand in the same order."""
    found = list[Json]()
    head = {key: actual[key] for key in ("version", "exportedAt") if actual.get(key)}
    if head:
        found.append({"definition": head})
    ids = [_ids(one, two) for one, two in zip(native["tables"], actual["tables"], strict=True)]
    for fact in ids:
        _rename(native, fact)
    for fact, one, two in zip(ids, native["tables"], actual["tables"], strict=True):
        _complete(fact, one, two)
        if set(fact) != {"table"}:
            found.append(fact)
    keys = _pairs(native["foreignKeys"], actual["foreignKeys"])
    return [*found, {"keys": keys}] if keys else found


def _ids(native: Json, actual: Json) -> Json:
    """The ids of a table and its columns, where they are not those made from names."""
    fact: Json = {"table": actual["name"]}
    if native["id"] != actual["id"]:
        fact["id"] = actual["id"]
    pairs = zip(native["columns"], actual["columns"], strict=True)
    columns = {two["name"]: {"id": [one["id"], two["id"]]} for one, two in pairs if one["id"] != two["id"]}
    return fact | ({"columns": columns} if columns else {})


def _complete(fact: Json, native: Json, actual: Json) -> None:
    """Add what else differs; the ids are the same by now."""
    fact |= _differing(native, actual, {"id", "name", "columns", *_LISTS})
    columns = dict[str, Json]()
    for one, two in zip(native["columns"], actual["columns"], strict=True):
        if apart := _differing(one, two, {"name"}):
            columns[two["name"]] = apart
    for name, apart in columns.items():
        fact.setdefault("columns", {}).setdefault(name, {}).update(apart)
    for key in _LISTS:
        if pairs := _pairs(native.get(key, []), actual.get(key, [])):
            fact[key] = pairs


def _differing(native: Json, actual: Json, but: set[str]) -> Json:
    keys = [key for key in dict.fromkeys((*native, *actual)) if key not in but]
    return {key: [native.get(key), actual.get(key)] for key in keys if native.get(key) != actual.get(key)}


def _pairs(native: list[Json], actual: list[Json]) -> list[list[Json]]:
    return [[one, two] for one, two in zip(native, actual, strict=True) if one != two]


def _rename(whole: Json, fact: Mapping[str, Any]) -> None:
    """Give a table of the fact's name its ids, wherever they are spoken of."""
    table = next((table for table in whole["tables"] if table["name"] == fact.get("table")), None)
    if table is None:
        return
    was, columns = table["id"], dict[str, str]()
    given = fact.get("columns")
    for column in table["columns"]:
        said = given.get(column["name"]) if isinstance(given, Mapping) else None
        pair = said.get("id") if isinstance(said, Mapping) else None
        if isinstance(pair, list) and len(pair) == 2 and pair[0] == column["id"]:
            columns[pair[0]] = column["id"] = pair[1]
    table["id"] = fact.get("id") or was
    if "primaryKey" in table:
        table["primaryKey"] = [columns.get(key, key) for key in table["primaryKey"]]
    for rule in (*table.get("uniques", []), *table.get("indexes", [])):
        rule["columnIds"] = [columns.get(key, key) for key in rule["columnIds"]]
    for key in whole["foreignKeys"]:
        for end in ("source", "target"):
            if key[f"{end}TableId"] == was:
                _rename_end(key, end, table["id"], columns)


def _rename_end(key: Json, end: str, table: str, columns: Mapping[str, str]) -> None:
    key[f"{end}TableId"] = table
    one, several = f"{end}ColumnId", f"{end}ColumnIds"
    key[one] = columns.get(key[one], key[one])
    if several in key:
        key[several] = [columns.get(each, each) for each in key[several]]


def restored(native: Json, said: Iterable[Any]) -> Json:
    """The definition that a text and the facts beside it give. Facts that do not fit count for nothing."""
    whole = copy.deepcopy(native)
    found = [fact for fact in said if isinstance(fact, Mapping)]
    for fact in found:
        _rename(whole, fact)
    for fact in found:
        head = fact.get("definition")
        whole |= {key: head[key] for key in ("version", "exportedAt") if key in head} if isinstance(head, Mapping) else {}
        _replace(whole["foreignKeys"], fact.get("keys"))
        for table in whole["tables"]:
            if table["name"] == fact.get("table"):
                _restore(table, fact)
    return whole


def _restore(table: Json, fact: Mapping[str, Any]) -> None:
    for key in _LISTS:
        _replace(table.get(key, []), fact.get(key))
    _change(table, fact, {"table", "id", "name", "columns", *_LISTS})
    columns = fact.get("columns")
    if isinstance(columns, Mapping):
        for column in table["columns"]:
            said = columns.get(column["name"])
            if isinstance(said, Mapping):
                _change(column, said, {"id", "name"})


def _change(part: Json, said: Mapping[str, Any], but: set[str]) -> None:
    for key, pair in said.items():
        if key not in but and _is_pair(pair) and (part.get(key) or None) == (pair[0] or None):
            part[key] = pair[1]


def _replace(parts: list[Json], pairs: Any) -> None:
    """Put what was there in the place of the first that is as the text alone would give it."""
    for pair in pairs if isinstance(pairs, list) else []:
        if _is_pair(pair) and pair[0] in parts:
            parts[parts.index(pair[0])] = pair[1]


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2
