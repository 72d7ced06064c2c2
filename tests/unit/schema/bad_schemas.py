"""Bad schemas: each with the code, path, line and column it gets, and what it suggests."""

from __future__ import annotations

from typing import NamedTuple


class Bad(NamedTuple):
    """A schema with one mistake, and the finding it must give."""

    text: str
    code: str
    path: str
    line: int
    column: int
    suggestion: str = ""


def column(text: str, code: str, field: str, at: int, suggestion: str = "") -> Bad:
    """A mistake in the column `a` of a table of 100 rows with an id. `at` is its column in the text."""
    schema = f"tables:\n  t:\n    rows: 100\n    columns:\n      id: sequence\n      a: {text}\n"
    return Bad(schema, code, f"tables.t.columns.a{field}", 6, at, suggestion)


PARENT = "tables:\n  p: {rows: 10, columns: {id: sequence, name: first_name}}\n"


def child(text: str, code: str, field: str, at: int, suggestion: str = "") -> Bad:
    """A mistake in the table `c` beside a parent `p` of 10 rows."""
    return Bad(f"{PARENT}  c: {text}\n", code, f"tables.c{field}", 3, at, suggestion)


TOP = [
    Bad("tables: {}", "MISSING_FIELD", "tables", 1, 9),
    Bad("tables: 3", "TYPE_INVALID", "tables", 1, 9),
    Bad("[]", "TYPE_INVALID", "", 1, 1),
    Bad("just text", "TYPE_INVALID", "", 1, 1),
    Bad("", "MISSING_FIELD", "", 1, 1),
    Bad("mockcraft: 2\n" + PARENT, "VERSION_UNSUPPORTED", "mockcraft", 1, 12, "1"),
    Bad("seed: abc\n" + PARENT, "TYPE_INVALID", "seed", 1, 7),
    Bad("seed: 1.5\n" + PARENT, "NUMBER_INVALID", "seed", 1, 7),
    Bad("seed: .nan\n" + PARENT, "NUMBER_INVALID", "seed", 1, 7),
    Bad("as_of: yesterday\n" + PARENT, "DATE_INVALID", "as_of", 1, 8),
    Bad("as_of: today\n" + PARENT, "TODAY_UNKNOWN", "as_of", 1, 8),
    Bad("locale: english\n" + PARENT, "LOCALE_INVALID", "locale", 1, 9),
    Bad("table: 1\n" + PARENT, "UNKNOWN_FIELD", "table", 1, 1, "tables"),
    Bad("include: x\n" + PARENT, "INCLUDE_REFUSED", "include", 1, 10),
    Bad("options: 3\n" + PARENT, "TYPE_INVALID", "options", 1, 10),
    Bad("options: {a: [1]}\n" + PARENT, "OPTION_INVALID", "options.a", 1, 14),
    Bad("options: {a: 1, b: '${a}0'}\n" + PARENT, "OPTION_INVALID", "options.b", 1, 20),
    Bad("tables:\n  t:\n    rows: ${n}\n    columns: {id: sequence}", "OPTION_NOT_FOUND", "tables.t.rows", 3, 11),
    Bad("options: {n: 1}\ntables:\n  t:\n    rows: ${n / 0}\n    columns: {id: sequence}",
        "OPTION_INVALID", "tables.t.rows", 4, 11),
    Bad("load: x\n" + PARENT, "TYPE_INVALID", "load", 1, 7),
    Bad("load: {suspended: []}\n" + PARENT, "UNKNOWN_FIELD", "load.suspended", 1, 8, "suspend"),
    Bad("load: {suspend: [p.id]}\n" + PARENT, "LOAD_INVALID", "load.suspend[0]", 1, 18),
    Bad("load: {suspend: c.p_i}\n" + PARENT + "  c: {rows: 1, columns: {p_id: {ref: p.id}}}",
        "LOAD_INVALID", "load.suspend", 1, 17, "c.p_id"),
    Bad("load: {suspend: [{reference: c.x}]}\n" + PARENT + "  c: {rows: 1, columns: {x: {ref: p.id, mode: orphan}}}",
        "LOAD_INVALID", "load.suspend[0].reference", 1, 30),
    Bad("load: {suspend: [{constraint: c}]}\n" + PARENT, "TYPE_INVALID", "load.suspend[0]", 1, 18),
    Bad("load: {suspend: [{reference: c.x, name: n}]}\n" + PARENT + "  c: {rows: 1, columns: {x: {ref: p.id}}}",
        "UNKNOWN_FIELD", "load.suspend[0].name", 1, 35),
    Bad("options: {x: '${env.HOME}'}\n" + PARENT, "ENV_REFUSED", "options.x", 1, 14),
    Bad("seed: ${env.HOME}\n" + PARENT, "ENV_REFUSED", "seed", 1, 7),
    Bad("templates: 3\n" + PARENT, "TYPE_INVALID", "templates", 1, 12),
    Bad("templates: {x: 3}\n" + PARENT, "TEMPLATE_INVALID", "templates.x", 1, 16),
    Bad("tables:\n  t: {rows: ${n}}", "YAML_SYNTAX", "", 2, 14, 'inside {…} write "${…}" in quotes'),
    Bad("tables:\n\tp: 1", "YAML_SYNTAX", "", 2, 1),
]  # fmt: skip

