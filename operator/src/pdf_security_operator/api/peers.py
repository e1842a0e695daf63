"""Destinations of network traffic in a class: address blocks, and pods by label."""

from typing import Annotated

from pydantic import ConfigDict, Field

from pdf_security_processor.contract import Model, cel_rules

Cidr = Annotated[str, Field(min_length=3, max_length=43, pattern=r"^[0-9a-fA-F.:]+/[0-9]{1,3}$")]

Labels = Annotated[
    dict[
        str,
        Annotated[
            str, Field(max_length=63, pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$")
        ],
    ],
    Field(min_length=1, max_length=8),
]
"""Never empty: no label at all would select every namespace, or every pod."""

Ports = Annotated[list[Annotated[int, Field(ge=1, le=65535)]], Field(max_length=8)]

_PREFIX = "([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?"
LABEL_KEY = f"^{_PREFIX}[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?$"

PEER_RULES: tuple[tuple[str, str] | tuple[str, str, str], ...] = (
    (
        "has(self.cidrs) || has(self.namespaceLabels) || has(self.podLabels)",
        "one of cidrs, namespaceLabels and podLabels must be given",
    ),
    (
        "!has(self.cidrs) || self.cidrs.all(c, isCIDR(c))",
        "cidrs must be address blocks such as 10.0.3.0/24",
        ".cidrs",
    ),
    *(
        (
            f"!has(self.{field}) || self.{field}.all(key, key.matches('{LABEL_KEY}'))",
            f"keys of {field} must be of the form [prefix/]name",
            f".{field}",
        )
        for field in ("namespaceLabels", "podLabels")
    ),
)
"""A NetworkPolicy with a peer that the API server refuses would hold every job of the class."""


class Peers(Model):
    """Destinations of network traffic: address blocks, and pods by label."""

    cidrs: Annotated[list[Cidr], Field(min_length=1, max_length=32)] | None = Field(
        default=None, description="Address blocks, such as 10.0.3.0/24."
    )
    namespace_labels: Labels | None = Field(
        default=None, description="Pods in namespaces with these labels."
    )
    pod_labels: Labels | None = Field(
        default=None,
        description="Only pods with these labels; in the job's namespace where "
        "namespaceLabels is left out.",
    )


class DnsPeers(Peers):
    """Name servers that pods may ask, on port 53."""

    model_config = ConfigDict(json_schema_extra=cel_rules(*PEER_RULES))
