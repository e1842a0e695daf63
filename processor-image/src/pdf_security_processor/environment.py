"""What the environment says of where the pod's mounts are."""

import os
from pathlib import Path

from pdf_security_processor.broker import Paths

_SECRETS_VARIABLE = "PDF_SECURITY_SECRETS_PATH"
_SCRATCH_VARIABLE = "PDF_SECURITY_SCRATCH_PATH"
_TERMINATION_MESSAGE_VARIABLE = "PDF_SECURITY_TERMINATION_MESSAGE_PATH"


def paths_of_environment() -> Paths:
    """Give the mounts: the pod's own, but for those that a variable names."""
    usual = Paths()

    def path(variable: str, default: Path) -> Path:
        return Path(os.environ.get(variable) or default)

    return Paths(
        secrets=path(_SECRETS_VARIABLE, usual.secrets),
        scratch=path(_SCRATCH_VARIABLE, usual.scratch),
        termination_message=path(_TERMINATION_MESSAGE_VARIABLE, usual.termination_message),
    )