TABLES = [
    Bad("tables:\n  t: 3", "TYPE_INVALID", "tables.t", 2, 6),
    child("{rows: 5}", "MISSING_FIELD", "", 3),
    child("{columns: {id: sequence}}", "MISSING_FIELD", "", 3),
    child("{rows: -1, columns: {id: sequence}}", "ROWS_INVALID", ".rows", 13),
    child("{rows: 1.5, columns: {id: sequence}}", "ROWS_INVALID", ".rows", 13),
    child("{rows: .inf, columns: {id: sequence}}", "NUMBER_INVALID", ".rows", 13),
    child("{rows: lots, columns: {id: sequence}}", "TYPE_INVALID", ".rows", 13),
    child("{rows: true, columns: {id: sequence}}", "TYPE_INVALID", ".rows", 13),
    child("{rows: 2000B, columns: {id: sequence}}", "ROWS_INVALID", ".rows", 13),
    child("{rows: 5, colums: {}, columns: {id: sequence}}", "UNKNOWN_FIELD", ".colums", 16, "columns"),
    child("{rows: 5, check: [x], columns: {id: sequence}}", "COLUMN_NOT_FOUND", ".check[0]", 24),
    child("{rows: 5, check: [3], columns: {id: sequence}}", "TYPE_INVALID", ".check[0]", 24),
    child("{rows: 5, check: id + 1, columns: {id: sequence}}", "EXPR_TYPE", ".check", 26),
    child("{rows: 5, check: [id > ], columns: {id: sequence}}", "EXPR_SYNTAX", ".check[0]", 28),
    child("{rows: 5, extends: x, columns: {id: sequence}}", "TEMPLATE_NOT_FOUND", ".extends", 25),
    child("{rows: 5, embed: {into: p}, columns: {id: sequence}}", "EMBED_INVALID", ".embed.into", 30),
    child("{per: {parent: p, count: 2}, embed: {into: p, as: name}, columns: {n: ordinal}}",
          "IDENTIFIER_DUPLICATE", ".embed.as", 56),
    child("{per: {parent: p, count: 200K}, embed: {into: p}, columns: {n: ordinal}}", "EMBED_INVALID", ".embed", 45),
    child("{rows: 5, description: [x], columns: {id: sequence}}", "TYPE_INVALID", ".description", 29),
    child("{rows: 5, columns: {__id: sequence}}", "MISSING_FIELD", "", 3),
    child("{per: p, columns: {a: 1}}", "TYPE_INVALID", ".per", 12),
    child("{per: {parent: q, count: 3}, columns: {a: 1}}", "TABLE_NOT_FOUND", ".per.parent", 21),
    child("{per: {parent: p}, columns: {a: 1}}", "MISSING_FIELD", ".per", 12),
    child("{rows: 5, per: {parent: p, count: 2}, columns: {a: 1}}", "FIELD_CONFLICT", ".rows", 7),
    child("{per: {parent: p, max: 3}, columns: {a: 1}}", "UNKNOWN_FIELD", ".per.max", 24, "count"),
    child("{per: {parent: p, count: {min: 5, max: 2}}, columns: {a: 1}}", "COUNT_INVALID", ".per.count.min", 37),
    child("{per: {parent: p, count: {dist: posson, mean: 3}}, columns: {a: 1}}",
        "COUNT_INVALID", ".per.count.dist", 38, "poisson"),
    child("{per: {parent: p, count: {dist: poisson}}, columns: {a: 1}}", "MISSING_FIELD", ".per.count", 31),
    child("{per: {parent: p, count: {0: 0}}, columns: {a: 1}}", "COUNT_INVALID", ".per.count", 31),
    child("{per: {parent: p, count: {max: 100000}}, columns: {a: 1}}", "COUNT_INVALID", ".per.count", 31),
    child("{per: {parent: p, count: -2}, columns: {a: 1}}", "COUNT_INVALID", ".per.count", 31),
    child("{per: {parent: c, count: 2}, columns: {a: 1}}", "CYCLE", ".per", 12),
    child("{rows: 5, primary_key: [x], columns: {a: 1}}", "COLUMN_NOT_FOUND", ".primary_key[0]", 30),
    child("{rows: 9, primary_key: [a, b], columns: {a: gender, b: {expr: a}}}", "UNIQUE_UNSUPPORTED", ".primary_key", 29),
    child("{rows: 9, primary_key: [a, b], columns: {a: {gen: int, max: 3}, b: {gen: choice, values: [x, y]}}}",
          "UNIQUE_IMPOSSIBLE", ".primary_key", 29),
    child("{per: {parent: p, count: 5}, unique: [[p, x]], columns: {p: {ref: p.id}, x: {gen: choice, values: [x, y]}}}",
          "UNIQUE_IMPOSSIBLE", ".unique[0]", 44),
    child("{per: {parents: [p], density: 1}, columns: {a: {ref: p.id}}}", "MISSING_FIELD", ".per.parents", 22),
    child("{per: {parents: [p, q], density: 1}, columns: {a: {ref: p.id}}}", "TABLE_NOT_FOUND", ".per.parents[1]", 26),
    child("{per: {parents: [p, p], density: 1}, columns: {a: {ref: p.id}}}",
          "MISSING_FIELD", ".per.parents[1]", 26, "{ref: p.id}"),
    child("{per: {parents: [p, p], density: 9}, columns: {a: {ref: p.id}, b: {ref: p.id}}}",
          "NUMBER_INVALID", ".per.density", 39),
    child("{per: {parents: [p, p], rows: 101}, columns: {a: {ref: p.id}, b: {ref: p.id}}}", "UNIQUE_IMPOSSIBLE", ".per", 12),
    child("{rows: 9, per: {parents: [p, p], rows: 9}, columns: {a: {ref: p.id}, b: {ref: p.id}}}", "FIELD_CONFLICT", ".rows", 13),
    child("{rows: 5, indexes: [[a, bb]], columns: {a: int, b: int}}", "COLUMN_NOT_FOUND", ".indexes[0][1]", 30, "b"),
    child("{rows: 5, primary_key: [__a], columns: {__a: sequence, b: 1}}", "KEY_INVALID", ".primary_key[0]", 30),
    child("{rows: 5, columns: {id: {gen: int, null_rate: 0.1}}}", "NULLABLE_CONFLICT", ".columns.id.null_rate", 52),
    child("{rows: 5, unique: [[]], columns: {id: sequence}}", "KEY_INVALID", ".unique[0]", 25),
    child("{rows: 5, unique: [[id, id]], columns: {id: sequence}}", "KEY_INVALID", ".unique[0][0]", 26),
    child("{rows: 5, indexes: [[id, id]], columns: {id: sequence}}", "KEY_INVALID", ".indexes[0][0]", 27),
]  # fmt: skip


