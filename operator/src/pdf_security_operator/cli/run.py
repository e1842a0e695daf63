"""The steps of `pdfsec run`: plan, secrets, processor. Prints only by way of `display`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pdf_security_operator.cli.plan import Options, Plan, plan_of
from pdf_security_operator.cli.process import (
    Event,
    Result,
    check_installed,
    private_workspace,
    run_processor,
)
from pdf_security_operator.cli.progress import Progress
from pdf_security_operator.cli.secrets import secret_files_of, write_secrets


@dataclass(frozen=True)
class Ran:
    """A run and what it was asked for."""

    plan: Plan
    result: Result

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know."""
        return self.plan.notes

    @property
    def exit_code(self) -> int:
        """The processor's."""
        return self.result.exit_code

    def to_json_dict(self) -> dict[str, Any]:
        """Give what `--json` prints: the summary, and the full report below `report`."""
        result = self.result
        given = result.summary.to_json_dict() if result.summary else _without_summary(result)
        if not self.plan.request.report:
            # It went to a private folder that is gone.
            given.pop("reportLocation", None)
        if result.report:
            given["report"] = result.report.to_json_dict()
        if self.plan.notes:
            given["notes"] = list(self.plan.notes)
        return {**given, "exitCode": result.exit_code}


def run(options: Options, secrets: Sequence[str], scratch: Path | None, progress: Progress) -> Ran:
    """Do locally what the pod would do.

    Raises:
        UsageError: an option or a file is wrong.
        ManifestRefusedError: the API server or the class would refuse the manifest.
    """
    check_installed()
    plan = plan_of(options)
    files = secret_files_of(
        secrets, plan.request.operations, (options.manifest, options.class_file)
    )
    with private_workspace(options.input, scratch) as workspace:
        write_secrets(files, workspace.secrets)

        def tell(event: Event) -> None:
            progress.tell(event)

        with progress:
            result = run_processor(plan.with_report(workspace.report), workspace, tell)
    return Ran(plan, result)


def _without_summary(result: Result) -> dict[str, Any]:
    return {
        "reason": "NoSummary",
        "message": "The processor ended without a summary: " + "; ".join(result.last_lines),
    }
