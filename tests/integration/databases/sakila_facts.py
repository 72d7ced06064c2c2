"""Whether a Sakila that was filled is sound, asked of the database itself in SQL: nothing of MockCraft is used here.

Each function answers with the number of violators by what was looked at, so that a test sees that something was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Ask = Callable[[str], list[tuple[Any, ...]]]
Violators = dict[str, int]

PAYMENTS = [f"payment_p2007_0{month}" for month in range(1, 7)]
KEYS = "actor category country city address language film staff store customer inventory rental payment".split()
"""Tables whose key is one number, parents first: `actor_id` of `actor`, and so on."""
_BY_HAND = {
    "actor": "(first_name, last_name{c}) VALUES ('NEW', 'ACTOR'{v})",
    "category": "(name{c}) VALUES ('New'{v})",
    "country": "(country{c}) VALUES ('Newland'{v})",
    "city": "(city, country_id{c}) SELECT 'Newtown', max(country_id){v} FROM country",
    "address": "(address, district, city_id, phone{c}) SELECT 'New Street 1', 'New', max(city_id), '1'{v} FROM city",
    "language": "(name{c}) VALUES ('Newspeak'{v})",
    "film": "(title, language_id{c}) SELECT 'NEW FILM', max(language_id){v} FROM language",
    "film_actor": "(actor_id, film_id{c}) SELECT max(actor_id), (SELECT max(film_id) FROM film){v} FROM actor",
    "film_category": "(film_id, category_id{c}) SELECT max(film_id), (SELECT max(category_id) FROM category){v} FROM film",
    "staff": "(first_name, last_name, address_id, store_id, username{c})"
    " SELECT 'NEW', 'STAFF', max(address_id), (SELECT max(store_id) FROM store), 'new'{v} FROM address",
    "store": "(manager_staff_id, address_id{c}) SELECT max(staff_id), (SELECT max(address_id) FROM address){v} FROM staff",
    "customer": "(store_id, first_name, last_name, address_id, create_date{c})"
    " SELECT max(store_id), 'NEW', 'CUSTOMER', (SELECT max(address_id) FROM address), '2024-01-01'{v} FROM store",
    "inventory": "(film_id, store_id{c}) SELECT max(film_id), (SELECT max(store_id) FROM store){v} FROM film",
    "rental": "(rental_date, inventory_id, customer_id, staff_id{c}) SELECT '2024-01-01', max(inventory_id),"
    " (SELECT max(customer_id) FROM customer), (SELECT max(staff_id) FROM staff){v} FROM inventory",
    "payment": "(customer_id, staff_id, rental_id, amount, payment_date{c}) SELECT (SELECT max(customer_id) FROM customer),"
    " (SELECT max(staff_id) FROM staff), max(rental_id), 4.99, '{day}'{v} FROM rental",
}
"""A row of each table as a person would add it: no keys, no columns that have a default."""


def by_hand(server: str, day: str = "2008-03-15") -> Iterator[tuple[str, str]]:
    """Table and statement of one more row for each table, parents first. SQLite's Sakila wants the time of the update."""
    column, value = (", last_update", ", '2024-01-01'") if server == "sqlite" else ("", "")
    for table, rest in _BY_HAND.items():
        yield table, f"INSERT INTO {table} {rest.format(c=column, v=value, day=day)}"


def number(ask: Ask, sql: str) -> int:
    """The one number that a question is answered with."""
    return int(ask(sql)[0][0] or 0)


def distinct(ask: Ask, table: str, columns: list[str]) -> int:
    """Groups of rows of `table` (what stands behind FROM) that share values in all columns, none of them null."""
    listed, filled = ", ".join(columns), " AND ".join(f"{c} IS NOT NULL" for c in columns)
    return number(
        ask, f"SELECT count(*) FROM (SELECT {listed} FROM {table} WHERE {filled} GROUP BY {listed} HAVING count(*) > 1) AS d"
    )


