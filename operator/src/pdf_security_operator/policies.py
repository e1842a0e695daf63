"""Brings the NetworkPolicies of (namespace, class) about, and takes them away with the last user.

What they say stands in `network`.
"""

import asyncio
from collections import defaultdict
from typing import Any

import structlog

from pdf_security_operator import names
from pdf_security_operator.api import ClassSpec
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.errors import ApiError, ConflictError, JobWaits, NotFoundError
from pdf_security_operator.network import build_network_policies
from pdf_security_operator.observed import Observed, key_of

Object = dict[str, Any]

PODS_SECONDS = 2.0
"""Policies without users are looked at again as often while pods of theirs are ending."""

logger = structlog.get_logger()


class Policies:
    """The policies of all namespaces; one at a time is changed in each."""

    def __init__(self, cluster: Cluster, observed: Observed) -> None:
        self._cluster = cluster
        self._observed = observed
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ensure(self, namespace: str, class_body: Object, class_spec: ClassSpec) -> None:
        """Return when the class's policies stand in the namespace, as the class wants them.

        Raises:
            JobWaits: a policy of that name exists that the operator did not create.
            ApiError: to be tried again.
        """
        metadata = class_body["metadata"]
        wanted = build_network_policies(namespace, metadata["name"], metadata["uid"], class_spec)
        if all(self._stands(policy) for policy in wanted):
            return
        async with self._locks[namespace]:
            for policy in wanted:
                if not self._stands(policy):
                    await self._bring_about(policy)

    async def remove_unused(self, namespace: str) -> float | None:
        """Delete the policies whose class no PdfSecurityJob of the namespace uses any more.

        Returns:
            Seconds after which to look again, for pods are still ending; None for never.
        """
        async with self._locks[namespace]:
            left = False
            for policy in self._unused(namespace):
                if await self._has_pods(policy):
                    left = True
                elif not self._is_used(policy):
                    await self._remove(policy)
        return PODS_SECONDS if left else None

    def namespaces_with_unused(self) -> set[str]:
        """Name the namespaces in which `remove_unused` has something to do."""
        used = {
            (key.namespace, self._observed.class_name_of(body))
            for key, body in self._observed.security_jobs.items()
        }
        return {
            key.namespace
            for key, policy in self._observed.policies.items()
            if (key.namespace, _class_of(policy)) not in used
        }

    async def _remove(self, policy: Object) -> None:
        # Forgotten first: a job that comes meanwhile must not take it for one that stands.
        self._observed.policies.pop(key_of(policy), None)
        try:
            await self._cluster.delete_network_policy(policy)
        except (NotFoundError, ConflictError):
            logger.debug("policy.gone", namespace=policy["metadata"]["namespace"])
        except ApiError:
            self._observed.policies.setdefault(key_of(policy), policy)
            raise

    async def _has_pods(self, policy: Object) -> bool:
        """Whether pods of the class are left: one outlives its Job by its grace time."""
        return bool(
            await self._cluster.list_class_pods(policy["metadata"]["namespace"], _class_of(policy))
        )

    def _unused(self, namespace: str) -> list[Object]:
        return [
            policy
            for key, policy in self._observed.policies.items()
            if key.namespace == namespace and not self._is_used(policy)
        ]

    def _is_used(self, policy: Object) -> bool:
        class_name, namespace = _class_of(policy), policy["metadata"]["namespace"]
        return (
            next(iter(self._observed.users_of(class_name, namespace)), None) is not None
            or self._observed.running(class_name, namespace).in_namespace > 0
        )

    def _stands(self, wanted: Object) -> bool:
        known = self._observed.policies.get(key_of(wanted))
        return known is not None and _says(known, wanted)

    async def _bring_about(self, policy: Object) -> None:
        try:
            stored = await self._cluster.create_network_policy(policy)
        except ConflictError:
            stored = await self._replaced(policy)
        self._observed.policies[key_of(stored)] = stored

    async def _replaced(self, policy: Object) -> Object:
        existing = await self._cluster.get_network_policy(policy)
        metadata = existing["metadata"]
        if metadata.get("labels", {}).get(names.MANAGED_BY_LABEL) != names.MANAGED_BY:
            raise JobWaits(
                "NetworkPolicyConflict",
                f"a NetworkPolicy {metadata['name']} exists that the operator did not create; "
                "rename or remove it",
            )
        if _says(existing, policy):
            return existing
        version = {"resourceVersion": metadata["resourceVersion"]}
        return await self._cluster.replace_network_policy(
            {**policy, "metadata": {**policy["metadata"], **version}}
        )


def _class_of(policy: Object) -> str:
    return str(policy["metadata"]["labels"].get(names.CLASS_LABEL, ""))


def _says(stored: Object, wanted: Object) -> bool:
    """Whether a stored policy says what is wanted, and is owned by the class that wants it."""
    owners = {owner["uid"] for owner in stored["metadata"].get("ownerReferences", [])}
    return bool(
        stored["spec"] == wanted["spec"]
        and wanted["metadata"]["ownerReferences"][0]["uid"] in owners
    )
