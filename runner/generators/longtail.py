"""Faker's providers as generators: `faker.<method>`, one Python call per value."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from runner.generators.compose import Call, const
from runner.generators.registry import Generator, Made, Make, Parameter, ParameterError
from runner.ops import Op, Python
from runner.types import BIGINT, BOOL, STRING, Type


def faker_generator(method: str) -> Generator | None:
    """The generator of a provider's method, None where no locale that we know of has it."""
    provider = _method(method, "en_US") or next(filter(None, (_method(method, locale) for locale in _TRIED)), None)
    if provider is None:
        return None
    return Generator(
        name=f"faker.{method}",
        function=lambda make, **params: _build(method, make, params),
        description=_first_line(provider),
        category="faker",
        output="string",
        parameters=_parameters(provider),
        keywords=("faker",),
        slow=True,
    )


_TRIED = (
    "id_ID",
    "de_DE",
    "fr_FR",
    "es_ES",
    "it_IT",
    "pt_BR",
    "pl_PL",
    "ru_RU",
    "ja_JP",
    "zh_CN",
    "ko_KR",
    "en_GB",
    "nl_NL",
    "tr_TR",
    "hi_IN",
)


@lru_cache(maxsize=256)
def _method(method: str, locale: str) -> Callable[..., Any] | None:
    """A public method of a provider (never one of Faker's own machinery)."""
    from faker import Faker
    from faker.providers import BaseProvider

    if not method.isidentifier() or method.startswith("_"):
        return None
    try:
        providers = Faker(locale).factories[0].get_providers()
    except AttributeError:  # no such locale
        return None
    found = next((getattr(p, method) for p in providers if callable(getattr(p, method, None))), None)
    machinery = method in _MACHINERY or (hasattr(BaseProvider, method) and method not in _BASE)
    return None if machinery else found


@lru_cache(maxsize=1)
def faker_methods() -> tuple[str, ...]:
    """The methods of Faker's providers in English that make one value, sorted."""
    from faker import Faker

    names = {name for p in Faker("en_US").factories[0].get_providers() for name in dir(p)}
    return tuple(sorted(name for name in names if not name.endswith(("_elements", "_choices")) and _method(name, "en_US")))


_MACHINERY = frozenset({"add_provider", "seed", "seed_instance", "format", "parse", "locale", "generator", "random"})
_BASE = frozenset({
    "bothify", "hexify", "language_code", "lexify", "numerify", "random_digit", "random_digit_not_null", "random_digit_or_empty",
    "random_element", "random_int", "random_letter", "random_lowercase_letter", "random_number", "random_uppercase_letter",
})  # fmt: skip


def _first_line(provider: Callable[..., Any]) -> str:
    text = (inspect.getdoc(provider) or "").strip().partition("\n")[0].rstrip(".")
    return f"Faker: {text or provider.__name__.replace('_', ' ')}"


def _parameters(provider: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The method's own parameters, passed on as they are."""
    signature = inspect.signature(provider)
    return tuple(
        Parameter(p.name, "any", "As in Faker")
        for p in signature.parameters.values()
        if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    )


def _build(method: str, make: Make, params: dict[str, Any]) -> Made:
    """Draws one value at plan time: to refuse wrong parameters and to see the type."""
    name, locale = f"faker.{method}", make.locale
    if make.unique:
        raise ParameterError(f"{name} cannot promise distinct values", code="UNIQUE_IMPOSSIBLE")
    given = {key: _read(value) for key, value in params.items() if value is not None}
    kind = _kind(method, locale, given)
    op: Op = Python(make.key("value"), name, locale, json.dumps(given, sort_keys=True, default=str), make.at, make.as_of)
    if kind is BIGINT:
        return Made(Call("parse_int", (op,)), BIGINT)
    if kind is BOOL:
        return Made(Call("equal", (op, const("true"))), BOOL)
    return Made(op, kind)


def _read(value: Any) -> Any:
    """Text from a command line as the JSON that it may be."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _kind(method: str, locale: str, params: dict[str, Any]) -> Type:
    from faker import Faker

    if _method(method, locale) is None:
        raise ParameterError(f"Faker has no {method} in the locale {locale}", "locale", code="LOCALE_UNKNOWN")
    fake = Faker(locale)
    fake.seed_instance(0)
    try:
        value = getattr(fake, method)(**params)
    except Exception as error:  # whatever a provider makes of the parameters
        raise ParameterError(f"faker.{method} refused its parameters: {error}") from None
    if isinstance(value, bool):
        return BOOL
    return BIGINT if isinstance(value, int) and abs(value) < 2**62 else STRING
