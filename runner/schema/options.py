"""`options` and `${…}`: the schema's own settings, put in before anything else is looked at.

`${users}` is the option's value; `${sf * 150000}` is arithmetic over options (exact, with
`round`, `floor`, `ceil`, `min` and `max`). A scalar that is nothing but `${…}` takes the value with
its type; inside other text it becomes text. `$${` is a literal `${`. `${env.NAME}` is a variable of the
environment, where the caller gives it; an option's own value can be one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from runner.schema.document import Node, resolve, short, step
from runner.schema.findings import Findings, Reported, did_you_mean
from runner.schema.sizes import parse_size
from runner.schema.syntax import Apply, Expr, ExprError, Literally, Name, parse

_HOLE = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
_VARIABLE = re.compile(r"\$\$\{|\$\{\s*(env\.[A-Za-z_][A-Za-z0-9_]*)\s*\}")
_MAX_BITS: Final = 512
ENV: Final = "env."

Number = Fraction | str


class _Known(dict[str, str]):
    """Options by name, and the variables of the environment that may be read; `secret` says of a name where it is from."""

    def __init__(self, env: Mapping[str, str | None], findings: Findings) -> None:
        super().__init__()
        self._env, self._findings = env, findings
        self.secret: dict[str, str] = {}
        self.touched: list[str] = []

    def value(self, name: str) -> str:
        """What a name stands for; that it was asked for is remembered. Raises `ExprError`."""
        if name.startswith(ENV):
            return self._variable(name)
        if name not in self:
            raise ExprError(0, f"there is no option {name!r}", "OPTION_NOT_FOUND", did_you_mean(name, self))
        self.touched += [self.secret[name]] if name in self.secret else []
        return self[name]

    def _variable(self, name: str) -> str:
        variable = name.removeprefix(ENV)
        if variable not in self._env:
            message = f"this schema may not read {short(variable)} from the environment; --allow-env or a setting allows it"
            raise ExprError(0, message, "ENV_REFUSED", did_you_mean(variable, self._env))
        found = self._env[variable]
        if found is None:
            raise ExprError(0, f"{short(variable)} is not set in the environment", "ENV_NOT_SET")
        self._findings.hide(found, f"${{{name}}}")
        self.touched.append(f"${{{name}}}")
        return found


def substitute(
    root: Node, settings: Mapping[str, str], findings: Findings, env: Mapping[str, str | None] = MappingProxyType({})
) -> Node:
    """The document with every `${…}` replaced; `settings` (from `--set`) override the options, `env` may be read."""
    options = _options(root, settings, env, findings)
    if root.kind != "map":
        return root
    entries = tuple((k, v if k.text == "options" else _fill(v, options, findings)) for k, v in root.entries)
    return replace(root, entries=entries)


def _options(root: Node, settings: Mapping[str, str], env: Mapping[str, str | None], findings: Findings) -> _Known:
    node = root.get("options") if root.kind == "map" else None
    if node and node.kind != "map" and node.value is not None:
        findings.error(node, "TYPE_INVALID", f"options is a mapping of names to values, not {node.described}")
    found = _Known(env, findings)
    for key, value in node.entries if node and node.kind == "map" else ():
        if value.kind != "scalar" or value.value is None:
            findings.error(value, "OPTION_INVALID", f"the option {key.text!r} needs one value, not {value.described}")
        found[key.text] = _default(value, found, findings) if key.text not in settings else ""
        if found.touched:
            found.secret[key.text] = found.touched.pop()
    for name, text in settings.items():
        if name not in found:
            at = replace(root, kind="scalar", trail=step(step(None, "options"), name), line=0, column=0)
            message = f"the schema declares no option {name!r}" + (f"; it has {', '.join(found)}" if found else "")
            findings.error(at, "OPTION_NOT_FOUND", message, did_you_mean(name, found))
        found[name] = text
    return found


def _default(node: Node, known: _Known, findings: Findings) -> str:
    """An option's own value; the environment alone is looked up in it."""

    def value(match: re.Match[str]) -> str:
        if match[1] is None:
            return "${"
        if not _VARIABLE.fullmatch(match[0]):
            raise ExprError(0, f"an option's own value cannot use {short(match[0])!r}; use it where the value is needed")
        return known.value(match[1].strip())

    try:
        return _HOLE.sub(value, node.text)
    except ExprError as error:
        code = error.code if error.code.startswith(("OPTION", "ENV")) else "OPTION_INVALID"
        findings.error(node, code, error.message, error.suggestion)
        return "1"


