"""What a value does wrong by a structural schema, in the API server's words. Pure.

No rule of a particular resource, and no CEL.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

_VALUE_LENGTH = 40
"""Longest value that a message repeats; only those of an enumeration are."""

_PATTERN_LENGTH = 80
"""Longest pattern that a message shows: beyond it the field's description says more."""

_BLOCKING = ("type", "required", "enum", "maxLength", "maxItems", "maxProperties", "anyOf")
"""After these the API server evaluates no CEL rule (apiextensions-apiserver, hasBlockingErr)."""


@dataclass(frozen=True)
class Fault:
    """One fault: where, as a path, what to do, and whether CEL rules may still be evaluated."""

    field: str
    message: str
    blocks_rules: bool


def schema_faults(schema: dict[str, Any], value: Any) -> Iterator[Fault]:
    """List what a value does wrong."""
    for error in _Validator(schema).iter_errors(value):
        blocking = error.validator in _BLOCKING
        if error.validator == "required":
            for name in error.validator_value:
                if name not in error.instance:
                    described = error.schema["properties"].get(name, {}).get("description", "")
                    path = path_of([*error.absolute_path, name])
                    yield Fault(path, f"Required value: {described}".rstrip(": "), blocking)
        else:
            yield Fault(path_of(error.absolute_path), _message_of(error), blocking)


def path_of(parts: Iterable[str | int]) -> str:
    """Write a path as the API server does: `spec.operations[0].encrypt`."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _pattern(
    validator: Any, pattern: str, instance: Any, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    """Match as RE2 does: `$` is the end of the text, and not also before a last newline."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError("does not match")


# The library has no types there.
_Validator: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]

_MESSAGES: dict[str, Callable[[Any], str]] = {
    "type": lambda e: f"must be of type {e.validator_value}, not {_type_of(e.instance)}",
    "anyOf": lambda e: f"must be a whole number or a string, not {_type_of(e.instance)}",
    "enum": lambda e: (
        f"Unsupported value: {_shown(e.instance)}: supported values: "
        + ", ".join(_shown(value) for value in e.validator_value)
    ),
    "pattern": lambda e: (
        f"should match '{e.validator_value}'"
        if len(e.validator_value) <= _PATTERN_LENGTH
        else "should match its form"
    ),
    "minLength": lambda e: f"should be at least {e.validator_value} chars long",
    "maxLength": lambda e: f"Too long: may not be more than {e.validator_value} characters",
    "minItems": lambda e: f"should have at least {e.validator_value} items",
    "maxItems": lambda e: f"Too many: must have at most {e.validator_value} items",
    "minProperties": lambda e: f"should have at least {e.validator_value} properties",
    "maxProperties": lambda e: f"Too many: must have at most {e.validator_value} properties",
    "minimum": lambda e: f"should be greater than or equal to {e.validator_value}",
    "maximum": lambda e: f"should be less than or equal to {e.validator_value}",
}


def _message_of(error: Any) -> str:
    message = _MESSAGES[str(error.validator)](error)
    # The description says what belongs there, with an example.
    description = error.schema.get("description", "") if error.validator != "type" else ""
    return f"{message}: {description}".rstrip(": ")


def _type_of(value: Any) -> str:
    for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
        if isinstance(value, kind):
            return name
    return "array" if isinstance(value, list) else "null" if value is None else "object"


def _shown(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else _type_of(value)
    return text if len(text) <= _VALUE_LENGTH else f"{text[:_VALUE_LENGTH]}…"
