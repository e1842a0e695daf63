"""Watches jobs to their ends, shows them meanwhile, and gives the exit code that their ends are."""

from collections.abc import Sequence

from pdf_security_operator.cli.console import stderr, stdout
from pdf_security_operator.cli.display import show_line
from pdf_security_operator.cli.errors import SOME_FAILED
from pdf_security_operator.cli.text import printable
from pdf_security_operator.plugin.display import LiveLoads, Watched
from pdf_security_operator.plugin.errors import TIMED_OUT
from pdf_security_operator.plugin.following import Following, until_ended
from pdf_security_operator.plugin.kubeconfig import seconds_of
from pdf_security_operator.plugin.load import Load, loads_of
from pdf_security_operator.plugin.server import Object, Server
from pdf_security_operator.plugin.standing import exit_code_of

NEVER = "0"


def watch_to_end(server: Server, names: Sequence[str], timeout: str = NEVER) -> int:
    """Watch jobs of the server's namespace until all have ended.

    Returns:
        0 where all succeeded; the outcome's code where one was watched; 4 where some of several
        failed; 9 where the time was over before.
    """
    following = _following(server, server.namespace, timeout, names[0] if len(names) == 1 else "")
    watched = Watched(stdout())
    with watched.shown():
        ended = until_ended(following, set(names), watched.see)
    if ended is None:
        note(f"not ended within {timeout}; see `kubectl pdfsec explain {names[0]}`")
        return TIMED_OUT
    codes = [exit_code_of(body) for body in ended.values()]
    failed = [code for code in codes if code]
    return 0 if not failed else codes[0] if len(codes) == 1 else SOME_FAILED


def watch_on(server: Server, namespace: str | None, timeout: str) -> None:
    """Show all jobs of a namespace, or of all, until the time is over or somebody interrupts."""
    watched = Watched(stdout())
    with watched.shown():
        for change in _following(server, namespace, timeout).changes():
            watched.see(change)


def watch_loads(server: Server, namespace: str | None, classes: list[Object] | None) -> None:
    """Show how busy it is until somebody interrupts."""
    jobs: dict[object, Object] = {}

    def loads() -> list[Load]:
        # The display thread counts while the other one watches.
        return loads_of(list(jobs.values()), classes)

    live = LiveLoads(stdout(), loads)
    with live.shown():
        for change in _following(server, namespace, NEVER).changes():
            if change.body is None:
                jobs.pop(change.key, None)
            else:
                jobs[change.key] = change.body
            live.changed()


def note(text: str) -> None:
    """Say something beside the result."""
    show_line(f"note: {printable(text)}", stderr())


def _following(server: Server, namespace: str | None, timeout: str, name: str = "") -> Following:
    seconds = seconds_of("--timeout", timeout)
    return Following(server, namespace, name, seconds=seconds, note=note)
