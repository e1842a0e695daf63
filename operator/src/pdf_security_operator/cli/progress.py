"""What is seen while the processor works: a spinner on a terminal, its log where it is asked for.

Writes to standard error only: standard output belongs to the result.
"""

import json
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress as Spinner
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from pdf_security_operator.cli.process import Event
from pdf_security_operator.cli.text import printable

_PHASES = {
    "download.started": "reading the document",
    "download.finished": "working on the document",
    "worker.finished": "checking and storing the result",
    "upload.finished": "writing the report",
}
"""What the processor does after each event of its log."""


class Progress:
    """A `with` block in which the processor's events are shown."""

    def __init__(self, console: Console, *, verbose: bool, quiet: bool) -> None:
        """Prepare.

        Args:
            console: of standard error.
            verbose: print the log.
            quiet: no spinner, not even on a terminal.
        """
        self._console = console
        self._verbose = verbose
        self._spinner: Spinner | None = None
        self._task = TaskID(0)
        if console.is_terminal and not quiet:
            self._spinner = Spinner(
                SpinnerColumn(),
                TextColumn("{task.description}", markup=False),
                TimeElapsedColumn(),
                console=console,
                transient=True,
            )

    def __enter__(self) -> Self:
        if self._spinner:
            self._task = self._spinner.add_task("starting", total=None)
            self._spinner.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._spinner:
            self._spinner.stop()

    def count(self, done: int, total: int) -> None:
        """Show how many documents are done, in place of what becomes of one."""
        if self._spinner:
            self._spinner.update(self._task, description=f"{done} of {total} documents are done")

    def tell_line(self, event: Event) -> None:
        """Show one event where the log is asked for."""
        if self._verbose:
            self._console.print(
                printable(json.dumps(event)), markup=False, highlight=False, soft_wrap=True
            )

    def tell(self, event: Event) -> None:
        """Show one event, and what comes after it."""
        self.tell_line(event)
        phase = _PHASES.get(str(event.get("event")))
        if phase and self._spinner:
            self._spinner.update(self._task, description=phase)
