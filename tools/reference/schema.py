"""What a resource's schema says of its fields, as rows of tables: pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reference.tables import code_of, table_of

Schema = dict[str, Any]

_BOUNDS = (
    ("minimum", "≥ {}"),
    ("maximum", "≤ {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("maxProperties", "at most {} keys"),
)


def fields_table_of(schema: Schema, path: str) -> str:
    """Build the table of all fields beneath a field of a resource.

    Args:
        schema: the field's own, an object's.
        path: how it is written, such as `spec`.
    """
    header = ("field", "type", "what it means", "what it may be")
    return table_of(header, _rows(schema, path))


def rules_table_of(schema: Schema, path: str) -> str:
    """Build the table of the rules between fields, as the API server says them."""
    return table_of(("where", "rule"), _rules(schema, path))


def _rows(schema: Schema, path: str) -> Iterator[tuple[str, str, str, str]]:
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        place = f"{path}.{name}"
        kind = _type_of(field) + (", required" if name in required else "")
        yield code_of(place), kind, field.get("description", ""), _bounds_of(field)
        inner = field.get("items", field)
        if "properties" in inner:
            yield from _rows(inner, f"{place}[]" if "items" in field else place)


def _type_of(field: Schema) -> str:
    if field.get("x-kubernetes-int-or-string"):
        return "number or text"
    if "items" in field:
        return f"list of {_type_of(field['items'])}"
    if isinstance(field.get("additionalProperties"), dict):
        return f"map of {_type_of(field['additionalProperties'])}"
    return str(field.get("type", "any"))


def _bounds_of(field: Schema) -> str:
    inner = field.get("items", field)
    words = [code_of(str(value)) for value in inner.get("enum", [])]
    parts = [" or ".join(words)] if words else []
    for each in (field, inner) if inner is not field else (field,):
        parts += [text.format(each[key]) for key, text in _BOUNDS if key in each]
    if "pattern" in inner:
        parts.append(code_of(inner["pattern"]))
    return "; ".join(parts)


def _rules(schema: Schema, path: str) -> Iterator[tuple[str, str]]:
    for rule in schema.get("x-kubernetes-validations", []):
        yield code_of(path + rule.get("fieldPath", "")), rule["message"]
    for name, field in schema.get("properties", {}).items():
        inner = field.get("items", field)
        yield from _rules(inner, f"{path}.{name}[]" if "items" in field else f"{path}.{name}")