def total(text: str, code: str, at: int, suggestion: str = "", price: str = "decimal") -> Bad:
    """A mistake in a roll-up of the parent `p` over its children `c`."""
    schema = (
        "tables:\n  p:\n    rows: 10\n    columns:\n      id: sequence\n      a: {rollup: %s}\n"
        "  c: {per: {parent: p, count: 3}, columns: {p_id: {ref: p.id}, price: %s, t: {expr: parent.a}}}\n"
    )
    return Bad(schema % (text, price), code, "tables.p.columns.a.rollup", 6, at, suggestion)


ROLLUPS = [
    total("sum(c.prize)", "COLUMN_NOT_FOUND", 19, "sum(c.price)"),
    total("sum(d.price)", "TABLE_NOT_FOUND", 23),
    total("sum(c.price)", "EXPR_TYPE", 19, "decimal(18,4)", "float"),
    total("any(c.price)", "EXPR_TYPE", 19),
    total("max(c.price)", "EXPR_TYPE", 19, price="word"),
    total("sum(c.price)", "EXPR_OVERFLOW", 19, price="{gen: int, min: 0, max: 4000000000000000000}"),
    Bad(
        "tables:\n  p: {rows: 9, columns: {id: sequence, n: {rollup: sum(c.x * 2)}}}\n"
        "  c: {per: {parent: p, count: 1}, columns: {x: int}}",
        "COLUMN_NOT_FOUND",
        "tables.p.columns.n.rollup",
        2,
        52,
    ),
]

