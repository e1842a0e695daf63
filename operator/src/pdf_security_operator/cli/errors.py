"""The command line's errors, and its exit codes beside those of the contract.

CommandError
├── UsageError            an option or a file is wrong: exit code 2
├── ManifestRefusedError  the API server, or the class, would refuse it: exit code 3
└── DrawingError          no document is drawn here: the processor's exit code
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pdf_security_processor.contract import ExitCode

USAGE = 2
"""As every command line has it; no code of the contract."""

MANIFEST_REFUSED = 3
"""No code of the contract."""

SOME_FAILED = 4
"""Of many documents; no code of the contract."""

AUDIT_BROKEN = 5
"""An audit log is not what was written; no code of the contract."""

INTERRUPTED = 130
"""128 and SIGINT, as shells have it."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong in a file; the line is of the field, or of what is nearest to it."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"{self.file}:{self.line}: {where}{self.message}"


class CommandError(Exception):
    """Root of the errors that end a command."""

    exit_code: int
    reason: str

    def to_json_dict(self) -> dict[str, Any]:
        """Give what `--json` prints."""
        return {"exitCode": self.exit_code, "reason": self.reason, "message": str(self)}


class UsageError(CommandError):
    """An option or a file is wrong; the message says what to write instead."""

    exit_code = USAGE
    reason = "UsageError"


class ManifestRefusedError(CommandError):
    """The API server, or the class, would refuse the manifest.

    Args:
        findings: what is wrong, never empty.
    """

    exit_code = MANIFEST_REFUSED
    reason = "ManifestRefused"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings

    def to_json_dict(self) -> dict[str, Any]:
        """Give what `--json` prints, the findings one by one."""
        findings = [asdict(finding) for finding in self.findings]
        return {**super().to_json_dict(), "findings": findings}


class DrawingError(CommandError):
    """The processes that would draw documents are less held than they are to be; nothing was drawn.

    Args:
        code: as the processor has it.
        message: what is wrong; what to do next is added.
    """

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(f"{message} Without --before and --after the page has no pictures.")
        self.exit_code = int(code)
        self.reason = code.reason
