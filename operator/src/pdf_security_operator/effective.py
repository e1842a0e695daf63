"""What applies to one job: its own wishes over the class's defaults, within what the class allows.

Pure. How the result becomes a pod stands in `job`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pdf_security_operator.api import ClassSpec, HttpDocument, JobSpec, ResourceAmounts, S3Object
from pdf_security_operator.api.quantity import amount_of
from pdf_security_operator.api.security_class import Bounds, Defaults, Endpoint, OperationRules
from pdf_security_operator.errors import JobRejected
from pdf_security_processor.contract import Limits, ServerSideEncryption
from pdf_security_processor.contract.server_side_encryption import EndpointEncryption
from pdf_security_processor.contract.urls import origin_of

DEFAULT_REQUESTS = ResourceAmounts(cpu="500m", memory="1Gi")
DEFAULT_LIMITS = ResourceAmounts(cpu="1", memory="2Gi")
DEFAULT_SCRATCH = "512Mi"
DEFAULT_DEADLINE_SECONDS = 600
DEFAULT_BACKOFF_LIMIT = 3

BOUND_CPU = "4"
BOUND_MEMORY = "8Gi"
BOUND_SCRATCH = "4Gi"
BOUND_DEADLINE_SECONDS = 3600
BOUND_INPUT = "256Mi"

BROKER_BYTES = 160 * 1024**2
"""Memory of the first process with its S3 client, and of the kernel for the pod."""

WORKER_LEAST_BYTES = 96 * 1024**2
"""Below this a worker cannot even import its library."""

CLOSING_SECONDS = 15
"""Taken from the Job's deadline, so that the broker can still report a document that took it."""


@dataclass(frozen=True)
class EffectiveLimits:
    """What applies to one job. Quantities as the pod spec takes them, times in seconds."""

    cpu_request: str
    memory_request: str
    cpu_limit: str
    memory_limit: str
    scratch_size: str
    active_deadline_seconds: int
    backoff_limit: int
    document: Limits


def effective_limits_of(spec: JobSpec, class_spec: ClassSpec) -> EffectiveLimits:
    """Work out what applies to a job.

    Raises:
        JobRejected: the job asks for more than its class allows, or for a combination in which
            the tmpfs could fill the container's memory. Memory-backed volumes are charged to the
            container: one larger than the limit ends in SIGKILL, a smaller one in a clean ENOSPC.
    """
    defaults = class_spec.defaults or Defaults()
    bounds = class_spec.bounds or Bounds()
    wanted = spec.resources
    general = defaults.resources
    limits = _merged(
        wanted.limits if wanted else None, general.limits if general else None, DEFAULT_LIMITS
    )
    requests = _merged(
        wanted.requests if wanted else None,
        general.requests if general else None,
        DEFAULT_REQUESTS,
    )
    for kind, limit in limits.items():
        # A request that comes from a default never stands in the way of a smaller limit.
        asked = wanted and wanted.requests and getattr(wanted.requests, kind) is not None
        if not asked and amount_of(requests[kind]) > amount_of(limit):
            requests[kind] = limit
        _within(f"resources.requests.{kind}", requests[kind], limit, f"resources.limits.{kind}")
        # To the kubelet a limit of nothing is no limit.
        _at_least_one(f"resources.limits.{kind}", limit, "1m" if kind == "cpu" else "1")
    scratch = _first(spec.scratch_size, defaults.scratch_size, DEFAULT_SCRATCH)
    deadline = _first(
        spec.active_deadline_seconds, defaults.active_deadline_seconds, DEFAULT_DEADLINE_SECONDS
    )
    allowed = _first(bounds.active_deadline_seconds, BOUND_DEADLINE_SECONDS)
    _within("resources.limits.cpu", limits["cpu"], _first(bounds.cpu, BOUND_CPU))
    _within("resources.limits.memory", limits["memory"], _first(bounds.memory, BOUND_MEMORY))
    _within("scratchSize", scratch, _first(bounds.scratch_size, BOUND_SCRATCH))
    _at_least_one("scratchSize", scratch, "1")
    input_size = _first(bounds.input_size, BOUND_INPUT)
    _at_least_one("the class's bounds.inputSize", input_size, "1")
    _within("activeDeadlineSeconds", deadline, allowed)
    return EffectiveLimits(
        cpu_request=str(requests["cpu"]),
        memory_request=str(requests["memory"]),
        cpu_limit=str(limits["cpu"]),
        memory_limit=str(limits["memory"]),
        scratch_size=str(scratch),
        active_deadline_seconds=int(deadline),
        backoff_limit=int(
            _first(spec.backoff_limit, defaults.backoff_limit, DEFAULT_BACKOFF_LIMIT)
        ),
        document=Limits(
            input_bytes=int(amount_of(input_size)),
            output_bytes=int(amount_of(scratch)),
            worker_memory_bytes=_worker_memory(limits["memory"], scratch),
            worker_seconds=max(1, int(deadline) - CLOSING_SECONDS),
        ),
    )


