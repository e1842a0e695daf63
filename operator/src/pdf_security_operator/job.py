"""Builder of the batch/v1 Job: pure. Hardening stands in `hardening`, limits in `effective`."""

from ipaddress import ip_network
from typing import Any

from pdf_security_operator import names
from pdf_security_operator.api import ClassSpec, HttpDocument, JobSpec, Output, S3Object, Sidecar
from pdf_security_operator.effective import (
    EffectiveLimits,
    check_operations,
    encryption_of,
    endpoint_of,
)
from pdf_security_operator.errors import JobRejected
from pdf_security_operator.hardening import container_hardening, pod_hardening
from pdf_security_operator.identity import job_name_of, submitter_of
from pdf_security_operator.spans import traceparent_of
from pdf_security_operator.volumes import build_volumes
from pdf_security_processor.contract import (
    TERMINATED,
    ExitCode,
    FileLocation,
    HttpLocation,
    HttpOrigin,
    Owner,
    Request,
    S3Location,
    Sink,
    Source,
)
from pdf_security_processor.contract.request import (
    INPUT_PATH,
    OUTPUT_PATH,
    REPORT_PATH,
    REQUEST_VARIABLE,
    TERMINATION_MESSAGE_PATH,
)

CONFIG_MAP_FILE = "document.pdf"
"""A ConfigMap's key is mounted under this name, whatever it is called."""

GRACE_SECONDS = 10
"""Enough for the broker to abort an upload."""


TRACE_VARIABLE = "TRACEPARENT"
"""Trace context of the pod (OpenTelemetry, environment variables as context propagation)."""


def build_request(
    metadata: dict[str, Any], spec: JobSpec, class_spec: ClassSpec, limits: EffectiveLimits
) -> Request:
    """Build what the pod is told.

    Raises:
        JobRejected: a location's endpoint is not one of the class, or its encryption another.
    """
    return Request(
        owner=Owner(namespace=metadata["namespace"], name=metadata["name"], uid=metadata["uid"]),
        input=_source(spec, class_spec),
        output=_sink(spec.output, class_spec, "output", OUTPUT_PATH),
        report=_sink(spec.report, class_spec, "report", REPORT_PATH),
        operations=spec.operations,
        limits=limits.document,
        on_signature=spec.on_signature,
        verify=spec.verify,
        require_complete_seal=class_spec.require_complete_seal,
    )


def build_job(
    metadata: dict[str, Any],
    spec: JobSpec,
    class_name: str,
    class_spec: ClassSpec,
    limits: EffectiveLimits,
) -> dict[str, Any]:
    """Build the Job of a PdfSecurityJob.

    Args:
        metadata: the resource's name, namespace and uid.
        spec: what it asks for.
        class_name: name of the class that applies.
        class_spec: the class's spec.
        limits: what applies of both.

    Raises:
        JobRejected: the class does not allow an operation, a location's endpoint or encryption, or
            the queue, or requires an operation.
    """
    check_operations(spec, class_spec)
    queued = spec.queue_name is not None
    if queued and spec.queue_name not in (class_spec.queue_names or []):
        raise JobRejected(
            "QueueNotAllowed",
            f"queueName {spec.queue_name} is not among the class's queueNames "
            f"({', '.join(class_spec.queue_names or []) or 'it lists none'}); use one of them, or "
            "leave it out",
        )
    request = build_request(metadata, spec, class_spec, limits)
    labels = {
        names.MANAGED_BY_LABEL: names.MANAGED_BY,
        names.CLASS_LABEL: class_name,
        names.OWNER_UID_LABEL: metadata["uid"],
    }
    annotations = {names.OWNER_NAME_ANNOTATION: metadata["name"]}
    submitter = submitter_of({"metadata": metadata})
    if submitter:
        annotations[names.SUBMITTER_ANNOTATION] = submitter
    if any(place and place.s3 for place in (spec.input, spec.output, spec.report)):
        labels[names.STORAGE_LABEL] = "true"
    if spec.input.http:
        labels[names.HTTP_LABEL] = "true"
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name_of(metadata["name"], metadata["uid"]),
            "namespace": metadata["namespace"],
            # The pod's is Kueue's own to label.
            "labels": {**labels, **({names.QUEUE_LABEL: spec.queue_name} if queued else {})},
            "annotations": annotations,
            "ownerReferences": [
                {
                    "apiVersion": names.API_VERSION,
                    "kind": names.JOB_KIND,
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        },
        "spec": {
            **({"suspend": True} if queued else {}),
            "completions": 1,
            "parallelism": 1,
            "backoffLimit": limits.backoff_limit,
            "activeDeadlineSeconds": limits.active_deadline_seconds,
            # Two pods of one document must never overlap: both would write the output.
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": _pod_failure_policy(),
            "template": {
                "metadata": _pod_metadata(labels, annotations, class_spec.sidecar),
                "spec": _pod_spec(spec, class_spec, limits, request),
            },
        },
    }


