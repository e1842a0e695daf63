"""Brings the NetworkPolicies of (namespace, class) about, keeps them, and takes them away at last.

What they say stands in `network`.
"""

import asyncio
import time
from collections import defaultdict
from typing import Any

import structlog

from pdf_security_operator import names
from pdf_security_operator.api import ClassSpec
from pdf_security_operator.classes import Classes
from pdf_security_operator.cluster import Cluster
from pdf_security_operator.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    JobWaits,
    NotFoundError,
)
from pdf_security_operator.identity import class_label_of, key_of
from pdf_security_operator.network import build_network_policies
from pdf_security_operator.observed import Observed

Object = dict[str, Any]

PODS_SECONDS = 2.0
"""Policies without users are looked at again as often while pods of theirs are ending."""

TRUSTED_SECONDS = 10.0
"""So long a policy that was read is taken to stand, unless the watch tells otherwise. A watch that
lost an event tells nothing."""

logger = structlog.get_logger()


class Policies:
    """The policies of all namespaces; one at a time is changed in each."""

    def __init__(self, cluster: Cluster, observed: Observed, classes: Classes) -> None:
        self._cluster = cluster
        self._observed = observed
        self._classes = classes
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._read_at: dict[tuple[str, str], float] = {}

    async def ensure(self, namespace: str, class_name: str, class_spec: ClassSpec) -> None:
        """Return when the class's policies stand in the namespace, as the class wants them.

        Raises:
            JobWaits: a policy of that name exists that the operator did not create, or the API
                refuses ours.
            ApiError: to be tried again.
        """
        wanted = build_network_policies(namespace, class_name, class_spec)
        place = namespace, class_name
        if self._are_trusted(place) and all(self._stands(policy) for policy in wanted):
            return
        async with self._locks[namespace]:
            # Whoever held the lock may have done it.
            trusted = self._are_trusted(place)
            for policy in wanted:
                if not (trusted and self._stands(policy)):
                    await self._bring_about(policy)
            self._read_at[place] = time.monotonic()

    async def settle(self, namespace: str) -> float | None:
        """Restore the policies under which something runs, and remove those that nobody uses.

        Returns:
            Seconds after which to look again, for pods are still ending; None for never.
        """
        ending = False
        for class_name in self._observed.turnstile.places.classes_in(namespace):
            class_spec = self._classes.spec_of(class_name)
            if class_spec is None:
                # What stands stays; how it would have to be, nobody can say.
                continue
            try:
                await self.ensure(namespace, class_name, class_spec)
            except JobWaits as refusal:
                logger.warning(
                    "policy.missing", namespace=namespace, class_name=class_name, error=str(refusal)
                )
        async with self._locks[namespace]:
            for policy in self._unused(namespace):
                if await self._has_pods(policy):
                    ending = True
                elif not self._is_used(policy):
                    await self._remove(policy)
        return PODS_SECONDS if ending else None

    def namespaces_of(self, class_name: str) -> set[str]:
        """Name the namespaces in which policies of a class stand."""
        return {
            key.namespace
            for key, policy in self._observed.policies.items()
            if class_label_of(policy) == class_name
        }

    def namespaces(self) -> set[str]:
        """Name the namespaces in which policies stand."""
        return {key.namespace for key, _ in self._observed.policies.items()}

    async def _remove(self, policy: Object) -> None:
        namespace = policy["metadata"]["namespace"]
        # Not trusted from now on: a job that comes meanwhile must not take it for one that stands.
        self._read_at.pop((namespace, class_label_of(policy)), None)
        try:
            await self._cluster.delete_network_policy(policy)
        except (NotFoundError, ConflictError):
            logger.debug("policy.gone", namespace=namespace)
        self._observed.policies.forget(policy)

    async def _has_pods(self, policy: Object) -> bool:
        """Whether pods of the class are left: one outlives its Job by its grace time."""
        namespace = policy["metadata"]["namespace"]
        selector = f"{names.CLASS_LABEL}={class_label_of(policy)}"
        return bool([pod async for pod in self._cluster.unfinished_pods(namespace, selector)])

    def _unused(self, namespace: str) -> list[Object]:
        return [
            policy
            for policy in self._observed.policies.in_namespace(namespace)
            if not self._is_used(policy)
        ]

    def _is_used(self, policy: Object) -> bool:
        class_name, namespace = class_label_of(policy), policy["metadata"]["namespace"]
        if self._observed.turnstile.places.in_namespace(class_name, namespace) > 0:
            return True
        users = self._observed.users_of(class_name, namespace)
        return self._classes.spec_of(class_name) is not None and next(users, None) is not None

    def _are_trusted(self, place: tuple[str, str]) -> bool:
        return time.monotonic() - self._read_at.get(place, float("-inf")) < TRUSTED_SECONDS

    def _stands(self, wanted: Object) -> bool:
        known = self._observed.policies.get(key_of(wanted))
        return known is not None and known["spec"] == wanted["spec"]

    async def _bring_about(self, policy: Object) -> None:
        try:
            stored = await self._read_or_created(policy)
        except (ForbiddenError, InvalidError) as error:
            raise JobWaits("NetworkPolicyRefused", error.message) from error
        self._observed.policies.put(stored)

    async def _read_or_created(self, policy: Object) -> Object:
        try:
            existing = await self._cluster.get_network_policy(policy)
        except NotFoundError:
            return await self._cluster.create_network_policy(policy)
        metadata = existing["metadata"]
        if metadata.get("labels", {}).get(names.MANAGED_BY_LABEL) != names.MANAGED_BY:
            raise JobWaits(
                "NetworkPolicyConflict",
                f"a NetworkPolicy {metadata['name']} exists that the operator did not create; "
                "rename or remove it",
            )
        if existing["spec"] == policy["spec"]:
            return existing
        version = {"resourceVersion": metadata["resourceVersion"]}
        return await self._cluster.replace_network_policy(
            {**policy, "metadata": {**policy["metadata"], **version}}
        )
