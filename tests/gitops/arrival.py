"""From a commit to the end of each job, by what Argo CD says, and when. No assertions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gitops.plan import PlannedJob
from gitops.seen import Seen
from gitops.stage import Stage

POLL = 0.5
"""Seconds between two looks: the resolution of the times."""

_UNSEEN = Seen("", "", "")


@dataclass
class Arrival:
    """What became of one job. Times are seconds from the commit; None where it did not happen."""

    planned: PlannedJob
    synced: float | None = None
    ended: float | None = None
    seen: Seen = _UNSEEN
    strayed: int = 0
    """How often it was seen out of sync after it had been in."""

    @property
    def is_right(self) -> bool:
        """Whether it ended as it must, and Argo CD tells why."""
        return (
            self.seen.sync == "Synced"
            and self.seen.health == self.planned.health
            and self.seen.message.startswith(f"{self.planned.reason}: ")
        )

    def look(self, found: Seen, seconds: float) -> None:
        """Take in what is seen so many seconds after the commit."""
        self.seen = found
        if self.synced is None:
            self.synced = seconds if found.sync == "Synced" else None
        elif found.sync != "Synced":
            self.strayed += 1
        if self.ended is None and found.is_final:
            self.ended = seconds


def follow(
    stage: Stage, jobs: Sequence[PlannedJob], committed: float, seconds: float,
    say: Callable[[str], None],
) -> list[Arrival]:  # fmt: skip
    """Watch jobs until all have ended, or so many seconds have passed since the commit."""
    arrivals = {job.name: Arrival(job) for job in jobs}
    told = -1
    while True:
        resources = stage.resources()
        passed = time.monotonic() - committed
        for name, arrival in arrivals.items():
            arrival.look(resources.get(name, _UNSEEN), passed)
        synced = sum(arrival.synced is not None for arrival in arrivals.values())
        ended = sum(arrival.ended is not None for arrival in arrivals.values())
        if synced + ended != told:
            say(f"{passed:5.1f} s after the commit: {synced} synced, {ended} ended, of {len(jobs)}")
            told = synced + ended
        if ended == len(jobs) or passed > seconds:
            return list(arrivals.values())
        time.sleep(POLL)