def _pod_metadata(
    labels: dict[str, str], annotations: dict[str, str], sidecar: Sidecar | None
) -> dict[str, Any]:
    # Ours last: whatever the class says, a pod is found and fenced by these.
    return {
        "labels": {**((sidecar and sidecar.labels) or {}), **labels},
        "annotations": {**((sidecar and sidecar.annotations) or {}), **annotations},
    }


def _pod_failure_policy() -> dict[str, Any]:
    """Fail at once what would fail again, and do not count what the cluster did to the pod."""
    permanent = sorted(int(code) for code in ExitCode if code.is_permanent)
    return {
        "rules": [
            {
                "action": "FailJob",
                "onExitCodes": {
                    "containerName": names.CONTAINER,
                    "operator": "In",
                    "values": permanent,
                },
            },
            {
                "action": "Ignore",
                "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
            },
            # Told to end, by `suspend` above all: no failure of the document's.
            {
                "action": "Ignore",
                "onExitCodes": {
                    "containerName": names.CONTAINER,
                    "operator": "In",
                    "values": [TERMINATED],
                },
            },
        ]
    }


def _pod_spec(
    spec: JobSpec, class_spec: ClassSpec, limits: EffectiveLimits, request: Request
) -> dict[str, Any]:
    volumes, mounts = build_volumes(spec, limits.scratch_size, CONFIG_MAP_FILE)
    user_namespace = class_spec.require_user_namespaces is not False
    pod: dict[str, Any] = {
        **pod_hardening(user_namespace=user_namespace),
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "containers": [
            {
                "name": names.CONTAINER,
                "image": class_spec.image,
                # By digest: what is there already is what is meant.
                "imagePullPolicy": "IfNotPresent",
                "env": [
                    {"name": REQUEST_VARIABLE, "value": request.to_environment_value()},
                    {"name": TRACE_VARIABLE, "value": traceparent_of(request.owner.uid)},
                ],
                "resources": {
                    "requests": {
                        "cpu": limits.cpu_request,
                        "memory": limits.memory_request,
                        "ephemeral-storage": "16Mi",
                    },
                    "limits": {
                        "cpu": limits.cpu_limit,
                        "memory": limits.memory_limit,
                        # Logs only: the root file system is read-only.
                        "ephemeral-storage": "64Mi",
                    },
                },
                "terminationMessagePath": TERMINATION_MESSAGE_PATH,
                "volumeMounts": mounts,
                **container_hardening(),
            }
        ],
        "volumes": volumes,
    }
    if class_spec.runtime_class_name:
        pod["runtimeClassName"] = class_spec.runtime_class_name
    if class_spec.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in class_spec.image_pull_secrets]
    return pod


def _source(spec: JobSpec, class_spec: ClassSpec) -> Source:
    place = spec.input
    if place.s3:
        return Source(s3=_s3_location(place.s3, class_spec, "input"))
    if place.http:
        return Source(http=_http_location(place.http, class_spec))
    if place.persistent_volume_claim:
        path = place.persistent_volume_claim.path
        return Source(file=FileLocation(root=INPUT_PATH, path=path))
    return Source(file=FileLocation(root=INPUT_PATH, path=CONFIG_MAP_FILE))


def _sink(place: Output | None, class_spec: ClassSpec, field: str, root: str) -> Sink | None:
    if place is None:
        return None
    overwrite = bool(place.overwrite)
    if place.s3:
        return Sink(s3=_s3_location(place.s3, class_spec, field), overwrite=overwrite)
    if place.persistent_volume_claim:
        path = place.persistent_volume_claim.path
        return Sink(file=FileLocation(root=root, path=path), overwrite=overwrite)
    return None


def _s3_location(place: S3Object, class_spec: ClassSpec, field: str) -> S3Location:
    endpoint = endpoint_of(place, class_spec, field)
    return S3Location(
        endpoint=place.endpoint,
        region=place.region or "us-east-1",
        bucket=place.bucket,
        key=place.key,
        credentials_secret=place.credentials_secret_ref.name,
        ca_bundle=endpoint.ca_bundle,
        server_side_encryption=encryption_of(place, class_spec, field),
    )


def _http_location(place: HttpDocument, class_spec: ClassSpec) -> HttpLocation:
    endpoint_of(place, class_spec, "input")
    return HttpLocation(
        url=place.url,
        origins=[
            HttpOrigin(
                url=source.url,
                cidrs=[ip_network(block) for block in source.cidrs or []],
                selects_pods=bool(source.namespace_labels or source.pod_labels),
                ca_bundle=source.ca_bundle,
            )
            for source in class_spec.http_sources or []
        ],
        bearer_token=place.bearer_token_secret_ref,
        digest=place.digest,
    )
