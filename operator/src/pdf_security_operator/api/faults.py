"""Says in words what a model refused, naming the field and never its value. Nothing else."""

from pydantic import ValidationError

_LENGTH = 1024


def faults_of(error: ValidationError) -> list[str]:
    """List what a model of a spec refused.

    Returns:
        Texts such as `spec.input: Field required`, never with a value of the document.
    """
    return [
        f"spec.{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"[:_LENGTH]
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]
