"""The rules of the TPC Benchmark H specification (clause 4.2.3) for its data, as queries that count the rows that break them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb

TABLES: Final = ("region", "nation", "supplier", "part", "partsupp", "customer", "orders", "lineitem")
CURRENT: Final = "DATE '1995-06-17'"
_PHONE: Final = r"\d{2}-[1-9]\d{2}-[1-9]\d{2}-[1-9]\d{3}"


def _no(table: str, rule: str) -> str:
    """How many rows of a table break a rule; one that is null breaks it too."""
    return f"SELECT count(*) FROM {table} WHERE NOT coalesce({rule}, false)"


def _is(query: str, wanted: object) -> str:
    return f"SELECT CAST(({query}) IS DISTINCT FROM {wanted} AS INTEGER)"


def _rows(scale: float) -> Iterator[tuple[str, str]]:
    counts = {"region": 5, "nation": 25, "supplier": 10_000 * scale, "part": 200_000 * scale, "partsupp": 800_000 * scale,
              "customer": 150_000 * scale, "orders": 1_500_000 * scale}  # fmt: skip
    for table, count in counts.items():
        yield f"{table}: {count:,.0f} rows", _is(f"SELECT count(*) FROM {table}", round(count))
    per_order = (
        "SELECT o_orderkey k, count(l_orderkey) n, max(l_linenumber) m, count(DISTINCT l_linenumber) d FROM orders LEFT JOIN "
    )
    joined = f"{per_order} lineitem ON l_orderkey = o_orderkey GROUP BY o_orderkey"
    yield (
        "lineitem: 1 to 7 lines an order, numbered from 1",
        f"SELECT count(*) FROM ({joined}) WHERE n NOT BETWEEN 1 AND 7 OR m <> n OR d <> n",
    )
    mean = "SELECT count(*) * 1.0 / (SELECT count(*) FROM orders) BETWEEN 3.9 AND 4.1 FROM lineitem"
    yield "lineitem: four lines an order on average", _is(mean, "true")


def _keys(scale: float) -> Iterator[tuple[str, str]]:
    plain = (("region", "r_regionkey", 0, 4), ("nation", "n_nationkey", 0, 24), ("supplier", "s_suppkey", 1, 10_000 * scale),
             ("part", "p_partkey", 1, 200_000 * scale), ("customer", "c_custkey", 1, 150_000 * scale))  # fmt: skip
    for table, key, low, high in plain:
        found = f"SELECT min({key}) = {low} AND max({key}) = {high:.0f} AND count(DISTINCT {key}) = count(*) FROM {table}"
        yield f"{key}: each of {low} to {high:,.0f} once", _is(found, "true")
    sparse = f"(o_orderkey - 1) % 32 < 8 AND o_orderkey BETWEEN 1 AND {6_000_000 * scale:.0f}"
    yield "o_orderkey: the first 8 of every 32, up to four times the rows", _no("orders", sparse)
    yield "o_orderkey: once each", "SELECT count(*) - count(DISTINCT o_orderkey) FROM orders"
    links = (("nation", "n_regionkey", "region", "r_regionkey"), ("supplier", "s_nationkey", "nation", "n_nationkey"),
             ("customer", "c_nationkey", "nation", "n_nationkey"), ("partsupp", "ps_partkey", "part", "p_partkey"),
             ("partsupp", "ps_suppkey", "supplier", "s_suppkey"), ("orders", "o_custkey", "customer", "c_custkey"),
             ("lineitem", "l_orderkey", "orders", "o_orderkey"), ("lineitem", "l_partkey", "part", "p_partkey"))  # fmt: skip
    for child, key, parent, target in links:
        yield f"{key} is a {target}", f"SELECT count(*) FROM {child} ANTI JOIN {parent} ON {key} = {target}"
    yield "o_custkey: every third customer has no orders", _no("orders", "o_custkey % 3 <> 0")
    few = f"SELECT count(DISTINCT o_custkey) > 0.99 * {100_000 * scale} FROM orders"
    yield "o_custkey: all others have", _is(few, "true")


def _pairs(scale: float) -> Iterator[tuple[str, str]]:
    yield "partsupp: pairs once each", "SELECT count(*) - count(DISTINCT (ps_partkey, ps_suppkey)) FROM partsupp"
    four = "SELECT ps_partkey FROM partsupp GROUP BY ps_partkey HAVING count(DISTINCT ps_suppkey) <> 4"
    yield "partsupp: four suppliers a part", f"SELECT count(*) FROM ({four})"
    s = round(10_000 * scale)
    formula = " OR ".join(f"ps_suppkey = (ps_partkey + {i} * ({s} // 4 + (ps_partkey - 1) // {s})) % {s} + 1" for i in range(4))
    yield "ps_suppkey: by the formula", _no("partsupp", formula)
    yield (
        "l_suppkey: a pair of partsupp with l_partkey",
        ("SELECT count(*) FROM lineitem ANTI JOIN partsupp ON l_partkey = ps_partkey AND l_suppkey = ps_suppkey"),
    )


def _sums(scale: float) -> Iterator[tuple[str, str]]:
    price = "(90000 + (p_partkey // 10) % 20001 + 100 * (p_partkey % 1000)) / 100"
    yield "p_retailprice: by the formula", _no("part", f"p_retailprice = CAST({price} AS DECIMAL(12, 2))")
    joined = "lineitem JOIN part ON l_partkey = p_partkey"
    yield "l_extendedprice = l_quantity * p_retailprice", _no(joined, "l_extendedprice = l_quantity * p_retailprice")
    paid = "(1 + CAST(l_tax AS DECIMAL(3, 2))) * (1 - CAST(l_discount AS DECIMAL(3, 2)))"
    charge = f"round(sum(CAST(l_extendedprice AS DECIMAL(10, 2)) * {paid}), 2)"
    yield "o_totalprice: of its lines, with tax and discount", _of_lines("o_totalprice", charge)
    status = "CASE WHEN bool_and(l_linestatus = 'F') THEN 'F' WHEN bool_and(l_linestatus = 'O') THEN 'O' ELSE 'P' END"
    yield "o_orderstatus: of its lines", _of_lines("o_orderstatus", status)


def _of_lines(column: str, answer: str) -> str:
    """How many orders have another value than their lines give."""
    joined = "orders JOIN lineitem ON l_orderkey = o_orderkey"
    found = f"SELECT any_value({column}) a, {answer} b FROM {joined} GROUP BY o_orderkey"
    return f"SELECT count(*) FROM ({found}) WHERE a IS DISTINCT FROM b"


def _dates(scale: float) -> Iterator[tuple[str, str]]:
    yield "o_orderdate: 1992-01-01 to 1998-08-02", _no("orders", "o_orderdate BETWEEN DATE '1992-01-01' AND DATE '1998-08-02'")
    joined = "lineitem JOIN orders ON l_orderkey = o_orderkey"
    yield "l_shipdate: 1 to 121 days after the order", _no(joined, "l_shipdate - o_orderdate BETWEEN 1 AND 121")
    yield "l_commitdate: 30 to 90 days after the order", _no(joined, "l_commitdate - o_orderdate BETWEEN 30 AND 90")
    yield "l_receiptdate: 1 to 30 days after shipping", _no("lineitem", "l_receiptdate - l_shipdate BETWEEN 1 AND 30")
    flag = f"CASE WHEN l_receiptdate <= {CURRENT} THEN l_returnflag IN ('R', 'A') ELSE l_returnflag = 'N' END"
    yield "l_returnflag: R or A where received by today, else N", _no("lineitem", flag)
    line = f"l_linestatus = CASE WHEN l_shipdate > {CURRENT} THEN 'O' ELSE 'F' END"
    yield "l_linestatus: O where shipped after today, else F", _no("lineitem", line)


_WITHIN: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "supplier": (("s_acctbal", "-999.99", "9999.99"),),
    "customer": (("c_acctbal", "-999.99", "9999.99"),),
    "part": (("p_size", "1", "50"),),
    "partsupp": (("ps_availqty", "1", "9999"), ("ps_supplycost", "1.00", "1000.00")),
    "orders": (("o_shippriority", "0", "0"),),
    "lineitem": (("l_quantity", "1", "50"), ("l_discount", "0.00", "0.10"), ("l_tax", "0.00", "0.08")),
}
_LENGTHS: Final[Mapping[str, tuple[tuple[str, int, int], ...]]] = {
    "region": (("r_comment", 31, 115),),
    "nation": (("n_comment", 31, 114),),
    "supplier": (("s_comment", 25, 100), ("s_address", 10, 40)),
    "part": (("p_comment", 5, 22),),
    "partsupp": (("ps_comment", 49, 198),),
    "customer": (("c_comment", 29, 116), ("c_address", 10, 40)),
    "orders": (("o_comment", 19, 78),),
    "lineitem": (("l_comment", 10, 43),),
}
_WORDS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "customer": {"c_mktsegment": ("AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY", "HOUSEHOLD")},
    "orders": {"o_orderpriority": ("1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW")},
    "lineitem": {
        "l_shipinstruct": ("DELIVER IN PERSON", "COLLECT COD", "NONE", "TAKE BACK RETURN"),
        "l_shipmode": ("REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"),
    },
}
_FORMS: Final[Mapping[str, Mapping[str, str]]] = {
    "part": {
        "p_mfgr": "Manufacturer#[1-5]",
        "p_type": "(STANDARD|SMALL|MEDIUM|LARGE|ECONOMY|PROMO) (ANODIZED|BURNISHED|PLATED|POLISHED|BRUSHED) "
        "(TIN|NICKEL|BRASS|STEEL|COPPER)",
        "p_container": "(SM|LG|MED|JUMBO|WRAP) (CASE|BOX|BAG|JAR|PKG|PACK|CAN|DRUM)",
        "p_name": "[a-z]+( [a-z]+){4}",
    },
}  # fmt: skip


def _domains(scale: float) -> Iterator[tuple[str, str]]:
    for table, ranges in _WITHIN.items():
        for column, low, high in ranges:
            reached = f"SELECT min({column}) = {low} AND max({column}) = {high} FROM {table}"
            yield f"{column}: {low} to {high}", _no(table, f"{column} BETWEEN {low} AND {high}")
            if column not in ("s_acctbal", "c_acctbal", "ps_supplycost"):
                yield f"{column}: both ends are reached", _is(reached, "true")
    for table, lengths in _LENGTHS.items():
        for column, shortest, longest in lengths:
            yield (
                f"{column}: {shortest} to {longest} characters",
                _no(table, f"length({column}) BETWEEN {shortest} AND {longest}"),
            )
    for table, columns in _WORDS.items():
        for column, words in columns.items():
            found = f"SELECT list(DISTINCT {column} ORDER BY {column}) FROM {table}"
            yield f"{column}: its {len(words)} words", _is(found, f"{sorted(words)}")


def _texts(scale: float) -> Iterator[tuple[str, str]]:
    for table, forms in _FORMS.items():
        for column, form in forms.items():
            yield f"{column}: its form", _no(table, f"regexp_full_match({column}, '{form}')")
    yield "p_brand: of its manufacturer", _no("part", "regexp_full_match(p_brand, 'Brand#' || right(p_mfgr, 1) || '[1-5]')")
    yield "p_name: five different words", _no("part", "len(list_distinct(string_split(p_name, ' '))) = 5")
    for table, column, key, word in (
        ("supplier", "s_name", "s_suppkey", "Supplier"),
        ("customer", "c_name", "c_custkey", "Customer"),
    ):
        yield f"{column}: the key in nine digits", _no(table, f"{column} = '{word}#' || lpad(CAST({key} AS VARCHAR), 9, '0')")
    for table, t in (("supplier", "s"), ("customer", "c")):
        code = f"CAST(left({t}_phone, 2) AS INTEGER) = {t}_nationkey + 10"
        yield f"{t}_phone: its nation's code and its form", _no(table, f"{code} AND regexp_full_match({t}_phone, '{_PHONE}')")
    number = f"CAST(right(o_clerk, 9) AS INTEGER) BETWEEN 1 AND {max(round(1000 * scale), 1)}"
    clerk = f"regexp_full_match(o_clerk, 'Clerk#\\d{{9}}') AND {number}"
    yield "o_clerk: its form and range", _no("orders", clerk)
    for word in ("Complaints", "Recommends"):
        found = f"SELECT count(*) FROM supplier WHERE s_comment LIKE '%Customer%{word}%'"
        yield f"s_comment: {int(5 * scale)} with {word}", _is(found, int(5 * scale))


def rules(scale: float) -> Iterator[tuple[str, str]]:
    """Each rule in words, and a query that gives 0 where it holds."""
    for part in (_rows, _keys, _pairs, _sums, _dates, _domains, _texts):
        yield from part(scale)


def load(folder: Path, db: duckdb.DuckDBPyConnection) -> None:
    """Views of the tables that the job wrote as Parquet below a folder."""
    for table in TABLES:
        db.execute(f"CREATE VIEW {table} AS FROM read_parquet('{folder}/{table}/*.parquet')")


def broken(folder: Path, scale: float) -> tuple[list[str], int]:
    """The rules that do not hold, with the rows that break them, and how many rules there are."""
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute("SET enable_progress_bar = false")
        load(folder, db)
        made = list(rules(scale))
        counts = [db.execute(query).fetchone() for _, query in made]
    found = [
        f"{name}: {row[0] if row else '?'} rows" for (name, _), row in zip(made, counts, strict=True) if not row or row[0] != 0
    ]
    return found, len(made)
