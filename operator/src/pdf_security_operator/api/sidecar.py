"""What a class says of a container that others put into its pods, such as a service mesh's."""

from typing import Annotated

from pydantic import ConfigDict, Field

from pdf_security_operator.api.peers import LABEL_KEY, PEER_RULES, Labels, Peers, Ports
from pdf_security_processor.contract import Model, cel_rules

Annotations = Annotated[
    dict[str, Annotated[str, Field(max_length=1024)]], Field(min_length=1, max_length=8)
]

_RESERVED = r"(^|[-.])(kubernetes\.io|k8s\.io|pdfsecurity\.dev)/|^(job-name|controller-uid)$"
"""Keys by which Kubernetes, Kueue and this operator find, count, confine and fence pods. The last
two are the Job controller's own, from before it had a prefix."""


def _key_rules(field: str) -> tuple[tuple[str, str, str], ...]:
    return (
        (
            f"!has(self.{field}) || self.{field}.all(key, key.matches('{LABEL_KEY}'))",
            f"keys of {field} must be of the form [prefix/]name",
            f".{field}",
        ),
        (
            f"!has(self.{field}) || !self.{field}.exists(key, key.matches(r'{_RESERVED}'))",
            f"keys of {field} must not be those of Kubernetes or of this operator",
            f".{field}",
        ),
    )


class SidecarPeers(Peers):
    """What the sidecar must reach, such as the mesh's control plane."""

    ports: Ports = Field(min_length=1, description="Ports of the peers.")

    model_config = ConfigDict(json_schema_extra=cel_rules(*PEER_RULES))


class Sidecar(Model):
    """A container that an injector puts beside the processor, the native way.

    Native: an init container with `restartPolicy: Always`, which Kubernetes ends when the processor
    has ended (KEP-753). One of the old kind would keep every Job from completing.
    """

    labels: Labels | None = Field(
        default=None,
        description='On pods, for the injector, such as sidecar.istio.io/inject: "true".',
    )
    annotations: Annotations | None = Field(
        default=None,
        description="On pods, for the injector, such as linkerd.io/inject: enabled.",
    )
    peers: Annotated[list[SidecarPeers], Field(min_length=1, max_length=16)] | None = Field(
        default=None,
        description="What it must reach. A pod has one network: its broker reaches them too, the "
        "process that parses has no sockets.",
    )

    model_config = ConfigDict(
        json_schema_extra=cel_rules(*_key_rules("labels"), *_key_rules("annotations"))
    )
