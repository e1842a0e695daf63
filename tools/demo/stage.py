"""Sets the stage: namespace, bucket, claim, Secrets and ConfigMap that the examples name."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from cluster import S3Facts, packages
from cluster.storage import Volume, make_volume
from demo import documents
from product import Installation, apply, build_credentials

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NAMESPACE = "pdf-demo"
BUCKET_IN = "documents-in"
BUCKET_OUT = "documents-out"
BUCKET_PUBLIC = "documents-public"
"""Read by anybody, by its objects' URLs."""


@dataclass(frozen=True)
class Stage:
    """Where the documents are."""

    s3: S3Client
    volume: Volume


def connect(facts: S3Facts) -> S3Client:
    """Open a client of the cluster's S3 server, from this machine."""
    return boto3.client(
        "s3",
        endpoint_url=facts.host_endpoint,
        region_name=facts.region,
        aws_access_key_id=facts.access_key,
        aws_secret_access_key=facts.secret_key,
        verify=facts.ca_file,
        config=Config(
            s3={"addressing_style": "path"},
            proxies={},
            # Checksums as trailers are Amazon's own: other stores refuse them now and then.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def set_up(installation: Installation, work: Path) -> Stage:
    """Bring documents and passwords to where the examples look for them; outputs are cleared."""
    cluster = installation.cluster
    packages.ensure(["qpdf"])
    folder = documents.fetch()
    if not cluster.kubectl("get", "namespace", NAMESPACE, "--ignore-not-found"):
        cluster.kubectl("create", "namespace", NAMESPACE)
    cluster.kubectl(
        "label", "namespace", NAMESPACE, "--overwrite",
        "pod-security.kubernetes.io/enforce=restricted",
    )  # fmt: skip
    cluster.kubectl("delete", "psj", "--all", "-n", NAMESPACE, "--timeout=60s")
    words = {name: secrets.token_hex(10) for name in ("reader", "owner", "wrong")}
    apply(
        cluster,
        build_credentials(installation, NAMESPACE),
        _object("Secret", "passwords", stringData=words),
        _object(
            "ConfigMap",
            "small-documents",
            binaryData={
                "classified.pdf": b64encode((folder / "classified.pdf").read_bytes()).decode()
            },
        ),
    )
    volume = make_volume(cluster.provider, "documents", NAMESPACE)
    for left in (volume.folder / "out").glob("*"):
        left.unlink()
    work.mkdir(parents=True, exist_ok=True)
    documents.encrypted(
        folder / "hierarchy.pdf",
        work / "hierarchy-encrypted.pdf",
        words["reader"],
        words["owner"],
    )
    documents.damaged(folder / "testpage.pdf", work / "damaged.pdf")
    for name in ("policy.pdf", "form.pdf", "testpage.pdf"):
        volume.write(f"in/{name}", (folder / name).read_bytes())
    volume.write("in/damaged.pdf", (work / "damaged.pdf").read_bytes())
    s3 = connect(cluster.s3)
    for bucket in (BUCKET_IN, BUCKET_OUT, BUCKET_PUBLIC):
        _empty_bucket(s3, bucket)
    for path in (folder / "policy.pdf", work / "hierarchy-encrypted.pdf"):
        s3.put_object(Bucket=BUCKET_IN, Key=path.name, Body=path.read_bytes())
    _publish(s3, BUCKET_PUBLIC)
    testpage = (folder / "testpage.pdf").read_bytes()
    s3.put_object(Bucket=BUCKET_PUBLIC, Key="testpage.pdf", Body=testpage)
    return Stage(s3, volume)


def _empty_bucket(s3: S3Client, name: str) -> None:
    try:
        s3.head_bucket(Bucket=name)
    except ClientError:
        s3.create_bucket(Bucket=name)
    for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=entry["Key"])


def _publish(s3: S3Client, name: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))


def _object(kind: str, name: str, **content: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        **content,
    }