REFERENCES = [
    child("{rows: 5, columns: {x: {ref: q.id}}}", "REF_NOT_FOUND", ".columns.x.ref", 35),
    child("{rows: 5, columns: {x: {ref: p.idd}}}", "REF_NOT_FOUND", ".columns.x.ref", 35, "p.id"),
    child("{rows: 5, columns: {x: {ref: pid}}}", "REF_INVALID", ".columns.x.ref", 35),
    child("{rows: 5, columns: {x: {ref: [p.id, c.x]}}}", "REF_INVALID", ".columns.x.ref", 35),
    child("{rows: 5, columns: {x: {ref: p.id, pick: zipf(9)}}}", "REF_INVALID", ".columns.x.pick", 47, "zipf(1)"),
    child("{rows: 5, columns: {x: {ref: p.id, pick: unifrm}}}", "REF_INVALID", ".columns.x.pick", 47, "uniform"),
    child("{rows: 5, columns: {x: {ref: p.id, pick: earlier}}}", "REF_INVALID", ".columns.x.pick", 47),
    child("{rows: 5, columns: {x: {ref: p.id, mode: broken}}}", "REF_INVALID", ".columns.x.mode", 47, "orphan"),
    child("{rows: 20, columns: {x: {ref: p.id, unique: true}}}", "UNIQUE_IMPOSSIBLE", ".columns.x.unique", 50),
    child("{per: {parent: p, count: 2}, columns: {x: {ref: p.id, unique: true}}}", "UNIQUE_IMPOSSIBLE", ".columns.x.unique", 68),
    child("{rows: 5, columns: {id: sequence, x: {ref: c.id, pick: uniform}}}", "CYCLE", ".columns.x.pick", 61),
    child("{rows: 5, columns: {id: sequence, x: {ref: c.id, nullable: false}}}", "NULLABLE_CONFLICT", ".columns.x.nullable", 55),
    Bad("tables:\n  a: {rows: 1, columns: {id: sequence, b: {ref: b.id}}}\n"
        "  b: {rows: 1, columns: {id: sequence, a: {ref: a.id}}}\n",
        "CYCLE", "tables.b.columns.a.ref", 3, 49, "load: {suspend: [a.b]}"),
]  # fmt: skip