def orphans(ask: Ask, child: str, columns: list[str], parent: str, parents: list[str]) -> int:
    """Rows whose reference finds no row."""
    on = " AND ".join(f"p.{b} = c.{a}" for a, b in zip(columns, parents, strict=True))
    given = " AND ".join(f"c.{a} IS NOT NULL" for a in columns)
    return number(
        ask, f"SELECT count(*) FROM {child} AS c LEFT JOIN {parent} AS p ON {on} WHERE {given} AND p.{parents[0]} IS NULL"
    )


# PostgreSQL


_KEYS_OF = """SELECT c.relname, p.relname, {} FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid
    JOIN pg_class p ON p.oid = f.confrelid WHERE f.contype = 'f' ORDER BY 1, 2, 3""".format(
    ", ".join(
        f"(SELECT array_agg(a.attname::text ORDER BY k.i) FROM unnest(f.{keys}) WITH ORDINALITY AS k(n, i)"
        f" JOIN pg_attribute a ON a.attrelid = f.{of} AND a.attnum = k.n)"
        for keys, of in (("conkey", "conrelid"), ("confkey", "confrelid"))
    )
)
_UNIQUES = """SELECT c.relname, i.relname, (SELECT array_agg(a.attname::text) FROM unnest(x.indkey::int[]) AS k(n)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.n)
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE x.indisunique AND n.nspname = 'public' ORDER BY 1, 2"""
_CHECKS = """SELECT conrelid::regclass::text, conname, pg_get_expr(conbin, conrelid) FROM pg_constraint
    WHERE contype = 'c' AND conrelid <> 0 AND connamespace = 'public'::regnamespace"""
_DOMAINS = """SELECT c.relname, a.attname, pg_get_expr(f.conbin, 0), format_type(t.typbasetype, t.typtypmod)
    FROM pg_constraint f JOIN pg_type t ON t.oid = f.contypid JOIN pg_attribute a ON a.atttypid = t.oid
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    WHERE c.relnamespace = 'public'::regnamespace"""
_ENUMS = """SELECT c.relname, a.attname, array_agg(e.enumlabel::text)
    FROM pg_enum e JOIN pg_attribute a ON a.atttypid = e.enumtypid JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    GROUP BY 1, 2"""
_REQUIRED = """SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND a.attnotnull AND NOT a.attisdropped
    AND c.relname NOT LIKE '\\_mockcraft%'"""
_DEFINED = """SELECT 'constraint', conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) || convalidated::text
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE '\\_mockcraft%'
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid) || tgenabled::text
    FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'rule', ev_class::regclass::text, rulename::text, pg_get_ruledef(oid) || ev_enabled::text
    FROM pg_rewrite WHERE ev_class >= 16384
    UNION ALL SELECT 'index', tablename::text, indexname::text, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename NOT LIKE '\\_mockcraft%'
    UNION ALL SELECT 'kinship', inhrelid::regclass::text, inhparent::regclass::text, '' FROM pg_inherits
    UNION ALL SELECT 'default', adrelid::regclass::text, adnum::text, pg_get_expr(adbin, adrelid) FROM pg_attrdef
    WHERE adrelid::regclass::text NOT LIKE '\\_mockcraft%'
    ORDER BY 1, 2, 3, 4"""


def postgres_defined(ask: Ask) -> list[tuple[Any, ...]]:
    """All constraints (with whether they are valid), triggers (whether they are on), rules, indexes, kinships and defaults."""
    return ask(_DEFINED)


