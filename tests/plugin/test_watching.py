"""Jobs watched to their ends through whatever befalls the connection, and the exit code of each."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from e2e_support import wait_for
from faults.proxy import FaultProxy
from faults.rules import build_error_event
from plugin.conftest import Place, Until, end_pod
from plugin.person import Ended, Person, phases_in
from product import await_admission

JOBS = "/pdfsecurityjobs"

LINE_SECONDS = 30.0

AWAY_SECONDS = 2.0
"""Long enough for a second attempt, which is when an outage is spoken of."""


@pytest.fixture
def big(place: Place, until: Until) -> str:
    """A job that holds its place until it is told how to end."""
    place.create(place.stuck("big"))
    until("big", "Running")
    return "big"


@contextmanager
def running(person: Person, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run it, and have it end with the block."""
    process = person.start(*arguments)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()


def line_of(process: subprocess.Popen[str]) -> str:
    """Read a line when it comes, and not when the program ends."""
    assert process.stdout
    alarm = threading.Timer(LINE_SECONDS, process.kill)
    alarm.start()
    line = process.stdout.readline()
    alarm.cancel()
    assert line, "no line came"
    return line


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end."""
    out, err = process.communicate(timeout=60)
    return Ended(process.returncode, out, err)


def test_the_exit_code_is_the_processors(place: Place, viewer: Person, big: str) -> None:
    """A script could not tell a wrong password from a store that is away."""
    with running(viewer, "watch", big) as process:
        line_of(process)
        end_pod(place, 27)
        result = ended(process)
    assert result.status == 27, result.err
    assert result.lines[-1].startswith("big\tFailed\tWrongPassword\t")


@pytest.mark.parametrize("fault", ["reset", "410-event", "away"])
def test_a_watch_that_breaks_is_taken_up_again(
    place: Place, proxy: FaultProxy, big: str, fault: str
) -> None:
    """Would break: after an etcd compaction or a restart nobody is told of the end, for ever."""
    person = place.person("viewer", proxy.server)
    with running(person, "watch", big) as process:
        line_of(process)
        wait_for(lambda: proxy.watches(JOBS), "it watches")
        if fault == "reset":
            assert proxy.reset_watches(JOBS) == 1
        elif fault == "410-event":
            begun = time.monotonic()
            assert proxy.inject(JOBS, build_error_event(410)) == 1
            wait_for(
                lambda: proxy.record.select("GET", rf"{JOBS}\?.*limit=", since=begun),
                "all is listed anew",
            )
        else:
            proxy.cut()
            time.sleep(AWAY_SECONDS)
            proxy.restore()
        end_pod(place, 27)
        result = ended(process)
    assert result.status == 27, (result.out, result.err)
    assert len(result.lines) == len(set(result.lines)), "a change was told twice"
    assert ("the API server is back" in result.err) is (fault == "away")


def test_a_restart_of_the_api_server(place: Place, viewer: Person, big: str) -> None:
    """Would break: whoever watches while a control plane is upgraded is thrown out."""
    with running(viewer, "watch", big) as process:
        line_of(process)
        place.plane.kill("kube-apiserver")
        place.plane.start("kube-apiserver")
        end_pod(place, 27)
        result = ended(process)
    assert result.status == 27, result.err
    # It learns its policies' kinds anew.
    await_admission(place.plane.kubectl)


def test_time_is_over(viewer: Person, big: str) -> None:
    """A pipeline would hang for as long as its job does."""
    result = viewer.run("watch", big, "--timeout=2s")
    assert (result.status, set(phases_in(result.lines))) == (9, {"Running"})
    assert "explain" in result.err


def test_a_job_that_is_deleted_meanwhile(place: Place, viewer: Person, big: str) -> None:
    """Whoever watches it would wait for ever, or take it for done."""
    with running(viewer, "watch", big) as process:
        line_of(process)
        place.administrator.delete("pdfsecurityjobs", big, place.namespace)
        result = ended(process)
    assert result.status == 8
    assert result.lines[-1].startswith("big\tDeleted")


def test_ctrl_c(viewer: Person, big: str) -> None:
    """It would end in a traceback."""
    with running(viewer, "watch") as process:
        assert line_of(process).startswith(f"{big}\tRunning")
        process.send_signal(signal.SIGINT)
        result = ended(process)
    assert (result.status, result.err) == (130, "interrupted\n")


def test_top_goes_on(place: Place, viewer: Person, big: str, until: Until) -> None:
    """Whoever looks at how busy it is would see how busy it was."""
    with running(viewer, "top", "-w") as process:
        heads, first = line_of(process).split("\t"), line_of(process).split("\t")
        assert first[heads.index("running")] == "1"
        end_pod(place, 27)
        until(big, "Failed")
        while line_of(process).split("\t")[heads.index("failed")] != "1":
            pass
