"""The whole of it, wherever: jobs come from Git, end, and are then left alone. No assertions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from api_client import AnsweredError
from cluster.errors import CommandFailedError
from gitops.arrival import Arrival, follow
from gitops.checks import CHECKS, Check, Subjects, UnexpectedError
from gitops.memory import runs_of
from gitops.plan import APPLICATIONS, IN_WAVES, Documents, class_manifest, plan
from gitops.seen import Seen
from gitops.stage import Stage, open_stage
from product import Kubectl

Say = Callable[[str], None]

WHOLE_SECONDS = 600.0
"""For all jobs to end, from the commit."""


@dataclass(frozen=True)
class Checked:
    """What came of a check."""

    name: str
    what: str
    """Its docstring's first line."""
    seen: str
    passed: bool
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    arrivals: Sequence[Arrival]
    checked: Sequence[Checked]
    out_of_sync: Sequence[str]
    """Names of the jobs that left Git's state while they ran, or are not in it in the end."""
    rerun: Sequence[str]
    """Names of the bystanders that ran once more, whatever was done around them."""

    def count(self, health: str) -> int:
        """Count the jobs that are in Git's state and of a health."""
        return sum(
            (arrival.seen.sync, arrival.seen.health) == ("Synced", health)
            for arrival in self.arrivals
        )

    @property
    def is_right(self) -> bool:
        """Whether all is as it must be."""
        return (
            all(arrival.is_right for arrival in self.arrivals)
            and all(check.passed for check in self.checked)
            and not self.out_of_sync
            and not self.rerun
        )

    def summary(self) -> dict[str, int]:
        """Give the figures."""
        healthy, degraded = self.count("Healthy"), self.count("Degraded")
        return {
            "jobs": len(self.arrivals),
            "synced": sum(arrival.seen.sync == "Synced" for arrival in self.arrivals),
            "healthy": healthy,
            "degraded": degraded,
            "out_of_sync": len(self.out_of_sync),
            "rerun_by_sync": len(self.rerun),
        }


def run(
    kubectl: Kubectl, namespace: str, documents: Documents, *, jobs: int, failing: int,
    folder: Path, say: Say,
) -> Outcome:  # fmt: skip
    """Have jobs come from Git by Argo CD until all have ended, and see that they stay so.

    Args:
        kubectl: of the cluster's administrator.
        namespace: where the jobs go; it is there, with all that they name but the class.
        documents: what the jobs do.
        jobs: how many.
        failing: how many of them fail; one at least, and `LEAST_GOOD` must not.
        folder: for all that is written; empty, or not there yet.
        say: told how it goes.
    """
    planned = plan(documents, jobs, failing)
    say("starting Argo CD beside the cluster")
    with open_stage(kubectl, namespace, folder, (*APPLICATIONS, IN_WAVES)) as stage:
        for job in planned:
            stage.repository.write(job.path, job.manifest())
        stage.repository.write(f"{planned[0].application}/class.yaml", class_manifest(documents))
        committed = stage.commit(f"{jobs} jobs")
        say(f"committed {jobs} jobs")
        arrivals = follow(stage, planned, committed, WHOLE_SECONDS, say)
        subjects = Subjects.chosen(planned)
        before = runs_of(stage)
        checked = [_checked(check, stage, subjects, say) for check in CHECKS]
        rerun = before.again(runs_of(stage), subjects.bystanders)
        last = stage.resources()
    strayed = {arrival.planned.name for arrival in arrivals if arrival.strayed}
    strayed |= {name for name in subjects.bystanders if not _is_synced(last.get(name))}
    return Outcome(arrivals, checked, sorted(strayed), rerun)


def _is_synced(found: Seen | None) -> bool:
    return found is not None and found.sync == "Synced"


def _checked(check: Check, stage: Stage, subjects: Subjects, say: Say) -> Checked:
    begun = time.monotonic()
    what = str(check.__doc__).splitlines()[0]
    try:
        seen, passed = check(stage, subjects), True
    except (UnexpectedError, TimeoutError, CommandFailedError, AnsweredError) as problem:
        seen, passed = str(problem), False
    say(f"{check.__name__}: {'ok' if passed else 'NOT OK'}: {seen}")
    return Checked(check.__name__, what, seen, passed, time.monotonic() - begun)
