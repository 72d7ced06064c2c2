"""Make the parts of the documents that come from the code; `--check` only says whether they are up to date.

A part stands between `<!-- made: NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
OF_THE_MACHINE = {"data_dir": "`~/.mockcraft`", "python_path": "the running one"}


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a line break within a cell is shown as ↵."""
    lines = [list(headings), ["---" for _ in headings], *(list(row) for row in rows)]
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;').replace(chr(10), '↵') for cell in line)} |\n" for line in lines)


def settings() -> str:
    """Every setting: key, environment name, default, meaning."""
    from services.common.settings import ENV_PREFIX, Settings

    rows = []
    for key, (default, meaning) in setting_fields(Settings).items():
        name = ENV_PREFIX + key.upper().replace(".", "__")
        rows.append((f"`{key}`", f"`{name}`", OF_THE_MACHINE.get(key, default), meaning))
    return table(("key", "environment", "default", "meaning"), rows)


def setting_fields(model: type, prefix: str = "") -> dict[str, tuple[str, str]]:
    """Default and meaning of each setting, by dotted key."""
    from pydantic import BaseModel, SecretStr

    assert issubclass(model, BaseModel)
    found: dict[str, tuple[str, str]] = {}
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            found |= setting_fields(type(default), f"{prefix}{name}.")
            continue
        if isinstance(default, SecretStr):
            default = default.get_secret_value()
        shown = (
            ", ".join(default) if isinstance(default, tuple) else str(default).lower() if isinstance(default, bool) else default
        )
        found[prefix + name] = (f"`{shown}`" if shown not in ("", {}, None) else "empty", field.description or "")
    return found


def formats() -> str:
    """Every format with its options."""
    from runner.formats import format_names, format_options

    parts = []
    for name in format_names():
        rows = ((f"`{o.name}`", o.kind, f"`{_shown(o.default)}`", o.help + _choices(o.choices)) for o in format_options(name))
        parts.append(f"### {name}\n\n" + table(("option", "kind", "default", "meaning"), rows))
    return "\n".join(parts)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) or " "


def _choices(choices: tuple[str, ...]) -> str:
    return f" One of {', '.join(f'`{c}`' for c in choices)}." if choices else ""


def generators() -> str:
    """Every generator by category."""
    from runner.generators import catalogue
    from runner.values import example_of

    parts = []
    found = sorted(catalogue().values(), key=lambda g: (g.category, g.name))
    for category in dict.fromkeys(g.category for g in found):
        rows = (
            (f"`{g.name}`", g.description, ", ".join(f"`{p.name}`" for p in g.parameters), f"`{_cut(str(example_of(g)))}`")
            for g in found
            if g.category == category
        )
        parts.append(f"### {category}\n\n" + table(("generator", "makes", "parameters", "for example"), rows))
    return "\n".join(parts)


def aliases() -> str:
    """Every other name of each generator with the tool that has it; ours first."""
    from runner.generators import catalogue
    from runner.generators.aliases import borrowed
    from runner.generators.registry import registered

    rows = []
    for name in catalogue():
        own = [f"`{alias}`" for alias in registered()[name].aliases]
        told = [_alias(alias.name, alias.params) + f" ({alias.origin})" for alias in borrowed() if alias.target == name]
        if own or told:
            rows.append((f"`{name}`", ", ".join((*own, *told))))
    return table(("generator", "is also"), rows)


def _alias(name: str, params: Mapping[str, object]) -> str:
    bound = " ".join(f"{key}={value}" for key, value in params.items())
    return f"`{name}`" + (f" as `{bound}`" if bound else "")


def faker_alone() -> str:
    """The English methods of Faker that no generator of ours stands for."""
    from runner.generators import UnknownGenerator, find
    from runner.generators.longtail import faker_methods

    def native(method: str) -> bool:
        try:
            return bool(find(method))
        except UnknownGenerator:
            return False

    return ", ".join(f"`{method}`" for method in faker_methods() if not native(method)) + "\n"


def absent() -> str:
    """Every name that leads nowhere on purpose, with the reason."""
    from runner.generators.absent import ABSENT

    reasons: dict[str, list[str]] = {}
    for name, reason in ABSENT.items():
        reasons.setdefault(reason, []).append(f"`{name}`")
    return table(("names", "why there is no generator"), ((", ".join(names), reason) for reason, names in reasons.items()))


def _cut(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def locales() -> str:
    """Every locale with names of its own."""
    from runner.pools import locales

    return " ".join(f"`{name}`" for name in locales()) + "\n"


def findings() -> str:
    """Every code a finding can carry."""
    from runner.schema.findings import CODES

    return table(("code", "meaning"), ((f"`{code}`", meaning) for code, meaning in CODES.items()))


def functions() -> str:
    """Every function of expressions."""
    from runner.schema.expression import FUNCTIONS

    return table(("function", "gives"), ((f"`{f.usage}`", f.description) for f in FUNCTIONS.values()))


def failpoints() -> str:
    """Every failpoint, and when it is passed."""
    from runner.failpoints import NAMES

    return table(("failpoint", "passed when"), ((f"`{name}`", meaning) for name, meaning in NAMES.items()))


PARTS: dict[str, Callable[[], str]] = {
    "failpoints": failpoints,
    "settings": settings,
    "formats": formats,
    "generators": generators,
    "aliases": aliases,
    "absent": absent,
    "faker_alone": faker_alone,
    "locales": locales,
    "findings": findings,
    "functions": functions,
}


def made(text: str) -> str:
    """A page with its made parts made anew."""
    return PART.sub(lambda m: f"{m[1]}\n{PARTS[m[2]]()}\n{m[3]}", text)


def main() -> int:
    """Exit status 1 when `--check` finds a stale page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    check = parser.parse_args().check
    stale = []
    for page in sorted((ROOT / "docs").glob("*.md")):
        text = page.read_text()
        fresh = made(text)
        if fresh != text:
            stale.append(page)
            if not check:
                page.write_text(fresh)
    for page in stale:
        sys.stderr.write(f"{'stale' if check else 'made'}: docs/{page.name}{' (run `make docs`)' if check else ''}\n")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