COLUMNS = [
    column("firstnam", "GENERATOR_NOT_FOUND", "", 10, "person.first_name"),
    column("t.id", "GENERATOR_NOT_FOUND", "", 10, "{ref: t.id}"),
    column("[1]", "TYPE_INVALID", "", 10),
    column("{type: int}", "MISSING_FIELD", "", 7),
    column("{generator: int}", "MISSING_FIELD", "", 7, "gen"),
    column("{gen: int, ref: t.id}", "FIELD_CONFLICT", ".ref", 21),
    column("{rollup: sum(x.y)}", "TABLE_NOT_FOUND", ".rollup", 23),
    column("{rollup: total}", "EXPR_SYNTAX", ".rollup", 19),
    column("{rollup: [sum]}", "TYPE_INVALID", ".rollup", 19),
    column("{rollup: mean(t.id)}", "EXPR_FUNCTION", ".rollup", 19),
    column("{rollup: sum(t)}", "MISSING_FIELD", ".rollup", 23),
    column("{rollup: sum(t.id)}", "REF_INVALID", ".rollup", 23),
    column("{extends: x}", "TEMPLATE_NOT_FOUND", ".extends", 20),
    column("{array: {of: {extends: x}}}", "TEMPLATE_NOT_FOUND", ".array.of.extends", 33),
    column("{object: [x]}", "TYPE_INVALID", ".object", 19),
    column("{object: {x: itn}}", "GENERATOR_NOT_FOUND", ".object.x", 23, "number.int"),
    column("{object: {x: {ref: t.id}}}", "REF_INVALID", ".object.x", 23),
    column("{array: {min: 1}}", "MISSING_FIELD", ".array", 18),
    column("{array: {of: int, min: 5, max: 2}}", "NUMBER_INVALID", ".array.min", 33),
    column("{array: {of: int, max: 1000}}", "NUMBER_INVALID", ".array.max", 33),
    column("{gen: int, min: 5, max: 1}", "PARAMETER_INVALID", ".min", 26),
    column("{gen: int, mni: 5}", "PARAMETER_UNKNOWN", ".mni", 21, "min"),
    column("{gen: int, params: {mni: 5}}", "PARAMETER_UNKNOWN", ".params.mni", 35, "min"),
    column("{gen: int, nul_rate: 0.1}", "UNKNOWN_FIELD", ".nul_rate", 21, "null_rate"),
    column("{gen: int, min: nope}", "PARAMETER_INVALID", ".min", 26),
    column("{gen: int, null_rate: 10}", "NULL_RATE_INVALID", ".null_rate", 32, "0.1"),
    column("{gen: int, null_rate: -0.1}", "NULL_RATE_INVALID", ".null_rate", 32),
    column("{gen: int, null_rate: often}", "NULL_RATE_INVALID", ".null_rate", 32),
    column("{gen: int, unique: maybe}", "TYPE_INVALID", ".unique", 29),
    column("{gen: int, min: 1, max: 10, unique: true}", "UNIQUE_IMPOSSIBLE", ".unique", 38),
    column("{gen: choice, values: [x, y], unique: true}", "UNIQUE_IMPOSSIBLE", ".unique", 40),
    column("{gen: choice, values: {x: 0, y: 0}}", "WEIGHTS_ZERO", ".values", 32),
    column("{expr: id % 7, unique: true}", "UNIQUE_UNSUPPORTED", ".unique", 25),
    column("{gen: uuid, type: int}", "TYPE_INVALID", ".type", 28, "uuid"),
    column("{gen: uuid, type: strin}", "TYPE_INVALID", ".type", 28, "string"),
    column("{gen: uuid, type: array(int)}", "TYPE_INVALID", ".type", 28, "uuid"),
    column("{gen: uuid, type: array(array(int))}", "TYPE_INVALID", ".type", 28, "array"),
    column("{array: {of: word}, type: array(int)}", "TYPE_INVALID", ".type", 36, "string"),
    column("{array: {of: int}, type: array(int), unique: true}", "UNIQUE_UNSUPPORTED", ".unique", 47),
    column('{gen: int, min: 1, max: 5000, type: "decimal(3,1)"}', "TYPE_INVALID", ".type", 46),
    column("{gen: int, min: 1, max: 5000000000, type: int}", "TYPE_INVALID", ".type", 52, "bigint"),
    column("{gen: pattern, template: A-####, unique: true, type: string(4)}", "TYPE_INVALID", ".type", 63, "text"),
    column("{value: hello, type: date}", "TYPE_INVALID", ".type", 31),
    column("99999999999999999999", "TYPE_INVALID", "", 10),
    column("{gen: first_name, locale: xx1}", "LOCALE_INVALID", ".locale", 36),
    column("{gen: faker.file_path, locale: xx_YY}", "LOCALE_UNKNOWN", ".locale", 41),
    column("{gen: first_name, locale: xx_YY}", "LOCALE_UNKNOWN", ".locale", 36),
    column("{gen: date, start: 2024-13-01}", "PARAMETER_INVALID", ".start", 29),
    column("{gen: datetime, after: idd}", "COLUMN_NOT_FOUND", ".after", 33, "id"),
    column("{gen: datetime, after: parent.x}", "REF_NOT_FOUND", ".after", 33),
    column("{gen: datetime, after: id}", "PARAMETER_INVALID", ".after", 33),
    column("{gen: datetime, end: today}", "TODAY_UNKNOWN", ".end", 31, "as_of"),
    column("{gen: ordinal}", "FIELD_CONFLICT", ".gen", 16, "sequence"),
    column("{gen: ''}", "TYPE_INVALID", ".gen", 16),
    column("{gen: word, type: varchar(20)}", "TYPE_INVALID", ".type", 28, "string"),
    column("{gen: int, type: Boolean}", "TYPE_INVALID", ".type", 27, "bool"),
    column("{value: {x: 1}}", "TYPE_INVALID", ".value", 18, "object"),
    column("{value: [1]}", "TYPE_INVALID", ".value", 18, "array"),
]  # fmt: skip

