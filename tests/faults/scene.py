"""The scene of a fault: a namespace, the operator behind a proxy, and what must hold afterwards.

Causes no fault itself.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from controlplane import ControlPlane
from controlplane.operator_process import OperatorProcess, build_job, create, operator_process
from e2e_support import phase_of, wait_for
from faults.proxy import FaultProxy
from faults.reader import Reader
from faults.row import Row
from pdf_security_operator.identity import job_name_of
from product import NAMESPACE, await_admission

Object = dict[str, Any]

SOURCE_VARIABLE = "PDF_SECURITY_FAULTS_SOURCE"
"""Names a folder with another `pdf_security_operator`: one without a protection, to see the test
fail that is to notice."""

FINAL_SECONDS = 60.0
"""Bound of each job from the end of a fault to its own end."""

TIDY_SECONDS = 20.0
"""Without its users, a policy is removed within so many seconds."""

CANARY = "canary"

POLL = 0.05


class FaultScene:
    """See the module. Names are those of PdfSecurityJobs in the scene's namespace."""

    def __init__(self, plane: ControlPlane, proxy: FaultProxy, folder: Path) -> None:
        self.plane = plane
        self.proxy = proxy
        self.folder = folder
        self.reader = Reader(plane)
        self.namespace = f"fault-{uuid.uuid4().hex[:8]}"
        self.names: list[str] = []
        """All that were created here."""

    def open(self) -> None:
        """Make the namespace, and let no Lease of an earlier operator be waited for."""
        self.plane.kubectl("delete", "leases", "--all", "-n", NAMESPACE)
        self.plane.kubectl("create", "namespace", self.namespace)
        account = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/default"
        # No pod is admitted before.
        wait_for(lambda: self.reader.read(account), f"service account of {self.namespace}")

    def close(self) -> None:
        """Leave nothing that the next test's operator would work on."""
        self.plane.kubectl("delete", "namespace", self.namespace, "--wait=false")

    @contextmanager
    def operator(
        self,
        name: str = "operator",
        *,
        direct: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> Iterator[OperatorProcess]:
        """Run an operator while the block runs; it has been started, and need not be ready.

        Args:
            name: as its pod's would be.
            direct: whether it goes straight to the API server, past the proxy.
            settings: further variables of its environment.
        """
        environment = dict(settings or {})
        if SOURCE_VARIABLE in os.environ:
            environment["PYTHONPATH"] = os.environ[SOURCE_VARIABLE]
        server = None if direct else self.proxy.server
        with operator_process(
            self.plane, self.folder, name=name, server=server, settings=environment
        ) as process:
            yield process

    @contextmanager
    def leading(self, settings: Mapping[str, str] | None = None) -> Iterator[OperatorProcess]:
        """Run an operator behind the proxy, that leads and watches when the block begins."""
        with self.operator(settings=settings) as process:
            process.ready()
            wait_for(process.leads, "the operator leads")
            wait_for(self.is_watched, "the operator watches")
            yield process

    def create_jobs(self, count: int, prefix: str = "job", **spec: Any) -> list[str]:
        """Create PdfSecurityJobs at once, past the proxy; return their names."""
        names = [f"{prefix}-{len(self.names) + number}" for number in range(count)]
        jobs = [build_job(name, self.namespace, **spec) for name in names]
        create(self.plane, *jobs)
        self.names += names
        return names

    def security_jobs(self) -> dict[str, Object]:
        """Read the PdfSecurityJobs by name; none while nobody answers."""
        path = f"/apis/pdfsecurity.dev/v1alpha1/namespaces/{self.namespace}/pdfsecurityjobs"
        return {body["metadata"]["name"]: body for body in self.reader.items(path) or []}

    def jobs(self) -> dict[str, Object]:
        """Read the Jobs by name."""
        path = f"/apis/batch/v1/namespaces/{self.namespace}/jobs"
        return {body["metadata"]["name"]: body for body in self.reader.items(path) or []}

    def policies(self) -> list[Object] | None:
        """Read the NetworkPolicies; None while nobody answers."""
        path = f"/apis/networking.k8s.io/v1/namespaces/{self.namespace}/networkpolicies"
        return self.reader.items(path)

    def unfinished(self) -> list[str]:
        """Name those that have come to no end; all of them while nobody answers."""
        known = self.security_jobs()
        ended = {name for name, job in known.items() if phase_of(job) in ("Succeeded", "Failed")}
        return [name for name in self.names if name not in ended]

    def created(self) -> set[str]:
        """Name all Jobs that were ever created.

        A server that is killed may have stored one, and not have said so in its audit log.
        """
        return set(self.reader.created(self.namespace)) | set(self.jobs())

    def await_final(self, seconds: float = FINAL_SECONDS) -> float:
        """Wait until all have come to their end; return the seconds that it took."""
        return self._await(lambda: not self.unfinished(), "all PdfSecurityJobs are final", seconds)

    def await_created(self, count: int, seconds: float = FINAL_SECONDS) -> float:
        """Wait until so many Jobs were created, by the audit log; return the seconds."""

        def enough() -> bool:
            return len(self.created()) >= count

        return self._await(enough, f"{count} Jobs are created", seconds)

    def is_watched(self) -> bool:
        """Whether an operator has listed everything, and watches it through the proxy."""
        return all(self.proxy.watches(path) for path in ("/jobs", "/pdfsecurityjobs"))

    def verify(self, row: Row, operator: OperatorProcess, *, phase: str = "Succeeded") -> None:
        """Assert what holds after every fault, and note it in the row.

        All that was created is final, and has had one Job; a canary succeeds, and nothing is left
        over. `phase` is what all must have come to.
        """
        try:
            self.await_final()
        finally:
            row.lost = len(self.unfinished())
            row.doubled = self._doubled()
        assert {phase_of(job) for job in self.security_jobs().values()} == {phase}
        assert operator.is_running
        assert operator.is_ready("/healthz")
        assert operator.is_ready("/readyz")
        # An API server that has just come back refuses what its policies do not know yet.
        await_admission(self.plane.kubectl)
        self.create_jobs(1, CANARY)
        seconds = self.await_final(30)
        bodies = self.security_jobs()
        expected = {job_name_of(name, body["metadata"]["uid"]) for name, body in bodies.items()}
        assert phase_of(bodies[self.names[-1]]) == "Succeeded"
        assert self.created() == expected
        row.lost, row.doubled = len(self.unfinished()), self._doubled()
        assert (row.lost, row.doubled) == (0, 0)
        # No orphan: nobody would remove it.
        assert set(self.jobs()) <= expected
        self._tidy()
        row.see(f"{len(bodies)} jobs {phase}, one Job each, canary in {seconds:.1f} s")

    def _tidy(self) -> None:
        """Remove the PdfSecurityJobs, and see the policies go after them.

        Their Jobs go as well, but that is Kubernetes' own collector's to do.
        """
        self.plane.kubectl("delete", "psj", "--all", "-n", self.namespace)
        self._await(lambda: self.policies() == [], "no NetworkPolicy is left", TIDY_SECONDS)

    def _doubled(self) -> int:
        """Count Jobs beyond one for each PdfSecurityJob, by name and by creation."""
        return self.reader.created(self.namespace).total() - len(
            {_uid_in(name) for name in self.reader.created(self.namespace)}
        )

    @staticmethod
    def _await(condition: Callable[[], bool], what: str, seconds: float) -> float:
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > seconds:
                raise TimeoutError(f"not within {seconds:.0f} s: {what}")
            time.sleep(POLL)
        return time.monotonic() - begun


def _uid_in(job_name: str) -> str:
    """Return the UID that the name of a Job ends with, whoever built it otherwise."""
    return "-".join(job_name.split("-")[-5:])