def _fill(node: Node, options: _Known, findings: Findings) -> Node:
    if node.kind == "map":
        return replace(node, entries=tuple((k, _fill(v, options, findings)) for k, v in node.entries))
    if node.kind == "list":
        return replace(node, items=tuple(_fill(v, options, findings) for v in node.items))
    if not isinstance(node.value, str) or "${" not in node.text:
        return node
    try:
        options.touched.clear()
        filled = _fill_text(node, lambda inner: _evaluate_text(inner, options))
        return replace(filled, secret=" and ".join(dict.fromkeys(options.touched)))
    except ExprError as error:
        code = error.code if error.code.startswith(("OPTION", "ENV")) else "OPTION_INVALID"
        at = replace(node, secret=options.touched[-1]) if options.touched else node
        findings.error(at, code, error.message, error.suggestion)
    except Reported:
        pass
    return node.scalar("1")


def _fill_text(node: Node, value: Callable[[str], str]) -> Node:
    whole = _HOLE.fullmatch(node.text)
    text = _HOLE.sub(lambda m: "${" if m[1] is None else value(m[1]), node.text)
    if resolve(text) in (math.inf, -math.inf):
        raise ExprError(0, "this number is too large")
    if (whole and whole[1] is not None) or node.plain:
        return replace(node, text=text, value=resolve(text))
    return replace(node, text=text, value=text)


def _evaluate_text(inner: str, options: _Known) -> str:
    if inner.strip() in options or _VARIABLE.fullmatch(f"${{{inner}}}"):
        return options.value(inner.strip())
    return _text(_evaluate(parse(inner), options))


def _text(value: Number) -> str:
    if isinstance(value, str):
        return value
    if value.denominator == 1:
        return str(value.numerator)
    with localcontext() as context:
        context.prec = 28
        return format(Decimal(value.numerator) / Decimal(value.denominator), "f")


def _evaluate(tree: Expr, options: _Known) -> Number:
    match tree:
        case Literally(value=str() as text):
            return text
        case Literally(value=value):
            if value is None or isinstance(value, bool):
                raise ExprError(tree.offset, "only numbers, text and options can stand in ${…}")
            return Fraction(value)
        case Name(parts=parts):
            text = options.value(".".join(parts))
            size = parse_size(text)
            return text if size is None else size
        case Apply():
            return _calculate(tree, [_number(a, options) for a in tree.args])


def _number(tree: Expr, options: _Known) -> Fraction:
    value = _evaluate(tree, options)
    if isinstance(value, str):
        raise ExprError(tree.offset, f"{value!r} is not a number")
    return value


_ARITHMETIC: Final[Mapping[str, tuple[int, Callable[..., Fraction]]]] = {
    "+": (2, lambda a, b: a + b),
    "-": (2, lambda a, b: a - b),
    "*": (2, lambda a, b: a * b),
    "/": (2, lambda a, b: a / b),
    "//": (2, lambda a, b: Fraction(a // b)),
    "%": (2, lambda a, b: a % b),
    "negate": (1, lambda a: -a),
    "round": (1, lambda a: Fraction(math.floor(abs(a) + Fraction(1, 2)) * (1 if a >= 0 else -1))),
    "floor": (1, lambda a: Fraction(math.floor(a))),
    "ceil": (1, lambda a: Fraction(math.ceil(a))),
    "min": (0, min),
    "max": (0, max),
}


def _calculate(tree: Apply, args: list[Fraction]) -> Fraction:
    arity, function = _ARITHMETIC.get(tree.function, (-1, min))
    if arity < 0:
        near = did_you_mean(tree.function, _ARITHMETIC)
        raise ExprError(tree.offset, f"{tree.function!r} cannot be used in ${{…}}", suggestion=near)
    if len(args) != arity and (arity or not args):
        raise ExprError(tree.offset, f"{tree.function} takes {arity or 'one or more'} numbers, not {len(args)}")
    try:
        result = function(*args)
    except ZeroDivisionError:
        raise ExprError(tree.offset, "this divides by zero") from None
    if result.numerator.bit_length() + result.denominator.bit_length() > _MAX_BITS:
        raise ExprError(tree.offset, "this number is too large")
    return result
