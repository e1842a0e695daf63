"""The Leases of one namespace at the API server. Decides nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pdf_security_operator import shards
from pdf_security_operator.transport import Transport

Object = dict[str, Any]
Objects = list[Object]


class LeaseStore:
    """Reads and writes Leases; not fenced, for it is by them that others are."""

    def __init__(self, transport: Transport, namespace: str) -> None:
        """Make one.

        Args:
            transport: of its own: behind others' requests, a renewal would come too late.
            namespace: the operator's.
        """
        self._transport = transport
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"

    async def get(self, name: str) -> Object:
        """Read a Lease, never from a cache: without a version, a read is of the newest state."""
        return await self._transport.send("GET", self._path_of(name))

    async def create(self, lease: Object) -> Object:
        """Create a Lease. Raises ConflictError when the name is taken."""
        return await self._transport.send("POST", self._path, json=lease)

    async def replace(self, lease: Object) -> Object:
        """Replace a Lease; its resourceVersion guards against a change meanwhile."""
        path = self._path_of(lease["metadata"]["name"])
        return await self._transport.send("PUT", path, json=lease)

    async def delete(self, name: str, uid: str) -> None:
        """Delete exactly this Lease."""
        options = {"preconditions": {"uid": uid}}
        await self._transport.send("DELETE", self._path_of(name), json=options)

    async def list(self) -> Objects:
        """List the Leases that bear our label."""
        leases = self._transport.list(self._path, labelSelector=shards.LEASE_LABEL)
        return [lease async for lease in leases]

    def _path_of(self, name: str) -> str:
        return f"{self._path}/{quote(name, safe='')}"
