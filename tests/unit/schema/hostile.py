"""Documents made to hang a reader or to fill its memory, and a program that checks each in a process of its own.

`python tests/unit/schema/hostile.py` prints a JSON line for each: name, seconds of CPU, peak memory in MB, codes, errors.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

BYTES = 2 * 1024 * 1024


def table(*columns: str, rows: str = "10", extra: str = "") -> str:
    """A table `t` of an id and these columns."""
    listed = "".join(f"      {c}\n" for c in columns)
    return f"tables:\n  t:\n    rows: {rows}\n{extra}    columns:\n      id: sequence\n{listed}"


def tables(number: int, columns: Callable[[int], str], extra: str = "rows: 1") -> str:
    """Tables t0, t1, …, each with an id and more."""
    made = [f"  t{i}: {{{extra}, columns: {{id: sequence, {columns(i)}}}}}\n" for i in range(number)]
    return "tables:\n" + "".join(made)


def chain(first: str, following: str, length: int = 30) -> str:
    """Columns c0, c1, … each made of the one before, which `following` calls @."""
    return table(f"c0: {first}", *[f"c{i}: {following.replace('@', f'c{i - 1}')}" for i in range(1, length)])


def per(number: int, count: str, parent: str = "t0") -> str:
    """Tables made by `per` of one parent."""
    first = "tables:\n  t0: {rows: 1000, columns: {id: sequence}}\n"
    return first + "".join(
        f"  t{i}: {{per: {{parent: {parent.replace('@', str(i - 1))}, count: {count.replace('@', str(i))}}}, "
        f"columns: {{id: sequence}}}}\n" for i in range(1, number)
    )  # fmt: skip


def pairs(rows: str, density: str) -> str:
    """A junction of a table of so many rows with itself."""
    joined = f"  t: {{per: {{parents: [p, p], density: {density}}}, columns: {{a: {{ref: p.id}}, b: {{ref: p.id}}}}}}\n"
    return f"tables:\n  p: {{rows: {rows}, columns: {{id: sequence}}}}\n{joined}"


def refused() -> Iterator[tuple[str, str]]:
    """What must be refused."""
    letters = "abcdefghi"
    yield (
        "billion laughs",
        "a: &a [x,x,x]\n" + "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in pairwise(letters)),
    )
    yield "options to a power", "options: {a: 9999999999}\n" + table(rows="${" + "*".join(["a"] * 3000) + "}")
    yield "options in brackets", table(rows="${" + "(" * 20_000 + "1" + ")" * 20_000 + "}")
    yield (
        "options that double",
        "options:\n"
        + "".join(f"  o{i}: '${{o{i + 1}}}${{o{i + 1}}}'\n" for i in range(60))
        + "  o60: xxxx\n"
        + table("a: {value: '${o0}'}"),
    )
    yield "deep lists", "[" * 60_000
    yield "deep JSON", '{"tables": {"t": {"rows": 1, "columns": {"a": ' + '{"object": {"x": ' * 10_000
    yield "lone quotes", "{" + '"\\' * 600_000
    yield "many escapes", '{"' + "\\u0041" * 340_000 + '": 1}'
    yield "many lines", "a:\n" * 600_000
    yield "many dashes", "-\n" * 900_000
    yield "many brackets", "[" + "1," * 250_000 + "]"
    yield "many tables", tables(18_000, lambda i: "a: wrod")
    yield "many wrong columns", tables(1_000, lambda i: ", ".join(f"c{j}: frist_name{j}" for j in range(8)))
    yield "many wrong names", table(*[f"c{i}: frist_nam{i}" for i in range(1_900)])
    yield "many columns", table(*[f"c{i}: first_name" for i in range(60_000)])
    yield "many fields", table("a: {gen: int, " + ", ".join(f"m{i}: 1" for i in range(50_000)) + "}")
    yield "many members", table("a: {object: {" + ", ".join(f"k{i}: int" for i in range(30_000)) + "}}")
    yield "many cases", table("a: {case: [" + ", ".join(f"{{when: id = {i}, then: {i}}}" for i in range(12_000)) + "]}")
    yield "many values", table("a: {gen: int, when: {id: [" + ", ".join(map(str, range(90_000))) + "]}}")
    yield (
        "many parents",
        "tables:\n  p: {rows: 10, columns: {id: sequence}}\n  t: {per: {parents: ["
        + ", ".join(["p"] * 1_900)
        + "], rows: 9}, columns: {"
        + ", ".join(f"a{i}: {{ref: p.id}}" for i in range(1_900))
        + "}}\n",
    )
    yield "a long name", table("a: " + "first_name" * 50_000)
    yield "a long key", table("x" * 1_000_000 + ": 1")
    yield "a long locale", "locale: " + "x" * 1_000_000 + "\n" + table()
    yield "a long type", table("a: {gen: int, type: '" + "array(" * 10_000 + "int" + ")" * 10_000 + "'}")
    yield "a long expression", table("a: {expr: '" + "+".join(["id"] * 100_000) + "'}")
    yield "a deep expression", table("a: {expr: '" + "(" * 1_900 + "id" + ")" * 1_900 + "'}")
    yield "a long pattern", table("a: {gen: pattern, template: '" + "#" * 1_000_000 + "'}")
    yield "a long path", table("a: {expr: '" + ".".join(["parent"] * 500) + "'}")
    yield "a huge integer", table("a: int", rows="9" * 100_000)
    yield "a huge number", table("a: int", rows="1e99999999")
    yield "a huge count", table("a: int", rows="9" * 5_000 + "B")
    yield "a huge seed", "seed: " + "9" * 100_000 + "\n" + table()
    yield "a huge product", chain("{expr: id}", "{expr: @ * @}", 40)
    yield "a huge density", pairs("10", "0." + "1" * 100_000)
    yield "a huge junction", pairs("1000B", "1")
    yield "children of children", per(30, "1000000", "t@")
    yield "texts that double", chain("{value: xxxxxxxxxx}", "{expr: 'concat(@, @, @, @)'}")
    yield "templates that double", chain("{value: xxxxxxxxxx}", "{template: '{@}{@}{@}{@}'}")
    yield "replacements that grow", chain("{value: xxxxxxxxxx}", "{expr: \"replace(@, 'x', 'xxxxxxxxxx')\"}", 15)
    yield "documents that double", chain("{object: {a: {value: x}}}", "{object: {a: {expr: @}, b: {expr: @}, c: {expr: @}}}")
    yield "arrays of arrays", table("a: " + "{array: {min: 64, max: 64, of: " * 6 + "int" + "}}" * 6)
    yield "a wide text", table("a: {expr: \"lpad(id, 2000000000, '0')\"}")
    yield "columns in a circle", table(*[f"c{i}: {{expr: c{(i + 1) % 1_900} + 1}}" for i in range(1_900)])
    yield "a chain of columns", chain("{expr: id}", "{expr: @ + 1}", 1_900)
    yield "all refer to all", tables(98, lambda i: ", ".join(f"r{j}: {{ref: t{j}.id}}" for j in range(98) if j != i))


def accepted() -> Iterator[tuple[str, str]]:
    """What is large or strange but good, and must be checked in good time all the same."""
    yield "as many tables as may be", tables(1_000, lambda i: ", ".join(f"c{j}: first_name" for j in range(8)))
    yield "as many columns as may be", table(*[f"c{i}: first_name" for i in range(1_990)])
    yield (
        "all may refer to all",
        tables(60, lambda i: ", ".join(f"r{j}: {{ref: t{j}.id, null_rate: 0.5}}" for j in range(60) if j != i)),
    )
    yield "children of every kind", per(500, "{min: 0, max: @}")
    yield "many Poisson counts", per(100, "{dist: poisson, mean: 1000}")
    yield "many values to choose from", table("a: {gen: choice, values: [" + ", ".join(map(str, range(100_000))) + "]}")
    yield (
        "enormous rows",
        table("a: {gen: email, unique: true}", "b: {gen: int, unique: true, min: 0, max: 4000000000000000000}", rows="1000B"),
    )
    yield "enormous references", tables(2, lambda i: "a: {ref: t0.id, pick: zipf(0.001)}" if i else "a: 1", "rows: 1000B")
    yield "comments", "#" * 2_000_000 + "\n" + table()


def looked_at(name: str, text: str) -> dict[str, object]:
    """What checking a document takes and gives."""
    from runner.schema import check

    began = time.process_time()
    said: dict[str, object] = {"name": name, "raised": ""}
    try:
        outcome = check(text[:BYTES])
        said |= {
            "codes": sorted({f.code for f in outcome.errors}),
            "longest": max((len(f.message) for f in outcome.errors), default=0),
        }
    except BaseException as error:
        said["raised"] = repr(error)[:500]
    return said | {"seconds": time.process_time() - began, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    """Each document in a fork, so that each has a peak of its own; one that takes a minute is ended by the system."""
    from runner.schema import check

    check("tables: {t: {rows: 1, columns: {a: first_name, b: email, c: {expr: a}, d: no_such_generator}}}")
    for name, text in (*refused(), *accepted()):
        child = os.fork()
        if not child:
            resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
            sys.stdout.write(json.dumps(looked_at(name, text)) + "\n")
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
