"""Says in words what a model refused, naming the field and never its value. Nothing else."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_LENGTH = 1024


def faults_of(error: ValidationError) -> list[str]:
    """List what a model of a spec refused.

    Returns:
        Texts such as `spec.input: Field required`, never with a value of the document.
    """
    return [
        f"spec.{'.'.join(str(part) for part in fault['loc'])}: {words_of(fault)}"[:_LENGTH]
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def words_of(fault: Mapping[str, Any]) -> str:
    """Say what is wrong, without pydantic's word for who found it."""
    return str(fault["msg"]).removeprefix("Value error, ")
