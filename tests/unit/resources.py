"""Resources that the unit tests of the operator start from. Data only, no assertion."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

UID = "5b1f7c1e-6d8f-4c55-9d3e-0c4b1d0a7e11"
DIGEST = "a" * 64
IMAGE = f"registry.example/pdf-security-processor@sha256:{DIGEST}"
NOW = "2026-03-01T12:00:00Z"
LATER = "2026-03-01T12:05:00Z"

METADATA: Object = {
    "name": "contract-7",
    "namespace": "legal",
    "uid": UID,
    "generation": 1,
    "resourceVersion": "10",
    "creationTimestamp": "2026-03-01T11:59:00Z",
}


def s3(key: str, bucket: str = "documents", credentials: str = "s3", **fields: Any) -> Object:
    """A location in the store that `class_spec` lists."""
    return {
        "s3": {
            "endpoint": "https://s3.example.com",
            "bucket": bucket,
            "key": key,
            "credentialsSecretRef": {"name": credentials},
            **fields,
        }
    }


def http(path: str = "/in/contract.pdf", **fields: Any) -> Object:
    """A document of the source that `http_class_spec` lists."""
    return {"http": {"url": f"https://documents.example.com{path}", **fields}}


def claim(path: str, name: str = "documents") -> Object:
    """A file on a claim."""
    return {"persistentVolumeClaim": {"claimName": name, "path": path}}


def job_spec(**changes: Any) -> Object:
    """The smallest spec: a ConfigMap's document is inspected."""
    return {
        "input": {"configMap": {"name": "letters", "key": "letter.pdf"}},
        "operations": [{"inspect": {}}],
        **changes,
    }


def class_spec(**changes: Any) -> Object:
    """A class with one store."""
    return {
        "image": IMAGE,
        "storageEndpoints": [{"url": "https://s3.example.com", "cidrs": ["10.0.3.0/24"]}],
        **changes,
    }


def http_class_spec(**changes: Any) -> Object:
    """A class with one store, and two sources over HTTP."""
    sources = [
        {"url": "https://documents.example.com", "cidrs": ["10.0.7.0/24"]},
        {"url": "https://archive.team.svc:8443", "podLabels": {"app": "archive"}},
    ]
    return class_spec(httpSources=sources, **changes)


def security_job(name: str = "contract-7", uid: str = UID, **changes: Any) -> Object:
    """A PdfSecurityJob as the API server gives it; `metadata` is merged, the rest replaces."""
    metadata = {**METADATA, "name": name, "uid": uid, **changes.pop("metadata", {})}
    return {"metadata": metadata, "spec": job_spec(), **changes}


def observed_job(
    uid: str = UID,
    *,
    namespace: str = "legal",
    status: Object | None = None,
    metadata: Object | None = None,
    spec: Object | None = None,
) -> Object:
    """A batch/v1 Job of a PdfSecurityJob as the API server gives it."""
    return {
        "metadata": {
            "name": f"contract-7-{uid}",
            "namespace": namespace,
            "uid": f"job-of-{uid}",
            "resourceVersion": "20",
            "labels": {
                "app.kubernetes.io/managed-by": "pdf-security-operator",
                "pdfsecurity.dev/class": "standard",
            },
            "ownerReferences": [
                {
                    "apiVersion": "pdfsecurity.dev/v1alpha1",
                    "kind": "PdfSecurityJob",
                    "name": "contract-7",
                    "uid": uid,
                    "controller": True,
                }
            ],
            **(metadata or {}),
        },
        "spec": spec or {},
        "status": status or {},
    }
