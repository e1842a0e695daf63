"""Writes the status of classes. What it says is computed in `class_status`."""

from pdf_security_operator.class_status import class_status_of
from pdf_security_operator.clock import timestamp
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.errors import NotFoundError
from pdf_security_operator.observed import Observed


class Classes:
    """All classes of the cluster."""

    def __init__(self, cluster: Cluster, observed: Observed) -> None:
        self._cluster = cluster
        self._observed = observed

    async def record(self, name: str) -> None:
        """Write the status of a class if it says something new.

        Raises:
            ApiError: to be tried again.
        """
        body = self._observed.classes.get(name)
        if body is None:
            return
        wanted = class_status_of(body, timestamp())
        if wanted == body.get("status"):
            return
        try:
            self._observed.classes[name] = await self._cluster.patch_class_status(name, wanted)
        except NotFoundError:
            return
