"""Collects all that a cluster shows of jobs, and of the operator: where a secret could be."""

from __future__ import annotations

import json
from collections.abc import Iterator

from api_client import AnsweredError, Api, path_of
from cluster import Cluster
from operator_scene import Scene
from product import NAMESPACE

KINDS = ("pdfsecurityjobs", "jobs", "pods", "events", "networkpolicies", "configmaps")
"""All that an author or a viewer can list; Secrets are where secrets belong."""

Content = tuple[str, bytes]
"""Where it was found, and what."""


def of_namespace(scene: Scene) -> Iterator[Content]:
    """Give all objects of a namespace, and the logs of its pods."""
    for plural in KINDS:
        for body in scene.api.list(plural, scene.namespace):
            yield f"{plural}/{body['metadata']['name']}", json.dumps(body).encode()
            if plural == "pods":
                name = body["metadata"]["name"]
                yield f"log of pod {name}", _log(scene.api, scene.namespace, name)


def of_the_store(scene: Scene) -> Iterator[Content]:
    """Give all that lies in the bucket but the documents that were put there: names, too."""
    for key in scene.objects():
        yield f"name of an object: {key}", key.encode()
        head = scene.s3.head_object(Bucket=scene.bucket, Key=key)
        yield f"metadata of {key}", json.dumps(head, default=str).encode()
        body = scene.s3.get_object(Bucket=scene.bucket, Key=key)["Body"].read()
        yield f"object {key}", body


def of_the_operator(api: Api) -> Iterator[Content]:
    """Give the operator's logs, its audit log among them, its Leases, events and metrics."""
    for pod in api.list("pods", NAMESPACE):
        name = pod["metadata"]["name"]
        yield f"pod {name}", json.dumps(pod).encode()
        yield f"log of {name}", _log(api, NAMESPACE, name)
        metrics = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}:8080/proxy/metrics"
        yield f"metrics of {name}", _text(api, metrics)
    for plural in ("leases", "events"):
        for body in api.list(plural, NAMESPACE):
            yield f"{plural}/{body['metadata']['name']}", json.dumps(body).encode()


def of_the_node(cluster: Cluster) -> Iterator[Content]:
    """Give the API server's audit log: requests of the operator and of pods, at its level."""
    with cluster.layout.audit_log.open("rb") as log:
        for number, line in enumerate(log):
            yield f"audit log of the API server, line {number}", line


def _log(api: Api, namespace: str, pod: str) -> bytes:
    return _text(api, path_of("pods", namespace, pod, "log"))


def _text(api: Api, path: str) -> bytes:
    try:
        return api.text(path)
    except AnsweredError as error:
        # A pod that never started has no log.
        return str(error).encode()
