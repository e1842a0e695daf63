"""The base of every model that crosses a border, and how a model carries CEL rules.

No model of a particular thing belongs here.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """Immutable plain data in Kubernetes' camelCase; unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        # Passwords never pass through models, but document strings do: an error repeats neither.
        hide_input_in_errors=True,
    )

    def to_json_dict(self) -> dict[str, Any]:
        """Give the camelCase dict without the fields that are not set."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def cel_rules(*rules: tuple[str, str] | tuple[str, str, str]) -> dict[str, Any]:
    """Build the schema extension that carries validation rules of a model.

    Args:
        rules: pairs of CEL expression and message, and where one field is at fault its path
            relative to the model (`.input`) as third.

    Returns:
        `json_schema_extra` of a model: the API server evaluates the same text that the offline
        check evaluates (Kubernetes API, `x-kubernetes-validations`).
    """
    return {
        "x-kubernetes-validations": [
            {"rule": rule, "message": message, **({"fieldPath": path[0]} if path else {})}
            for rule, message, *path in rules
        ]
    }