def postgres(ask: Ask) -> Violators:
    """Everything that PostgreSQL's Sakila demands."""
    found: Violators = {}
    for child, parent, columns, parents in ask(_KEYS_OF):
        found[f"key {child} {columns}"] = orphans(ask, f"ONLY {child}", columns, f"ONLY {parent}", parents)
    for table, index, columns in ask(_UNIQUES):
        if not table.startswith("_mockcraft"):
            found[f"unique {index}"] = distinct(ask, f"ONLY {table}", columns)
    for table, name, condition in ask(_CHECKS):
        found[f"check {name}"] = number(ask, f"SELECT count(*) FROM ONLY {table} WHERE NOT ({condition})")
    for table, column, condition, base in ask(_DOMAINS):
        value = condition.replace("VALUE", f"{column}::{base}")
        found[f"domain {table}.{column}"] = number(ask, f"SELECT count(*) FROM ONLY {table} WHERE NOT ({value})")
    for table, column, labels in ask(_ENUMS):
        members = ", ".join(f"'{label}'" for label in labels)
        found[f"enum {table}.{column}"] = number(ask, f"SELECT count(*) FROM {table} WHERE {column}::text NOT IN ({members})")
    for table, column in ask(_REQUIRED):
        found[f"null {table}.{column}"] = number(ask, f"SELECT count(*) FROM ONLY {table} WHERE {column} IS NULL")
    return found | _postgres_payments(ask) | _postgres_sequences(ask) | _postgres_triggers(ask)


def _postgres_payments(ask: Ask) -> Violators:
    """The family of payments: keys are disjoint, the parent holds what belongs to no child, the children are not empty."""
    within = "payment_date >= '2007-01-01' AND payment_date < '2007-07-01'"
    found = {
        "payment keys": distinct(ask, "payment", ["payment_id"]),
        "payment": number(ask, f"SELECT count(*) FROM ONLY payment WHERE {within}"),
        "payment is empty": int(number(ask, "SELECT count(*) FROM ONLY payment") == 0),
    }
    for month, child in enumerate(PAYMENTS, start=1):
        inside = f"payment_date >= '2007-0{month}-01' AND payment_date < '2007-0{month + 1}-01'"
        found[f"range of {child}"] = number(ask, f"SELECT count(*) FROM {child} WHERE NOT ({inside})")
        found[f"{child} is empty"] = int(number(ask, f"SELECT count(*) FROM {child}") == 0)
    return found


def _postgres_sequences(ask: Ask) -> Violators:
    found = {}
    for table in KEYS:
        value, called = ask(f"SELECT last_value, is_called FROM {table}_{table}_id_seq")[0]
        following = int(value) + 1 if called else int(value)
        found[f"sequence of {table}"] = int(following <= number(ask, f"SELECT max({table}_id) FROM {table}"))
    return found


def _postgres_triggers(ask: Ask) -> Violators:
    words = "to_tsvector('pg_catalog.english', coalesce(title, '') || ' ' || coalesce(description, ''))"
    return {
        "fulltext": number(ask, f"SELECT count(*) FROM film WHERE fulltext IS DISTINCT FROM {words}"),
        "fulltext is empty": int(number(ask, "SELECT count(*) FROM film WHERE length(fulltext) > 0") == 0),
        "switched off": number(ask, "SELECT count(*) FROM pg_trigger WHERE tgenabled <> 'O'"),
        "not valid": number(ask, "SELECT count(*) FROM pg_constraint WHERE NOT convalidated"),
    }


# MariaDB


_MY_KEYS = """SELECT TABLE_NAME, REFERENCED_TABLE_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME
    FROM information_schema.KEY_COLUMN_USAGE
    WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY 1, 3"""
_MY_UNIQUES = """SELECT TABLE_NAME, INDEX_NAME, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0 AND TABLE_NAME NOT LIKE '\\_mockcraft%' GROUP BY 1, 2 ORDER BY 1, 2"""
_MY_DEFINED = """SELECT TABLE_NAME FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME NOT LIKE '\\_mockcraft%' ORDER BY 1"""
_MY_TRIGGERS = """SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT
    FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY 1"""
RATINGS = "'G', 'PG', 'PG-13', 'R', 'NC-17'"
FEATURES = ("Trailers", "Commentaries", "Deleted Scenes", "Behind the Scenes")


def mariadb_defined(ask: Ask) -> list[tuple[Any, ...]]:
    """CREATE statements of all tables without their counters, and all triggers."""
    tables = [ask(f"SHOW CREATE TABLE {table}")[0] for (table,) in ask(_MY_DEFINED)]
    return [(name, " ".join(w for w in sql.split() if not w.startswith("AUTO_INCREMENT="))) for name, sql in tables] + ask(
        _MY_TRIGGERS
    )


