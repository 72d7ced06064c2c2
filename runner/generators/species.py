"""Species: the plant and the animal of a row with their scientific names."""

from __future__ import annotations

from runner.generators.picks import field

for _kind, _keywords in (("plant", ("botany", "flora")), ("animal", ("zoology", "fauna", "wildlife"))):
    _entity, _pool = f"{_kind} species", f"species/{_kind}"
    field(f"{_kind}.{_kind}_common_name", f"The common name of a species of {_kind}s", _entity, _pool, keywords=_keywords)
    field(
        f"{_kind}.{_kind}_scientific_name", f"The scientific name of the row's species of {_kind}s", _entity, _pool, "scientific",
        keywords=(*_keywords, "latin", "binomial"),
    )  # fmt: skip
    field(f"{_kind}.{_kind}_genus", f"The genus of the row's species of {_kind}s", _entity, _pool, "genus", keywords=_keywords)
    field(f"{_kind}.{_kind}_family", f"The family of the row's species of {_kind}s", _entity, _pool, "family", keywords=_keywords)