EXPRESSIONS = [
    column("{expr: id +}", "EXPR_SYNTAX", ".expr", 21),
    column("{expr: 'id + (2'}", "EXPR_SYNTAX", ".expr", 25),
    column("{expr: id ? 2}", "EXPR_SYNTAX", ".expr", 20, "if(condition, a, b)"),
    column("{expr: id between 1 and 3}", "EXPR_SYNTAX", ".expr", 20, "between(x, low, high)"),
    column("{expr: id ** 2}", "EXPR_SYNTAX", ".expr", 21, "power(x, n)"),
    column("{expr: id ^ 2}", "EXPR_SYNTAX", ".expr", 20, "power(x, n)"),
    column("{expr: id =< 2}", "EXPR_SYNTAX", ".expr", 21, "<="),
    column("{expr: count(*)}", "EXPR_SYNTAX", ".expr", 23),
    column("{expr: cast(id as text)}", "EXPR_SYNTAX", ".expr", 25, "text(x)"),
    column("{expr: id.text()}", "EXPR_SYNTAX", ".expr", 24, "text(id)"),
    column("{expr: date '2024-01-01'}", "EXPR_SYNTAX", ".expr", 22, "date('2024-01-01')"),
    column("{expr: id + interval '1 day'}", "EXPR_SYNTAX", ".expr", 31),
    column("{expr: interval '1 day'}", "EXPR_SYNTAX", ".expr", 26, "days(n)"),
    column("{expr: text(id) || 'x'}", "EXPR_TYPE", ".expr", 26, "concat(a, b)"),
    column("{expr: current_date}", "COLUMN_NOT_FOUND", ".expr", 17, "date(as_of)"),
    column("{expr: sum(id)}", "EXPR_FUNCTION", ".expr", 17, "rollup: sum(table.column)"),
    column("{expr: lag(id)}", "EXPR_FUNCTION", ".expr", 17, "previous.column"),
    column('{expr: "lower(\'x)"}', "EXPR_SYNTAX", ".expr", 24),
    column("{expr: idd + 1}", "COLUMN_NOT_FOUND", ".expr", 17, "id"),
    column("{expr: parent.x}", "REF_NOT_FOUND", ".expr", 17),
    column("{expr: foor(id)}", "EXPR_FUNCTION", ".expr", 17, "floor"),
    column("{expr: round()}", "EXPR_TYPE", ".expr", 17, "round(x, digits)"),
    column("{expr: \"id + 'x'\"}", "EXPR_TYPE", ".expr", 21, "concat(a, b)"),
    column("{expr: 'if(id, 1, 2)'}", "EXPR_TYPE", ".expr", 21),
    column("{expr: \"id < '2024'\"}", "EXPR_TYPE", ".expr", 21),
    column("{expr: upper(id)}", "EXPR_TYPE", ".expr", 23, "text(x)"),
    column("{expr: days(3)}", "EXPR_TYPE", ".expr", 17),
    column("{expr: \"date('2024-02-30')\"}", "DATE_INVALID", ".expr", 23, "2024-12-31"),
    column("{expr: id * 9000000000000000000}", "EXPR_OVERFLOW", ".expr", 20),
    column("{expr: id * 99999999999999999999}", "EXPR_OVERFLOW", ".expr", 22),
    column("{expr: a + 1}", "CYCLE", ".expr", 17),
]  # fmt: skip

