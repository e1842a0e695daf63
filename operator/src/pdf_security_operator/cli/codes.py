"""The table of exit codes: the contract's, and the command line's own."""

from dataclasses import dataclass

from pdf_security_operator.cli import errors
from pdf_security_operator.cli.advice import actions_of
from pdf_security_processor.contract import TERMINATED, ExitCode


@dataclass(frozen=True)
class Code:
    """One exit code: whose it is, what the operator does after it, and what a person does."""

    code: int
    reason: str
    effect: str
    action: str = ""


def all_codes() -> list[Code]:
    """List every exit status of `pdfsec run`, in order."""
    own = [
        Code(errors.USAGE, errors.UsageError.reason, "command line only"),
        Code(errors.MANIFEST_REFUSED, errors.ManifestRefusedError.reason, "command line only"),
        Code(errors.SOME_FAILED, "SomeFailed", "command line only"),
        Code(errors.INTERRUPTED, "Interrupted", "command line only"),
        Code(TERMINATED, "Terminated", "retried"),
    ]
    actions = actions_of("processor")
    contract = [
        Code(int(code), code.reason, _effect(code), actions[code.reason]) for code in ExitCode
    ]
    return sorted(own + contract, key=lambda code: code.code)


def _effect(code: ExitCode) -> str:
    if code is ExitCode.SUCCEEDED:
        return "succeeded"
    return "permanent" if code.is_permanent else "retried"
