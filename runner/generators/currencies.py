"""What is known of each currency: code, name, symbol, digits after the point, and how many of it buy what a US dollar does."""

from __future__ import annotations

from typing import Any, Final

from runner import pools
from runner.generators.registry import ParameterError

CURRENCY: Final = "finance/currency"


def currency_facts(code: str | None) -> dict[str, Any]:
    """The fields of a currency (`code`, `name`, `symbol`, `number`, `digits`, `units`), US dollars where none is given.

    Raises `ParameterError` where there is no such currency.
    """
    every = pools.pool(CURRENCY)
    wanted = (code or "USD").strip().upper()
    codes = every.field("code").to_pylist()
    if wanted not in codes:
        raise ParameterError(f"there is no currency {wanted!r}; give a code such as EUR, JPY or IDR", "currency")
    return {name: every.field(name)[codes.index(wanted)].as_py() for name in every.fields}