SIBLINGS = [
    child("{per: {parent: p, count: {dist: zipf, s: 9, max: 5}}, columns: {a: 1}}", "COUNT_INVALID", ".per.count.s", 47, "1"),
    child("{per: {parent: p, count: {dist: zipf, s: 1}}, columns: {a: 1}}", "MISSING_FIELD", ".per.count", 31),
    child("{rows: 5, per: {parents: [p, p], rows: 9}, columns: {a: {ref: p.id}, b: {ref: p.id}}}", "FIELD_CONFLICT", ".rows", 13),
    child("{rows: 5, columns: {x: {ref: p.id, roots: 3}}}", "FIELD_CONFLICT", ".columns.x.roots", 48),
    child("{rows: 5, columns: {id: sequence, x: {ref: c.id, roots: 0}}}", "REF_INVALID", ".columns.x.roots", 62),
    child(
        "{rows: 5, unique_where: [{columns: [b], where: id}], columns: {id: sequence, b: sequence}}",
        "EXPR_TYPE",
        ".unique_where[0].where",
        53,
    ),
    child("{rows: 5, unique_where: [{columns: [b]}], columns: {b: sequence}}", "MISSING_FIELD", ".unique_where[0]", 31),
    child("{rows: 5, unique_where: b, columns: {b: sequence}}", "TYPE_INVALID", ".unique_where", 30),
    child(
        "{rows: 5, unique_where: {columns: [z], where: b}, columns: {b: bool}}",
        "COLUMN_NOT_FOUND",
        ".unique_where.columns[0]",
        41,
    ),
    child("{rows: 5, columns: {b: {gen: bool, unique_where: b}}}", "UNIQUE_IMPOSSIBLE", ".columns.b.unique_where", 41),
    child("{rows: 5, columns: {b: {gen: sequence, unique_where: 3}}}", "TYPE_INVALID", ".columns.b.unique_where", 59),
    child("{rows: 5, columns: {b: {running: sum(b)}}}", "FIELD_CONFLICT", ".columns.b.running", 39),
    child(
        "{per: {parent: p, count: 2}, columns: {n: int, b: {running: sun(n)}}}", "EXPR_SYNTAX", ".columns.b.running", 66, "sum(n)"
    ),
    child("{per: {parent: p, count: 2}, columns: {n: int, b: {running: sum(m)}}}", "COLUMN_NOT_FOUND", ".columns.b.running", 66),
    child(
        "{per: {parent: p, count: 2}, columns: {n: float, b: {running: sum(n)}}}",
        "EXPR_TYPE",
        ".columns.b.running",
        68,
        "decimal(18,4)",
    ),
    child(
        "{per: {parent: p, count: 2}, columns: {n: {gen: int, min: 0, max: 4611686018427387904}, b: {running: sum(n)}}}",
        "EXPR_OVERFLOW",
        ".columns.b.running",
        107,
    ),
    child("{per: {parent: p, count: 2}, columns: {b: {running: 3}}}", "EXPR_SYNTAX", ".columns.b.running", 58),
    child("{per: {parent: p, count: 2}, columns: {b: {expr: previous.c}, c: {expr: next.b}}}", "CYCLE", ".columns.c.expr", 78),
    child(
        "{per: {parent: p, count: 2}, columns: {b: {expr: previous.bb}, bc: int}}",
        "COLUMN_NOT_FOUND",
        ".columns.b.expr",
        55,
        "previous.b",
    ),
    child("{per: {parent: p, count: 9}, columns: {b: {gen: status, states: [x, y]}}}", "COUNT_INVALID", ".columns.b.gen", 54),
    child(
        "{per: {parent: p, count: 3}, columns: {b: {gen: status, transitions: {x: y, y: [x, z]}, start: w}}}",
        "PARAMETER_INVALID",
        ".columns.b.start",
        101,
    ),
    child(
        "{per: {parent: p, count: 3}, columns: {b: {gen: status, states: [x, y], transitions: {x: q}}}}",
        "PARAMETER_INVALID",
        ".columns.b.transitions",
        91,
    ),
    child(
        "{per: {parent: p, count: 3}, columns: {b: {gen: status, states: [x, y], unique: true}}}",
        "UNIQUE_IMPOSSIBLE",
        ".columns.b.unique",
        78,
    ),
    child(
        "{per: {parent: p, count: 9}, columns: {d: {gen: date, start: 2024-01-01, end: 2024-01-03, order: strict}}}",
        "UNIQUE_IMPOSSIBLE",
        ".columns.d.order",
        103,
    ),
    child(
        "{per: {parent: p, count: 9}, columns: {d: {gen: date, after: e, order: strict}, e: date}}",
        "PARAMETER_INVALID",
        ".columns.d.order",
        77,
    ),
    child("{per: {parent: p, count: 9}, columns: {d: {gen: date, order: sorted}}}", "PARAMETER_INVALID", ".columns.d.order", 67),
    child("{per: {parent: p, count: 9}, check: [n > 5], columns: {n: {gen: int, max: 4}}}", "CHECK_IMPOSSIBLE", ".check", 42),
    child("{per: {parent: p, count: 9}, check: [n > previous.n], columns: {n: {gen: int, max: 4}}}", "CYCLE", ".check[0]", 43),
    child('{rows: 5, columns: {b: {expr: "least(1, 2)"}}}', "EXPR_FUNCTION", ".columns.b.expr", 36, "min"),
    child("{rows: 5, columns: {b: {expr: \"matches('a', '(')\"}}}", "EXPR_TYPE", ".columns.b.expr", 50),
]

