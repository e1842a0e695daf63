"""Where tests put documents: an S3 server in the cluster, and volumes that the host sees too."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from base64 import b64encode
from dataclasses import asdict, dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from cluster import images
from cluster.certificates import Authority, write_private
from cluster.layout import SOURCE
from cluster.provider import S3_NODE_PORT, Provider

PORT = 7070

OWNER = 65532
"""User and group of the product's pods; fsGroup is not applied to hostPath volumes."""


@dataclass(frozen=True)
class S3Facts:
    """How to reach the S3 server; `endpoint` is for pods, `host_endpoint` for this machine."""

    endpoint: str
    host_endpoint: str
    cluster_ip: str
    access_key: str
    secret_key: str = field(repr=False)
    ca_file: str
    region: str = "us-east-1"


@dataclass(frozen=True)
class Volume:
    """A bound PersistentVolumeClaim and the folder that backs it."""

    claim: str
    namespace: str
    folder: Path
    """On this machine; put files in with `write`, so that the pod's user may change them."""

    def write(self, name: str, content: bytes) -> Path:
        """Put a file in, owned by the pods' user."""
        path = self.folder / name
        for parent in reversed([*path.relative_to(self.folder).parents][:-1]):
            (self.folder / parent).mkdir(exist_ok=True)
            os.chown(self.folder / parent, OWNER, OWNER)
        path.write_bytes(content)
        os.chown(path, OWNER, OWNER)
        return path


def ensure_s3(provider: Provider) -> S3Facts:
    """Deploy the S3 server unless it runs; return how to reach it."""
    layout = provider.layout
    if layout.s3_facts.exists() and provider.has_ready("deployment/s3", "storage"):
        return S3Facts(**json.loads(layout.s3_facts.read_text()))
    image = provider.load_image(images.component_image("versitygw"))
    _apply(provider, "s3-service.yaml", node_port=str(S3_NODE_PORT))
    cluster_ip = provider.kubectl(
        "get", "service", "s3", "-n", "storage", "-o", "jsonpath={.spec.clusterIP}"
    )
    facts = _facts(provider, cluster_ip)
    secret = _build_secret(provider, facts)
    content = json.dumps(secret)
    provider.kubectl("apply", "-f", "-", input=content)
    fingerprint = hashlib.sha256(content.encode()).hexdigest()[:16]
    _apply(provider, "s3-server.yaml", image=image, fingerprint=fingerprint)
    provider.kubectl("rollout", "status", "deployment/s3", "-n", "storage", "--timeout=90s")
    write_private(layout.s3_facts, json.dumps(asdict(facts), indent=1).encode())
    return facts


def make_volume(provider: Provider, name: str, namespace: str, size: str = "1Gi") -> Volume:
    """Make a PersistentVolume on a folder of the node, and a claim bound to it."""
    unique = f"{namespace}-{name}"
    place = provider.volume_folder(unique)
    place.here.mkdir(parents=True, exist_ok=True)
    os.chown(place.here, OWNER, OWNER)
    place.here.chmod(0o770)
    documents = _build_volume(name, namespace, size, unique, str(place.on_node))
    provider.kubectl("apply", "-f", "-", input=json.dumps(documents))
    provider.kubectl(
        "wait", f"persistentvolumeclaim/{name}", "-n", namespace,
        "--for=jsonpath={.status.phase}=Bound", "--timeout=30s",
    )  # fmt: skip
    return Volume(name, namespace, place.here)


def _build_volume(name: str, namespace: str, size: str, unique: str, path: str) -> dict[str, Any]:
    modes = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"]
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": unique},
        "spec": {
            "capacity": {"storage": size},
            "accessModes": modes,
            # The folder outlives the claim: a test reads results after it deleted its namespace.
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "claimRef": {"name": name, "namespace": namespace},
            "hostPath": {"path": path, "type": "Directory"},
        },
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "accessModes": modes,
            "storageClassName": "",
            "volumeName": unique,
            "resources": {"requests": {"storage": size}},
        },
    }
    return {"apiVersion": "v1", "kind": "List", "items": [volume, claim]}


def _facts(provider: Provider, cluster_ip: str) -> S3Facts:
    if provider.reaches_service_addresses():
        host_endpoint = f"https://{cluster_ip}:{PORT}"
    else:
        host_endpoint = f"https://{provider.node_port_address()}:{S3_NODE_PORT}"
    return S3Facts(
        endpoint=f"https://s3.storage.svc:{PORT}",
        host_endpoint=host_endpoint,
        cluster_ip=cluster_ip,
        access_key=f"test{secrets.token_hex(8)}",
        secret_key=secrets.token_hex(20),
        ca_file=str(provider.layout.keys / "ca.crt"),
    )


def _build_secret(provider: Provider, facts: S3Facts) -> dict[str, Any]:
    certificate, key = Authority(provider.layout.keys).issue(
        "s3",
        common_name="s3.storage.svc",
        names=("s3.storage.svc", "s3.storage.svc.cluster.local", "localhost"),
        addresses=tuple({facts.cluster_ip, provider.node_port_address(), "127.0.0.1"}),
    )
    values = {
        "accessKey": facts.access_key.encode(),
        "secretKey": facts.secret_key.encode(),
        "tls.crt": certificate.read_bytes(),
        "tls.key": key.read_bytes(),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s3", "namespace": "storage"},
        "data": {name: b64encode(value).decode() for name, value in values.items()},
    }


def _apply(provider: Provider, file: str, **values: str) -> None:
    template = Template((SOURCE / "manifests" / file).read_text())
    provider.kubectl("apply", "-f", "-", input=template.substitute(values))
