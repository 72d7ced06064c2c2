"""One check from text to plan: read, fill in options, look at the form, resolve, assemble."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from runner.plan import Plan
from runner.schema import Checked
from runner.schema.access import Access
from runner.schema.assemble import assemble
from runner.schema.buildconfig import Requested, is_build_config, translate
from runner.schema.document import Node
from runner.schema.feasibility import Feasible
from runner.schema.findings import Findings, Reported
from runner.schema.includes import with_includes
from runner.schema.limits import check_size, check_texts
from runner.schema.options import substitute
from runner.schema.reading import read
from runner.schema.structure import read_schema
from runner.schema.templates import expanded


def check_source(
    source: str | bytes | Mapping[str, Any],
    options: Mapping[str, str],
    rows: Mapping[str, str],
    seed: int | None,
    today: date | None,
    access: Access,
) -> Checked:
    """See `runner.schema.check`."""
    findings = Findings()
    plan: Plan | None = None
    distinct: tuple[Feasible, ...] = ()
    requested: Requested | None = None
    try:
        root = read(source, findings)
        if is_build_config(root):
            root, requested = translate(root, findings)
        check_size(root, findings)
        root = with_includes(root, access, findings)
        root = substitute(root, {str(k): str(v) for k, v in options.items()}, findings, access.env)
        root = expanded(root, findings)
        check_size(root, findings)
        schema = read_schema(root, {str(k): str(v) for k, v in rows.items()}, seed, today, findings)
        plan, distinct = assemble(schema, findings)
        if plan and not findings.failed:
            check_texts(plan, root, findings)
    except Reported:
        pass
    except RecursionError:
        findings.error(Node("map", None, 1, 1), "TOO_DEEP", "the columns of this schema build upon one another too deeply")
    found = findings.sorted()
    return Checked(None if findings.failed else plan, found, requested, distinct)
