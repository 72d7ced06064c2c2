"""From columns as they were written to operations: generators built, expressions compiled, references followed.

Columns are resolved when they are asked for, each once, so they may use one another in any order;
a circle is found when a column is asked for while it is being resolved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from runner.draws import derive_key
from runner.generators.registry import Made, ParameterError
from runner.ops import At, Call, Column, Const, ListOf, Lookup, Nulls, Op, Ordinal, ParentRow
from runner.schema import cases, convert, distinct, nested, references, totals
from runner.schema.bounds import Facts
from runner.schema.combinations import Combined, combine
from runner.schema.composed_functions import ELSEWHERE
from runner.schema.constants import constant
from runner.schema.document import Node, short
from runner.schema.expression import as_of, compile_expression
from runner.schema.facts import Analysis
from runner.schema.findings import Findings, Reported, did_you_mean
from runner.schema.generating import Around, build_column, look_around, look_beside
from runner.schema.model import ColumnSpec, RefSpec, SchemaSpec, TableSpec
from runner.schema.operators import condition
from runner.schema.resolved import MAX_CHAIN, Resolved
from runner.schema.syntax import ExprError
from runner.schema.terms import NULL, Scope, Term
from runner.types import INT, JSON, STRING, Type


class Resolver:
    """Resolves the columns of one schema. Everything wrong goes to the findings; `Reported` is raised to say so."""

    def __init__(self, schema: SchemaSpec, rows: dict[str, int], findings: Findings) -> None:
        self._schema, self._rows, self._findings = schema, rows, findings
        self._known: dict[tuple[str, str], Resolved | None] = {}
        self._parent_rows: dict[tuple[str, str], Op] = {}
        self._combined: dict[str, Combined] = {}
        self._stack: list[tuple[str, str]] = []
        self._around: dict[str, Around] = {}
        self._analyses = {name: self._analysis(table) for name, table in schema.tables.items()}

    def resolve(self, table: str, column: str) -> Resolved:
        """The column, resolved. Raises `Reported` when it is broken."""
        place = (table, column)
        if self._findings.full:
            raise Reported
        if place in self._stack:
            raise self._circle(place)
        if place not in self._known:
            self._known[place] = None
            self._stack.append(place)
            try:
                self._known[place] = self._column(self._schema.tables[table], self._schema.tables[table].columns[column])
            finally:
                self._stack.pop()
        found = self._known[place]
        if found is None:
            raise Reported
        return found

    def _circle(self, place: tuple[str, str]) -> Reported:
        circle = [*self._stack[self._stack.index(place) :], place]
        asking = self._schema.tables[self._stack[-1][0]].columns[self._stack[-1][1]]
        path = " → ".join(f"{t}.{c}" for t, c in circle)
        hint = "order: ascending" if len(circle) == 2 and asking.kind == "gen" else ""
        return self._findings.fail(asking.source, "CYCLE", f"columns cannot depend on each other in a circle: {path}", hint)

    def _analysis(self, table: TableSpec) -> Analysis:
        find = self._facts_finder(table.name)
        if table.per is None:
            return Analysis(self._rows[table.name], find, beyond=self.facts)
        parents = self._rows.get(table.per.parent, 1)
        return Analysis(self._rows[table.name], find, parents, max(table.per.counts), self.facts)

    def facts(self, table: str, op: Op) -> Facts:
        """What is known of an operation of the table."""
        return self._analyses[table].facts(op)

    def _facts_finder(self, table: str) -> Callable[[str, str], Facts]:
        return lambda other, column: self.resolve(other or table, column).facts

    def is_unique(self, table: str, column: str) -> bool:
        """Whether a column is distinct on every row."""
        spec = self._schema.tables[table]
        return column in spec.columns and (distinct.wanted(spec, spec.columns[column]) or self.resolve(table, column).unique)

    def combined(self, table: TableSpec) -> Combined:
        """How the table's columns are distinct together."""
        found = self._combined.get(table.name)
        if found is None:
            found = self._combined[table.name] = combine(self._schema, table, self._rows, look_beside(self._schema, table))
        return found

    # -- one column ---------------------------------------------------------------------------

    def _column(self, table: TableSpec, spec: ColumnSpec) -> Resolved:
        unique = distinct.wanted(table, spec)
        made, name, version = self._made(table, spec, unique)
        with self._reporting(spec, spec.type_node or spec.source):
            op, type_ = self._typed(table, spec, made, unique)
        if unique:
            self._check_unique(table, spec, made, op)
        if spec.null_rate and spec.kind != "ref":
            op = Nulls(derive_key(self._schema.seed, table.name, spec.name, "null"), spec.null_rate, op)
        facts = self.facts(table.name, op)
        if facts.depth > MAX_CHAIN:
            message = f"{spec.name!r} builds on columns and operations {facts.depth} deep; at most {MAX_CHAIN} can be followed"
            raise self._findings.fail(spec.source, "TOO_DEEP", message)
        return Resolved(op, type_, facts, unique or made.unique, name, version, made.distinct)

    def _made(self, table: TableSpec, spec: ColumnSpec, unique: bool) -> tuple[Made, str, int]:
        match spec.kind:
            case "gen" if distinct.is_ordinal(replace(spec, null_rate=0)):
                return self._ordinal(table, spec), "ordinal", 1
            case "gen" if spec.name in (index := self.combined(table).index):
                made, name, version = build_column(
                    self._schema, table, spec, 1, True, self._findings, lambda name: self._find_column(table, spec, name),
                    self._around_of(table), index[spec.name],
                )  # fmt: skip
                return replace(made, unique=False), name, version
            case "gen":
                return build_column(
                    self._schema, table, spec, self._rows[table.name], unique, self._findings,
                    lambda name: self._find_column(table, spec, name), self._around_of(table),
                )  # fmt: skip
        return self._composed(table, spec), "", 1

    def _composed(self, table: TableSpec, spec: ColumnSpec) -> Made:
        """What a column is that no generator makes."""
        match spec.kind:
            case "value":
                return self._constant(spec.source)
            case "expr":
                return self._expression(table, spec)
            case "rollup" | "running":
                return self._total(table, spec)
            case "template":
                return self._template(table, spec.source)
            case "case":
                return self._case(table, spec)
            case "object":
                return Made(nested.object_of([(name, self._answer(table, part)) for name, part in spec.members]), JSON)
            case "array":
                key = derive_key(self._schema.seed, table.name, spec.name, "items")
                items = [self._answer(table, part) for _, part in spec.members]
                if spec.type is not None and spec.type.item is not None:
                    return self._array(table, spec, spec.type, items, key)
                return Made(nested.array_of(items, spec.least, key), JSON)
        return self._reference(table, spec)

    def _array(self, table: TableSpec, spec: ColumnSpec, type_: Type, items: list[Term], key: int) -> Made:
        """An array whose items have one type."""
        assert type_.item is not None
        with self._reporting(spec, spec.type_node or spec.source):
            ops = [convert.convert(item.op, item.type, type_.item) for item in items]
            fitted = [convert.fit(op, type_.item, self.facts(table.name, op), False) for op in ops]
        return Made(ListOf(nested.count_of(len(items), spec.least, key), tuple(fitted), type_), type_)

    def _around_of(self, table: TableSpec) -> Around:
        if table.name not in self._around:
            self._around[table.name] = look_around(
                self._schema, table, self._rows[table.name], look_beside(self._schema, table), self.combined(table).index
            )
        return self._around[table.name]

    def _typed(self, table: TableSpec, spec: ColumnSpec, made: Made, unique: bool) -> tuple[Op, Type]:
        facts = self.facts(table.name, made.op)
        if spec.type is None:
            narrowed = convert.narrowed(made.type, facts) if spec.kind in ("expr", "rollup", "running") else made.type
            return made.op, convert.inferred(narrowed, facts)
        op = convert.convert(made.op, made.type, spec.type)
        if unique and convert.lossy(made.type, spec.type):
            raise convert.ConvertError(f"as {spec.type} the values would not stay unique", str(made.type))
        return convert.fit(op, spec.type, self.facts(table.name, op), unique), spec.type

    @contextmanager
    def _reporting(self, spec: ColumnSpec, at: Node) -> Iterator[None]:
        try:
            yield
        except convert.ConvertError as error:
            raise self._findings.fail(at, "TYPE_INVALID", str(error), error.suggestion) from None
        except ExprError as error:
            at, offset = (spec.source, error.offset) if spec.kind in ("expr", "rollup", "running") else (at, 0)
            raise self._findings.fail(at, error.code, error.message, error.suggestion, offset) from None

    def _check_unique(self, table: TableSpec, spec: ColumnSpec, made: Made, op: Op) -> None:
        rows, at = self._rows[table.name], distinct.asked_at(spec)
        needed = rows - rows * spec.null_rate // 10**9
        if made.distinct is not None and needed > made.distinct:
            name = distinct.described(table, spec)
            message = f"{name}: unique needs {needed:,} distinct values, but only {made.distinct:,} exist"
            raise self._findings.fail(at, "UNIQUE_IMPOSSIBLE", message)
        if made.unique or rows <= 1 or distinct.injective(op, table, self.is_unique):
            return
        message = f"{distinct.described(table, spec)} must be unique, but it cannot be shown that these values are"
        raise self._findings.fail(at, "UNIQUE_UNSUPPORTED", message, "sequence" if spec.name in table.primary_key else "")

    # -- kinds --------------------------------------------------------------------------------

    def _ordinal(self, table: TableSpec, spec: ColumnSpec) -> Made:
        for name in spec.params:
            self._findings.error(spec.node.key(name), "PARAMETER_UNKNOWN", f"ordinal has no parameter {short(name)!r}")
        if table.misread:
            raise Reported
        if table.per is None:
            message = "ordinal numbers the children of one parent; this table is not made by per: {parent: …}"
            raise self._findings.fail(spec.source, "FIELD_CONFLICT", message, "sequence")
        return Made(Call("add", (Ordinal(), Const(1))), INT, max(table.per.counts))

    def _constant(self, node: Node) -> Made:
        made = constant(node)
        if made is None:
            message = f"a constant is text, a number of up to 64 bits, a boolean or null, not {node.described}"
            near = {"map": "object", "list": "array"}.get(node.kind, "")
            raise self._findings.fail(node, "TYPE_INVALID", message, near)
        return made

    def _expression(self, table: TableSpec, spec: ColumnSpec) -> Made:
        source = spec.source
        if source.kind != "scalar" or source.value is None:
            raise self._findings.fail(source, "TYPE_INVALID", f"an expression is text, not {source.described}")
        with self._reporting(spec, source):
            term = compile_expression(source.text, self._scope(table))
        return Made(term.op, term.type)

    def _template(self, table: TableSpec, source: Node) -> Made:
        if not isinstance(source.value, str):
            raise self._findings.fail(source, "TYPE_INVALID", f"a template is text, not {source.described}")
        with self._at(source):
            return Made(cases.template(source.text, self._scope(table)).op, STRING)

    def _case(self, table: TableSpec, spec: ColumnSpec) -> Made:
        scope, conditions, answers = self._scope(table), list[Op](), list[Term]()
        for node, branch in spec.cases:
            with self._at(node):
                conditions.append(cases.when(node, scope))
            answers.append(self._answer(table, branch))
        other = self._answer(table, spec.otherwise) if spec.otherwise else Term(Const(None, "string"), NULL, 0)
        with self._at(spec.source if spec.kind == "case" else spec.node):
            term = cases.chosen(conditions, [*answers, other], scope)
        return Made(term.op, term.type)

    def _answer(self, table: TableSpec, spec: ColumnSpec) -> Term:
        """What a column is as a part of another: under a condition, in an object or an array."""
        made, _, _ = self._made(table, spec, False)
        with self._reporting(spec, spec.type_node or spec.source):
            op, type_ = self._typed(table, spec, made, False)
        if spec.null_rate:
            op = Nulls(derive_key(self._schema.seed, table.name, spec.name, "null"), spec.null_rate, op)
        return Term(op, type_, 0)

    @contextmanager
    def _at(self, node: Node) -> Iterator[None]:
        """Report what is wrong with an expression at its node."""
        try:
            yield
        except ExprError as error:
            raise self._findings.fail(node, error.code, error.message, error.suggestion, error.offset) from None

    def condition(self, table: TableSpec, node: Node) -> Op:
        """The operation of a condition over the columns of a table's row. Raises `Reported`."""
        with self._at(node):
            return condition(compile_expression(node.text, self._scope(table)))

    def op_of(self, table: str, column: str) -> Op:
        """The operation of a column. Raises `Reported`."""
        return self.resolve(table, column).op

    def refuse_circle(self, table: TableSpec, node: Node, column: str) -> None:
        """Report a condition that reads, in other rows, a column those rows may have to draw again."""
        if column:
            message = (
                f"a condition of {table.name!r} cannot look at {column!r} of other rows, which they may have to draw again for it"
            )
            self._findings.error(node, "CYCLE", message)

    def refuse_check(self, table: TableSpec, column: str) -> None:
        """Report conditions that leave a column no value."""
        at = table.node.get("check") or table.key
        self._findings.error(at, "CHECK_IMPOSSIBLE", f"no value that {table.name}.{column} can have satisfies these conditions")

    def _total(self, table: TableSpec, spec: ColumnSpec) -> Made:
        source = spec.source
        if source.kind != "scalar" or source.value is None:
            what = "a roll-up such as sum(orders.total)" if spec.kind == "rollup" else "a running total such as sum(amount)"
            raise self._findings.fail(source, "TYPE_INVALID", f"{what}, not {source.described}")
        with self._reporting(spec, source):
            made = totals.total(source.text, spec.kind == "running", table, self._schema.tables, self._type_of)
            if not self.facts(table.name, made.op).fits:
                raise ExprError(0, f"{source.text} can grow past 64 bits; narrow the column or the counts", "EXPR_OVERFLOW")
        return made

    def _type_of(self, table: TableSpec, column: str) -> Type:
        return self._resolve_name(table, column, "").type

    def _scope(self, table: TableSpec) -> Scope:
        scope = Scope(
            lambda parts, offset: self._name(table, parts, offset, scope),
            lambda op: self.facts(table.name, op),
            self._schema.as_of,
        )
        return scope

    def _name(self, table: TableSpec, parts: tuple[str, ...], offset: int, scope: Scope) -> Term:
        if parts == ("as_of",) and "as_of" not in table.columns:
            return as_of(scope, offset)
        try:
            made = self._find_parts(table, parts)
        except ParameterError as error:
            raise ExprError(offset, str(error), error.code, error.suggestion) from None
        return Term(made.op, made.type, offset)

    # -- names --------------------------------------------------------------------------------

    def _find_column(self, table: TableSpec, spec: ColumnSpec, name: str) -> Made:
        """What a generator asks for: a column of the row, `parent.x`, `<reference>.parent.x`. Raises `ParameterError`."""
        if name in table.columns:
            return replace(self._find_parts(table, (name,)), source=self._resolve_name(table, name, "").op)
        return self._find_parts(table, tuple(name.split(".")))

    def _find_parts(self, table: TableSpec, parts: tuple[str, ...]) -> Made:
        if len(parts) == 1:
            found = self._resolve_name(table, parts[0], "")
            return Made(Column(parts[0]), found.type, unique=found.unique)
        parent, row = self._parent(table, parts[0])
        for part in parts[1:-1]:
            above, further = self._parent(self._schema.tables[parent], part)
            parent, row = above, At(parent, further, row)
        found = self._resolve_name(self._schema.tables[parent], parts[-1], f"{'.'.join(parts[:-1])}.")
        return Made(Lookup(parent, parts[-1], row), found.type)

    def _resolve_name(self, table: TableSpec, name: str, prefix: str) -> Resolved:
        if name in table.columns:
            return self.resolve(table.name, name)
        columns = table.node.get("columns")
        if columns and name in columns.names:
            raise Reported
        near = did_you_mean(name, table.columns) or ("" if prefix else ELSEWHERE.get(name.lower(), ""))
        message = f"the table {table.name!r} has no column {short(name)!r}"
        raise ParameterError(message, suggestion=prefix + near if near else "", code="COLUMN_NOT_FOUND")

    def _parent(self, table: TableSpec, name: str) -> tuple[str, Op]:
        """The table and row that a name before a dot stands for."""
        refs, column = table.refs, table.columns.get(name)
        ref = refs.get(name) or (column.ref if column else None)
        if ref:
            return self._row_of(table, ref)
        if name in ("previous", "next"):
            return table.name, references.neighbour(table, name, self._rows[table.name])
        if name == "parent" and table.per and table.per.parent in self._schema.tables:
            return table.per.parent, ParentRow()
        if name == "parent" and len(refs) == 1:
            return self._row_of(table, next(iter(refs.values())))
        if name == "parent" and table.per:
            raise Reported
        known = [*refs, "previous", "next", *(["parent"] if table.per or len(refs) == 1 else [])]
        message = f"{short(name)!r} is no reference of {table.name!r}"
        if name == "parent":
            which = f"say which: {' or '.join(f'{r}.…' for r in refs)}" if refs else "it has no parent"
            message = f"{table.name!r} has {len(refs) or 'no'} references; {which}"
        raise ParameterError(message, suggestion=did_you_mean(name, known), code="REF_NOT_FOUND")

    # -- references ---------------------------------------------------------------------------

    def _row_of(self, table: TableSpec, ref: RefSpec) -> tuple[str, Op]:
        if ref.parent not in self._schema.tables:
            near = did_you_mean(ref.parent, self._schema.tables)
            raise self._findings.fail(ref.place, "REF_NOT_FOUND", f"there is no table {short(ref.parent)!r}", near)
        key = (table.name, ref.name)
        if key not in self._parent_rows:
            unique = ref.unique or any(distinct.wanted(table, c) for c in table.columns.values() if c.ref is ref)
            index = self.combined(table).index.get(ref.name)
            references.warn_stored(table, ref, self._rows, self._findings)
            try:
                self._parent_rows[key] = references.parent_row(
                    table, replace(ref, unique=unique), self._schema.seed, self._rows[table.name], self._rows[ref.parent], index
                )
            except references.RefError as error:
                raise self._findings.fail(ref.node.get(error.field) or ref.place, error.code, str(error)) from None
        return ref.parent, self._parent_rows[key]

    def _reference(self, table: TableSpec, spec: ColumnSpec) -> Made:
        ref = spec.ref
        assert ref is not None
        parent, row = self._row_of(table, ref)
        try:
            found = self._resolve_name(self._schema.tables[parent], spec.target, f"{parent}.")
        except ParameterError as error:
            raise self._findings.fail(ref.place, "REF_NOT_FOUND", str(error), error.suggestion) from None
        if not ref.orphan:
            return Made(Lookup(parent, spec.target, row), found.type, self._rows[parent] or None)
        try:
            op = references.orphan(ref, spec.name, spec.target, found.type, found.facts, row, self._schema.seed, table.name)
        except references.RefError as error:
            raise self._findings.fail(ref.node.get(error.field) or ref.place, error.code, str(error)) from None
        return Made(op, STRING if found.type.kind == "string" else found.type)
