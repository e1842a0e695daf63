"""The spec of a PdfSecurityClass: the administrator's side of every job that names it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from pdf_security_operator.api.job import Resources
from pdf_security_operator.api.locations import StoreOrigin
from pdf_security_operator.api.peers import PEER_RULES, DnsPeers, Peers, Ports
from pdf_security_operator.api.quantity import Quantity
from pdf_security_operator.api.sidecar import Sidecar
from pdf_security_operator.api.status import Condition
from pdf_security_processor.contract import Model, cel_rules
from pdf_security_processor.contract.operations import OPERATION_NAMES, OperationName
from pdf_security_processor.contract.references import ObjectName
from pdf_security_processor.contract.request import HTTP_SOURCES
from pdf_security_processor.contract.server_side_encryption import EndpointEncryption
from pdf_security_processor.contract.urls import HttpsOrigin

CA_BUNDLE_LENGTH = 32768
"""Of one store, and of all sources over HTTP together: a request names up to three stores, or two
and these, and travels as one variable, of which Linux takes 131,072 bytes (MAX_ARG_STRLEN)."""


class Endpoint(Peers):
    """An origin that jobs of the class may use."""

    url: StoreOrigin = Field(
        description="Its origin, exactly as jobs write it, such as https://s3.example.com."
    )
    ports: Ports | None = Field(
        default=None,
        description="Ports of the peers behind it; the URL's own where left out. A Service "
        "that translates its port needs its pods' port here.",
    )
    ca_bundle: Annotated[str, Field(min_length=1, max_length=CA_BUNDLE_LENGTH)] | None = Field(
        default=None,
        description="PEM certificates that its own certificate must chain to; the image's own "
        "list where left out.",
    )

    model_config = ConfigDict(json_schema_extra=cel_rules(*PEER_RULES))


class StorageEndpoint(Endpoint):
    """A store that jobs of the class may use."""

    server_side_encryption: EndpointEncryption | None = Field(
        default=None,
        description="How outputs and reports are encrypted there. A job that names another type or "
        "key fails; its own say where left out.",
    )


class HttpSource(Endpoint):
    """An origin that jobs of the class may read documents from.

    All addresses of its name must be in `cidrs`, private ones in a private block of them. Where it
    has labels, the network policy alone says which pods it is.
    """

    url: HttpsOrigin = Field(
        description="Its origin, exactly as jobs write it, such as https://documents.example.com."
    )


class Defaults(Model):
    """What a job gets that asks for nothing."""

    resources: Resources | None = Field(
        default=None, description="Requests 500m and 1Gi, limits 1 and 2Gi where left out."
    )
    scratch_size: Quantity | None = Field(default=None, description="512Mi where left out.")
    active_deadline_seconds: Annotated[int, Field(ge=1, le=86400)] | None = Field(
        default=None, description="600 where left out."
    )
    backoff_limit: Annotated[int, Field(ge=0, le=20)] | None = Field(
        default=None, description="3 where left out."
    )


class Bounds(Model):
    """What no job may exceed; a job that asks for more fails."""

    cpu: Quantity | None = Field(default=None, description="Cores: 4 where left out.")
    memory: Quantity | None = Field(default=None, description="Bytes: 8Gi where left out.")
    scratch_size: Quantity | None = Field(default=None, description="4Gi where left out.")
    active_deadline_seconds: Annotated[int, Field(ge=1, le=86400)] | None = Field(
        default=None, description="3600 where left out."
    )
    input_size: Quantity | None = Field(
        default=None, description="Size of a document: 256Mi where left out."
    )


Operations = Annotated[list[OperationName], Field(min_length=1, max_length=len(OPERATION_NAMES))]


class OperationRules(Model):
    """Which operations jobs of the class may do, and which they may not do without."""

    allowed: Operations | None = Field(default=None, description="All there are where left out.")
    required: Operations | None = Field(
        default=None,
        description="Of each job that has an output: sanitize, for example, or encrypt.",
    )

    model_config = ConfigDict(
        json_schema_extra=cel_rules(
            (
                "!has(self.allowed) || !has(self.required) || "
                "self.required.all(name, name in self.allowed)",
                "what is required must be allowed",
                ".required",
            ),
        )
    )


class ConcurrentMemory(Model):
    """How much memory jobs of the class request at the same time; no bound where left out."""

    total: Quantity | None = Field(default=None, description="In the whole cluster.")
    per_namespace: Quantity | None = Field(default=None, description="In each namespace.")
    per_user: Quantity | None = Field(default=None, description="Of each submitting user.")


class NamespaceWeight(Model):
    """How many jobs of a namespace start for one of the others, while both wait."""

    namespace: ObjectName = Field(description="Name of the namespace.")
    weight: Annotated[int, Field(ge=1, le=1000)] = Field(description="1 where none is given.")


class Concurrency(Model):
    """How many jobs of the class run at the same time; no bound where left out."""

    total: Annotated[int, Field(ge=1, le=100000)] | None = Field(
        default=None, description="In the whole cluster."
    )
    per_namespace: Annotated[int, Field(ge=1, le=100000)] | None = Field(
        default=None, description="In each namespace."
    )
    per_user: Annotated[int, Field(ge=1, le=100000)] | None = Field(
        default=None, description="Of each submitting user, in all namespaces together."
    )
    memory: ConcurrentMemory | None = Field(
        default=None, description="How much memory the jobs request together."
    )
    weights: Annotated[list[NamespaceWeight], Field(max_length=256)] | None = Field(
        default=None, description="Shares of namespaces while more wait than may run."
    )

    def weight_of(self, namespace: str) -> int:
        """Give the weight of a namespace."""
        weights = (entry.weight for entry in self.weights or () if entry.namespace == namespace)
        return next(weights, 1)


class ClassSpec(Model):
    """How jobs of the class run, and what they may reach."""

    image: Annotated[
        str,
        Field(
            max_length=512,
            pattern=r"^[a-z0-9][-a-zA-Z0-9._:/]*@sha256:[0-9a-f]{64}$",
            description="Processor image by digest, such as registry.example/processor@sha256:...",
        ),
    ]
    image_pull_secrets: Annotated[list[ObjectName], Field(max_length=8)] | None = Field(
        default=None, description="Names of pull Secrets in the jobs' namespaces."
    )
    runtime_class_name: ObjectName | None = Field(
        default=None, description="RuntimeClass of the pods, such as gvisor."
    )
    require_user_namespaces: bool | None = Field(
        default=None,
        description="Pods get a user namespace of their own (hostUsers: false). True where left "
        "out; false only for nodes that cannot.",
    )
    require_complete_seal: bool | None = Field(
        default=None,
        description="The process that parses is held by Landlock and seccomp. True where left "
        "out; false for nodes whose kernel lacks one of them, and the report says what held.",
    )
    storage_endpoints: Annotated[list[StorageEndpoint], Field(max_length=16)] | None = Field(
        default=None, description="Stores that jobs may use and that their pods may reach."
    )
    http_sources: Annotated[list[HttpSource], Field(max_length=HTTP_SOURCES)] | None = Field(
        default=None,
        description="Origins that jobs may read documents from, and where redirections may lead. "
        "None where left out or empty.",
    )
    dns: DnsPeers | None = Field(
        default=None,
        description="Name servers; pods labelled k8s-app: kube-dns in kube-system where left out.",
    )
    sidecar: Sidecar | None = Field(
        default=None,
        description="What a service mesh puts beside the processor, where it puts something.",
    )
    defaults: Defaults | None = Field(
        default=None, description="What a job gets that asks for nothing."
    )
    bounds: Bounds | None = Field(default=None, description="What no job may exceed.")
    operations: OperationRules | None = Field(
        default=None, description="What jobs may do to documents, and what they must."
    )
    concurrency: Concurrency | None = Field(
        default=None, description="How many jobs run at the same time."
    )
    queue_names: Annotated[list[ObjectName], Field(max_length=64)] | None = Field(
        default=None,
        description="LocalQueues of Kueue that jobs may name; Kueue says when these start.",
    )


class ClassStatus(Model):
    """What the operator says of a class."""

    observed_generation: int | None = Field(default=None, description="Generation last seen.")
    conditions: Annotated[list[Condition], Field(max_length=8)] | None = Field(
        default=None, description="Accepted, or why not."
    )


class PdfSecurityClass(Model):
    """How jobs run and what they may reach: the administrator's contract with their authors."""

    api_version: Literal["pdfsecurity.dev/v1alpha1"] | None = None
    kind: Literal["PdfSecurityClass"] | None = None
    spec: ClassSpec = Field(description="What is wanted.")
    status: ClassStatus | None = Field(default=None, description="What was seen.")
