"""Checks a manifest offline as the API server would: the CRD's schema, and its CEL rules. Pure.

The one source of the rules is the models' schema; nothing is written twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import cel
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from pdf_security_operator.api import PdfSecurityClass, PdfSecurityJob
from pdf_security_operator.api.crd import structural_schema_of

Schema = dict[str, Any]

_MODELS = {"PdfSecurityJob": PdfSecurityJob, "PdfSecurityClass": PdfSecurityClass}


@dataclass(frozen=True)
class Violation:
    """One thing that the API server would refuse: where, as a path, and what to do."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


def violations_of(manifest: dict[str, Any]) -> list[Violation]:
    """List what is wrong with a manifest of a PdfSecurityJob or PdfSecurityClass."""
    kind = manifest.get("kind")
    if kind not in _MODELS or manifest.get("apiVersion") != "pdfsecurity.dev/v1alpha1":
        return [
            Violation(
                "kind",
                f"must be one of {', '.join(_MODELS)} of pdfsecurity.dev/v1alpha1, "
                f"not {kind} of {manifest.get('apiVersion')}",
            )
        ]
    schema = _schema_of(kind)
    found = [*_unknown_fields(schema, manifest, ""), *_schema_violations(schema, manifest)]
    if not isinstance(manifest.get("metadata"), dict) or not manifest["metadata"].get("name"):
        found.append(Violation("metadata.name", "is required"))
    # Rules may assume what the schema says: as in the API server they come second.
    return found or list(_rule_violations(schema, manifest, ""))


def describe(error: ValidationError) -> str:
    """Say in one line what a model refused, naming the field and never its value."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"spec.{where}: {first['msg']}"[:1024]


@cache
def _schema_of(kind: str) -> Schema:
    return structural_schema_of(_MODELS[kind])


def _schema_violations(schema: Schema, manifest: dict[str, Any]) -> Iterator[Violation]:
    for error in Draft202012Validator(schema).iter_errors(_without_nulls(manifest)):
        yield Violation(_path(error.absolute_path), error.message[:300])


def _unknown_fields(schema: Schema, value: Any, path: str) -> Iterator[Violation]:
    """Find what `kubectl apply` refuses as unknown and the API server would silently drop."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown_fields(schema.get("items", {}), item, f"{path}[{index}]")
    if not isinstance(value, dict) or "properties" not in schema:
        return
    for name, item in value.items():
        here = f"{path}.{name}" if path else name
        if name not in schema["properties"]:
            known = ", ".join(schema["properties"]) or "none"
            yield Violation(here, f"unknown field; known here: {known}")
        else:
            yield from _unknown_fields(schema["properties"][name], item, here)


def _rule_violations(schema: Schema, value: Any, path: str) -> Iterator[Violation]:
    for rule in schema.get("x-kubernetes-validations", []):
        # Transition rules compare with what is stored, and offline nothing is.
        if "oldSelf" not in rule["rule"] and not cel.evaluate(rule["rule"], {"self": value}):
            yield Violation(path + rule.get("fieldPath", ""), rule["message"])
    if isinstance(value, dict):
        for name, item in value.items():
            below = schema.get("properties", {}).get(name)
            if below:
                yield from _rule_violations(below, item, f"{path}.{name}" if path else name)
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _rule_violations(schema.get("items", {}), item, f"{path}[{index}]")


def _without_nulls(value: Any) -> Any:
    """Drop nulls, as the API server does for fields that are not nullable."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _path(parts: Any) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