def check_operations(spec: JobSpec, class_spec: ClassSpec) -> None:
    """Refuse a job that does what its class does not allow, or not what it requires.

    Raises:
        JobRejected: it does.
    """
    rules = class_spec.operations or OperationRules()
    names = [operation.name for operation in spec.operations]
    for name in names:
        if rules.allowed is not None and name not in rules.allowed:
            raise JobRejected(
                "OperationNotAllowed",
                f"operations: the class allows {', '.join(rules.allowed)}, and not {name}; leave "
                "it out, or ask the class's administrator",
            )
    for name in rules.required or []:
        if spec.output is not None and name not in names:
            raise JobRejected(
                "OperationRequired",
                f"operations: the class requires {name} of each job that has an output; add it",
            )


def endpoint_of(location: S3Object | HttpDocument, class_spec: ClassSpec, field: str) -> Endpoint:
    """Find the class's entry for a location's endpoint or origin.

    Raises:
        JobRejected: the class does not list it; none is listed where there is no list.
    """
    listed: Sequence[Endpoint] | None
    if isinstance(location, HttpDocument):
        origin, listed, place = origin_of(location.url), class_spec.http_sources, "http.url"
    else:
        origin, listed, place = location.endpoint, class_spec.storage_endpoints, "s3.endpoint"
    for endpoint in listed or ():
        if endpoint.url == origin:
            return endpoint
    urls = ", ".join(endpoint.url for endpoint in listed or ())
    raise JobRejected(
        "EndpointNotAllowed",
        f"{field}.{place} {origin} is not among those of the class ({urls or 'it lists none'}); "
        "use one of them or ask its administrator",
    )


def encryption_of(
    place: S3Object, class_spec: ClassSpec, field: str
) -> ServerSideEncryption | None:
    """Work out how the store encrypts what is put there, or needs to decrypt what is read.

    Raises:
        JobRejected: the job names another encryption than the class has for the store.
    """
    wanted = place.server_side_encryption
    classes = next(
        (
            endpoint.server_side_encryption
            for endpoint in class_spec.storage_endpoints or ()
            if endpoint.url == place.endpoint
        ),
        None,
    )
    # What is read was encrypted by whoever put it there.
    if classes is None or field == "input":
        return wanted
    _check_encryption(wanted, classes, field)
    named = wanted.kms_key_id if wanted else None
    return ServerSideEncryption(type=classes.type, kms_key_id=classes.kms_key_id or named)


def _check_encryption(
    wanted: ServerSideEncryption | None, classes: EndpointEncryption, field: str
) -> None:
    if wanted is None:
        return
    problem = ""
    if wanted.type != classes.type:
        problem = f"type {wanted.type} is not the class's for the store, {classes.type}"
        if wanted.type == "SSE-C":
            problem += ": whoever administers the class could not read it"
    elif classes.kms_key_id and wanted.kms_key_id not in (None, classes.kms_key_id):
        problem = f"kmsKeyId is not the class's for the store, {classes.kms_key_id}"
    if problem:
        raise JobRejected(
            "EncryptionNotAllowed",
            f"{field}.s3.serverSideEncryption: {problem}; leave it out to get the class's, or ask "
            "its administrator",
        )


def _merged(*sources: ResourceAmounts | None) -> dict[str, int | str]:
    """Take CPU and memory each from the first source that has it."""
    return {
        kind: _first(*(getattr(source, kind) for source in sources if source))
        for kind in ("cpu", "memory")
    }


def _first(*values: int | str | None) -> int | str:
    return next(value for value in values if value is not None)


def _within(
    field: str, value: int | str, bound: int | str, name: str = "the class's bound"
) -> None:
    if amount_of(value) > amount_of(bound):
        raise JobRejected("LimitExceeded", f"{field} is {value}, above {name} of {bound}")


def _at_least_one(field: str, value: int | str, unit: str) -> None:
    if amount_of(value) < amount_of(unit):
        raise JobRejected("LimitTooSmall", f"{field} is {value}; it must be at least {unit}")


def _worker_memory(memory_limit: int | str, scratch: int | str) -> int:
    left = int(amount_of(memory_limit) - amount_of(scratch)) - BROKER_BYTES
    if left < WORKER_LEAST_BYTES:
        raise JobRejected(
            "LimitExceeded",
            f"resources.limits.memory {memory_limit} leaves no room beside scratchSize {scratch}: "
            f"it must be larger by {(BROKER_BYTES + WORKER_LEAST_BYTES) // 1024**2}Mi at least",
        )
    return left
