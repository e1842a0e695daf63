"""Which jobs have run, and whether any has run again. Pure, but for reading what is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gitops.stage import Stage
from pdf_security_operator.identity import controller_uid_of, job_name_of, uid_of

Object = dict[str, Any]


@dataclass(frozen=True)
class Runs:
    """What has run for each PdfSecurityJob of the namespace, by its name."""

    uids: dict[str, str]
    """UID of the resource."""
    jobs: dict[str, str]
    """UID of its Job, while that is kept."""

    def again(self, later: Runs, names: Iterable[str]) -> list[str]:
        """Name those that another resource or another Job has run for since."""
        return [
            name
            for name in names
            if later.uids.get(name) != self.uids[name]
            or later.jobs.get(name, self.jobs.get(name)) != self.jobs.get(name)
        ]


def runs_of(stage: Stage) -> Runs:
    """Read what has run."""
    return build_runs(stage.live(), stage.live("jobs.batch"))


def build_runs(security_jobs: dict[str, Object], jobs: dict[str, Object]) -> Runs:
    """Find each resource's Job: its name bears the resource's UID, and it controls it."""
    uids = {name: uid_of(body) for name, body in security_jobs.items()}
    found = {name: jobs.get(job_name_of(name, uid)) for name, uid in uids.items()}
    return Runs(
        uids,
        {
            name: uid_of(job)
            for name, job in found.items()
            if job and controller_uid_of(job) == uids[name]
        },
    )
