"""Is a class fit for use, and what its status says of that: pure.

What the API server's rules cannot check is checked here: addresses, certificates, quantities
against one another.
"""

import binascii
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pdf_security_operator.api import ClassSpec, Endpoint, JobSpec, Peers
from pdf_security_operator.api.faults import faults_of
from pdf_security_operator.api.security_class import CA_BUNDLE_LENGTH
from pdf_security_operator.effective import effective_limits_of
from pdf_security_operator.errors import JobRejected
from pdf_security_operator.text import message_of

Object = dict[str, Any]

_ANY_JOB = JobSpec.model_validate(
    {"input": {"configMap": {"name": "any", "key": "any"}}, "operations": [{"inspect": {}}]}
)


@dataclass(frozen=True)
class Examined:
    """What a class says, and what is wrong with it, each naming the field."""

    spec: ClassSpec | None
    """None where it cannot even be read, which is a fault too."""
    faults: tuple[str, ...]


def examined_class_of(body: Object) -> Examined:
    """Examine a class; without faults it is fit for use. Takes milliseconds for certificates."""
    try:
        spec = ClassSpec.model_validate(body["spec"])
    except ValidationError as error:
        return Examined(None, tuple(faults_of(error)))
    return Examined(spec, tuple(_class_faults(spec)))


def _class_faults(spec: ClassSpec) -> list[str]:
    faults = []
    faults += _endpoint_faults(spec.storage_endpoints, "spec.storageEndpoints")
    faults += _endpoint_faults(spec.http_sources, "spec.httpSources")
    if sum(len(source.ca_bundle or "") for source in spec.http_sources or ()) > CA_BUNDLE_LENGTH:
        faults.append(
            f"spec.httpSources: their caBundles have more than {CA_BUNDLE_LENGTH} characters "
            "together; leave out certificates that are not needed"
        )
    if spec.dns:
        faults += _address_faults(spec.dns, "spec.dns")
    for index, peers in enumerate((spec.sidecar and spec.sidecar.peers) or ()):
        faults += _address_faults(peers, f"spec.sidecar.peers[{index}]")
    try:
        effective_limits_of(_ANY_JOB, spec)
    except JobRejected as rejection:
        faults.append(f"spec.defaults: {rejection.message}")
    return faults


def _endpoint_faults(endpoints: Sequence[Endpoint] | None, field: str) -> list[str]:
    faults = []
    for index, endpoint in enumerate(endpoints or ()):
        faults += _address_faults(endpoint, f"{field}[{index}]")
        if endpoint.ca_bundle and not _is_certificates(endpoint.ca_bundle):
            faults.append(f"{field}[{index}].caBundle holds no PEM certificate that can be read")
    return faults


def class_status_of(body: Object, faults: tuple[str, ...], now: str) -> Object:
    """Compute the status of a class; equal to the one before when it says the same."""
    generation = body["metadata"]["generation"]
    condition = {
        "type": "Accepted",
        "status": "False" if faults else "True",
        "observedGeneration": generation,
        "lastTransitionTime": now,
        "reason": "Invalid" if faults else "Accepted",
        "message": message_of("; ".join(faults)) or "jobs may use the class",
    }
    for before in body.get("status", {}).get("conditions", []):
        if before["type"] == "Accepted" and before["status"] == condition["status"]:
            condition["lastTransitionTime"] = before["lastTransitionTime"]
    return {"observedGeneration": generation, "conditions": [condition]}


def _address_faults(peers: Peers, field: str) -> list[str]:
    faults = []
    for index, block in enumerate(peers.cidrs or []):
        try:
            ipaddress.ip_network(block)
        except ValueError as error:
            faults.append(f"{field}.cidrs[{index}]: {error}")
    return faults


def _is_certificates(text: str) -> bool:
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # As bytes of a file would be read: a comment may have any characters.
        context.load_verify_locations(cadata=text.encode("ascii", "replace").decode())
    except (ssl.SSLError, ValueError, binascii.Error):
        return False
    return bool(context.get_ca_certs())
