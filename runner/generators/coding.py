"""Codes that hospitals bill by: diagnoses of ICD-9-CM, procedures of ICD-9-CM and ICD-10-PCS."""

from __future__ import annotations

from runner.generators.picks import field

_LISTS = (
    ("icd9", "diagnosis in ICD-9-CM", "icd9 diagnosis", "coding/diagnosis9", ("diagnosis", "disease")),
    ("icd9_procedure", "procedure in ICD-9-CM", "icd9 procedure", "coding/procedure9", ("surgery", "billing")),
    ("icd10_procedure", "procedure in ICD-10-PCS", "icd10 procedure", "coding/procedure10", ("surgery", "billing", "pcs")),
)
for _name, _told, _entity, _pool, _keywords in _LISTS:
    field(f"health.{_name}_code", f"The code of a {_told}", _entity, _pool, "code", keywords=_keywords)
    field(f"health.{_name}_title", f"The title of the row's {_told}", _entity, _pool, keywords=_keywords)
    field(f"health.{_name}_short_title", f"A short title of the row's {_told}", _entity, _pool, "short", keywords=_keywords)