def mariadb(ask: Ask) -> Violators:
    """Everything that MariaDB's Sakila demands."""
    found: Violators = {}
    for child, parent, column, above in ask(_MY_KEYS):
        found[f"key {child}.{column}"] = orphans(ask, child, [column], parent, [above])
    for table, index, columns in ask(_MY_UNIQUES):
        found[f"unique {table}.{index}"] = distinct(ask, table, columns.split(","))
    members = "special_features"
    for feature in FEATURES:
        members = f"replace({members}, '{feature}', '')"
    found |= {
        "enum film.rating": number(ask, f"SELECT count(*) FROM film WHERE rating NOT IN ({RATINGS})"),
        "set film.special_features": number(ask, f"SELECT count(*) FROM film WHERE replace({members}, ',', '') <> ''"),
        "film_text of other films": number(
            ask,
            "SELECT count(*) FROM film AS f LEFT JOIN film_text AS t USING (film_id)"
            " WHERE t.film_id IS NULL OR f.title <> t.title OR NOT f.description <=> t.description",
        ),
        "film_text of no film": number(
            ask, "SELECT count(*) FROM film_text AS t LEFT JOIN film AS f USING (film_id) WHERE f.film_id IS NULL"
        ),
    }
    return found | _mariadb_counters(ask)


def _mariadb_counters(ask: Ask) -> Violators:
    """AUTO_INCREMENT as the server writes it in CREATE TABLE, which is never stale."""
    found = {}
    for table in KEYS:
        words = ask(f"SHOW CREATE TABLE {table}")[0][1].split()
        following = next((int(w.partition("=")[2]) for w in words if w.startswith("AUTO_INCREMENT=")), 1)
        found[f"counter of {table}"] = int(following <= number(ask, f"SELECT max({table}_id) FROM {table}"))
    return found


# SQLite


def sqlite_defined(ask: Ask) -> list[tuple[Any, ...]]:
    """All statements that made tables, indexes, triggers and views."""
    return ask(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE tbl_name NOT LIKE '\\_mockcraft%' ESCAPE '\\'"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1, 2"
    )


def sqlite(ask: Ask) -> Violators:
    """Everything that SQLite's Sakila demands."""
    found: Violators = {"integrity": int(ask("PRAGMA integrity_check") != [("ok",)])}
    tables = [
        name
        for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_mockcraft%' ESCAPE '\\'")
        if not name.startswith("sqlite_")
    ]
    for table in tables:
        for row in ask(f"PRAGMA foreign_key_list({table})"):
            found[f"key {table}.{row[3]}"] = orphans(ask, table, [row[3]], row[2], [row[4]])
        for row in ask(f"PRAGMA index_list({table})"):
            if row[2]:
                columns = [r[2] for r in ask(f"PRAGMA index_info({row[1]})")]
                found[f"unique {row[1]}"] = distinct(ask, table, columns)
        for row in ask(f"PRAGMA table_info({table})"):
            if row[3]:
                found[f"null {table}.{row[1]}"] = number(ask, f"SELECT count(*) FROM {table} WHERE {row[1]} IS NULL")
            if row[1] == "last_update":  # all triggers write the time of the load, whatever was sent
                found[f"trigger of {table}"] = number(
                    ask, f"SELECT count(*) FROM {table} WHERE last_update IS NULL OR last_update < datetime('now', '-1 day')"
                )
    some = " OR ".join(f"special_features LIKE '%{feature}%'" for feature in FEATURES)
    found["check rating"] = number(ask, f"SELECT count(*) FROM film WHERE rating NOT IN ({RATINGS})")
    found["check special_features"] = number(ask, f"SELECT count(*) FROM film WHERE NOT ({some})")
    return found


FACTS: dict[str, tuple[Callable[[Ask], Violators], Callable[[Ask], list[tuple[Any, ...]]]]] = {
    "postgresql": (postgres, postgres_defined),
    "mariadb": (mariadb, mariadb_defined),
    "sqlite": (sqlite, sqlite_defined),
}
"""What a server's Sakila is looked at by, and what it is defined by."""
