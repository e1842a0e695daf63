"""What the plugin shows while something changes: a table on a terminal, a line a change elsewhere.

Decides nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pdf_security_operator.cli.display import show_line, show_rows, show_table, table_of
from pdf_security_operator.cli.text import printable
from pdf_security_operator.identity import Key
from pdf_security_operator.plugin.explanation import Explanation
from pdf_security_operator.plugin.following import Change
from pdf_security_operator.plugin.load import HEADS, Load
from pdf_security_operator.plugin.standing import Standing, age_of, standing_of

COLOURS = {
    "Succeeded": "green",
    "Failed": "red",
    "Running": "cyan",
    "Queued": "yellow",
    "Suspended": "magenta",
}

DELETED = "Deleted"

REFRESHES_PER_SECOND = 2
"""Of ages on a terminal, which change by themselves."""

Rows = list[tuple[str, str]]


class Watched:
    """The jobs that are watched, as they were seen last."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._standings: dict[Key, Standing] = {}

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show them while the block runs."""
        if not self._console.is_terminal:
            yield
            return
        with Live(
            get_renderable=self.table,
            console=self._console,
            refresh_per_second=REFRESHES_PER_SECOND,
        ) as live:
            yield
            live.refresh()

    def see(self, change: Change) -> None:
        """Take in a change; without a terminal it is a line."""
        before = self._standings.get(change.key)
        if change.body is None:
            standing = Standing(change.key, DELETED, "", "the resource was deleted", None)
        else:
            standing = standing_of(change.body)
        self._standings[change.key] = standing
        if not self._console.is_terminal and (before is None or before.row != standing.row):
            show_line("\t".join(map(printable, standing.row)), self._console)

    def table(self) -> Table:
        """Draw them all."""
        table = Table("name", "phase", "reason", "since", "message", border_style="dim")
        now = datetime.now(UTC)
        # The display thread draws while the other one watches.
        for standing in list(self._standings.values()):
            name, phase, reason, message = map(printable, standing.row)
            table.add_row(
                name,
                Text(phase, style=COLOURS.get(standing.phase, "")),
                reason,
                age_of(standing.since, now) if standing.since else "",
                Text(message),
            )
        return table


def show_explanation(explanation: Explanation, console: Console) -> None:
    """Show an explanation."""
    rows: Rows = [("job", explanation.standing.key.name), *explanation.facts]
    rows += [("what to do", action) for action in explanation.actions]
    rows += [("not seen", right) for right in explanation.unseen]
    show_rows(rows, console, COLOURS.get(explanation.standing.phase, ""))


def show_loads(loads: Sequence[Load], console: Console) -> None:
    """Show how busy it is, once."""
    now = datetime.now(UTC)
    show_table(HEADS, [load.row(now) for load in loads], console)


class LiveLoads:
    """How busy it is, as it changes."""

    def __init__(self, console: Console, loads: Callable[[], list[Load]]) -> None:
        self._console = console
        self._loads = loads
        self._rows: dict[tuple[str, str], tuple[str, ...]] = {}

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show it while the block runs."""
        if not self._console.is_terminal:
            show_line("\t".join(HEADS), self._console)
            yield
            return
        with Live(
            get_renderable=self.table,
            console=self._console,
            refresh_per_second=REFRESHES_PER_SECOND,
        ):
            yield

    def changed(self) -> None:
        """Without a terminal: a line for each that is not as it was."""
        if self._console.is_terminal:
            return
        now = datetime.now(UTC)
        for load in self._loads():
            row, key = load.row(now), (load.namespace, load.class_name)
            if self._rows.get(key) != row:
                self._rows[key] = row
                show_line("\t".join(map(printable, row)), self._console)

    def table(self) -> Table:
        """Draw it."""
        now = datetime.now(UTC)
        return table_of(HEADS, [load.row(now) for load in self._loads()])
