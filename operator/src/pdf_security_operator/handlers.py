"""kopf's decorators: hand what its watches show to the controller. Nothing is decided here.

Of jobs there are too many for the framework's watch: `watch` has them.

The only module besides `__main__` that imports kopf.
"""

from typing import Any

import kopf

from pdf_security_operator import names
from pdf_security_operator.comparison import Seen
from pdf_security_operator.connection import open_session
from pdf_security_operator.controller import Controller
from pdf_security_operator.listing import PAGE
from pdf_security_operator.settings import Settings


def register(registry: kopf.OperatorRegistry, controller: Controller, settings: Settings) -> None:
    """Register the handlers of one operator."""

    @kopf.on.login(registry=registry)
    async def login(**_: Any) -> kopf.AiohttpSession:
        return kopf.AiohttpSession(
            aiohttp_session=open_session(settings), server=settings.api_server
        )

    def take_in(plural: str, seen: Seen, event: Any) -> None:
        # No type: of a list, with which a watch begins and begins again. It tells no deletions.
        if event["type"] is None:
            controller.relisted(plural)
        seen(event["object"], deleted=event["type"] == "DELETED")

    @kopf.on.event(names.GROUP, names.VERSION, names.CLASS_PLURAL, registry=registry)
    async def security_class(event: Any, **_: Any) -> None:
        take_in(names.CLASS_PLURAL, controller.class_seen, event)

    @kopf.on.event("networking.k8s.io", "v1", "networkpolicies", registry=registry)
    async def network_policy(event: Any, **_: Any) -> None:
        take_in("networkpolicies", controller.policy_seen, event)


def framework_settings() -> kopf.OperatorSettings:
    """Settings of the framework, each where its default would hang, leak or slow down."""
    framework = kopf.OperatorSettings()
    # The set of resources is known: no watching of namespaces and CRDs, and no rights to.
    framework.scanning.disabled = True
    # Events are the controller's own few; log lines are not copied into the cluster.
    framework.posting.enabled = False
    # A worker a resource lives this long after its last event; the default of 5 s keeps thousands.
    framework.queueing.idle_timeout = 1.0
    framework.watching.server_timeout = 300
    framework.watching.client_timeout = 330
    framework.watching.connect_timeout = 10
    framework.watching.chunk_size = PAGE
    framework.watching.label_selectors["networking.k8s.io", "networkpolicies"] = (
        names.MANAGED_SELECTOR
    )
    framework.networking.request_timeout = 30
    framework.networking.connect_timeout = 5
    framework.networking.enforce_retry_after = True
    framework.process.ultimate_exiting_timeout = 20
    return framework