NAMES = [
    Bad('tables:\n  t: {rows: 1, columns: {"": sequence}}', "IDENTIFIER_INVALID", "tables.t.columns.", 2, 26),
    Bad('tables:\n  t: {rows: 1, columns: {"a\\nb": sequence}}', "IDENTIFIER_INVALID", "tables.t.columns.a\\nb", 2, 26),
    Bad('tables:\n  t: {rows: 1, columns: {"a\\u0000b": sequence}}', "IDENTIFIER_INVALID", "tables.t.columns.a\\x00b", 2, 26),
    Bad("tables:\n  t: {rows: 1, columns: {" + "x" * 64 + ": sequence}}",
        "IDENTIFIER_INVALID", "tables.t.columns." + "x" * 64, 2, 26),
    Bad("tables:\n  t: {rows: 1, columns: {A: sequence, a: sequence}}", "IDENTIFIER_DUPLICATE", "tables.t.columns.a", 2, 39),
    Bad("tables:\n  T: {rows: 1, columns: {id: sequence}}\n  t: {rows: 1, columns: {id: sequence}}",
        "IDENTIFIER_DUPLICATE", "tables.t", 3, 3),
]  # fmt: skip

DOCUMENTS = [
    Bad("tables: {t: {rows: 1, columns: {a: &x 1, b: *x}}}", "YAML_ALIAS", "tables.t.columns.a", 1, 36),
    Bad("tables:\n  t: {rows: 1, columns: {<<: {b: 1}, a: 1}}", "YAML_MERGE_KEY", "tables.t.columns.<<", 2, 26),
    Bad("tables:\n  t: {rows: !!int 1, columns: {a: 1}}", "YAML_TAG", "tables.t.rows", 2, 13),
    Bad("tables:\n  t: {rows: 1, rows: 2, columns: {a: 1}}", "YAML_DUPLICATE_KEY", "tables.t.rows", 2, 16),
    Bad("tables:\n  ? [a, b]\n  : {rows: 1}", "YAML_KEY", "tables", 2, 5),
    Bad("tables: {t: {rows: 1, columns: {a: 1}}}\n---\nb: 2", "YAML_MULTIPLE_DOCUMENTS", "", 2, 1),
    Bad("seed: 1\ntables: \x00", "YAML_ENCODING", "", 1, 1),
    Bad("tables:\n  t: {rows: 1\n  x: 2", "YAML_SYNTAX", "", 3, 4),
    Bad("seed: 1\nx: " + "[" * 60, "YAML_TOO_DEEP", "x" + "[0]" * 49, 2, 53),
    Bad("seed: 1\nx: [" + "1," * 250_000 + "]", "YAML_TOO_LARGE", "x[199995]", 2, 399_995),
]
LIMITS = [
    column("{gen: choice}", "PARAMETER_MISSING", ".gen", 16),
    column("{gen: int, min: -4611686018427387904, max: 4611686018427387904, dist: zipf}", "PARAMETER_INVALID", ".max", 53),
    column("{gen: int, when: {id: [" + "1, " * 1_001 + "]}}", "TOO_DEEP", ".when", 27),
    column("{array: {max: 64, of: {array: {max: 64, of: {array: {max: 64, of: int}}}}}}", "SCHEMA_TOO_LARGE", "", 10),
    column("{gen: int, " + ", ".join(f"m{i}: 1" for i in range(200)) + "}", "SCHEMA_TOO_LARGE", "", 10),
    child("{rows: 1, check: [" + "id > 0, " * 1_001 + "], columns: {id: sequence}}", "SCHEMA_TOO_LARGE", ".check", 23),
    child("{rows: 1, columns: {" + ", ".join(f"c{i}: 1" for i in range(2_001)) + "}}", "SCHEMA_TOO_LARGE", ".columns", 25),
    child("{per: {parents: [" + "p, " * 17 + "], rows: 1}, columns: {a: {ref: p.id}}}", "COUNT_INVALID", ".per.parents", 22),
    child("{rows: 1, columns: {a0: 1, " + ", ".join(f"a{i}: {{expr: a{i - 1} + 1}}" for i in range(1, 77)) + "}}",
          "TOO_DEEP", ".columns.a75.expr", 1_654),
    child("{rows: 1, columns: {a0: {value: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx}, "
          + ", ".join(f"a{i}: {{template: '{f'{{a{i - 1}}}' * 32}'}}" for i in range(1, 4)) + "}}",
          "EXPR_OVERFLOW", ".columns.a3", 373),
]  # fmt: skip

ALL = [*DOCUMENTS, *LIMITS, *TOP, *TABLES, *REFERENCES, *COLUMNS, *EXPRESSIONS, *ROLLUPS, *SIBLINGS, *NAMES]
