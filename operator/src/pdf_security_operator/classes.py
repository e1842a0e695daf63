"""The classes: which one applies to a job, and is it fit? And writes their status.

What a class says and what is wrong with it is computed in `class_status`.
"""

from typing import Any

from pdf_security_operator.api import ClassSpec
from pdf_security_operator.class_status import Examined, class_status_of, examined_class_of
from pdf_security_operator.clock import timestamp
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.errors import JobWaitsForClass, NotFoundError
from pdf_security_operator.identity import Key, uid_of
from pdf_security_operator.observed import Observed

Object = dict[str, Any]


class Classes:
    """All classes of the cluster, each examined once after a change of its spec."""

    def __init__(self, cluster: Cluster, observed: Observed) -> None:
        self._cluster = cluster
        self._observed = observed
        self._examined: dict[str, tuple[str, int, Examined]] = {}

    def of(self, body: Object) -> tuple[str, ClassSpec]:
        """Give name and spec of the class that applies to a PdfSecurityJob.

        Raises:
            JobWaitsForClass: there is none, or it is unfit.
        """
        name = self._observed.class_name_of(body)
        if name is None:
            raise JobWaitsForClass(
                "NoDefaultClass", "spec.className is left out and no class is annotated as default"
            )
        examined = self._examine(name)
        if examined is None:
            raise JobWaitsForClass("ClassNotFound", f"the PdfSecurityClass {name} does not exist")
        if examined.spec is None or examined.faults:
            fault = examined.faults[0]
            raise JobWaitsForClass("ClassInvalid", f"the PdfSecurityClass {name} is unfit: {fault}")
        return name, examined.spec

    def spec_of(self, name: str) -> ClassSpec | None:
        """Give the spec of a class; None where there is none, or it is unfit."""
        examined = self._examine(name)
        return None if examined is None or examined.faults else examined.spec

    def accepted(self) -> dict[str, bool]:
        """Tell of each class that there is whether it is fit for use."""
        names = (name for _, name in self._observed.classes.all_keys())
        examined = {name: self._examine(name) for name in names}
        return {name: not found.faults for name, found in examined.items() if found}

    async def record(self, name: str) -> None:
        """Write the status of a class if it says something new.

        Raises:
            ApiError: to be tried again.
        """
        body, examined = self._present(name), self._examine(name)
        if body is None or examined is None:
            self._examined.pop(name, None)
            return
        wanted = class_status_of(body, examined.faults, timestamp())
        if wanted == body.get("status"):
            return
        try:
            self._observed.classes.put(await self._cluster.patch_class_status(name, wanted))
        except NotFoundError:
            return

    def _present(self, name: str) -> Object | None:
        """Find a class that is not about to go."""
        body = self._observed.classes.get(Key("", name))
        return None if body is None or body["metadata"].get("deletionTimestamp") else body

    def _examine(self, name: str) -> Examined | None:
        body = self._present(name)
        if body is None:
            return None
        uid, generation = uid_of(body), int(body["metadata"]["generation"])
        known = self._examined.get(name)
        if known and known[:2] == (uid, generation):
            return known[2]
        examined = examined_class_of(body)
        self._examined[name] = (uid, generation, examined)
        return examined
