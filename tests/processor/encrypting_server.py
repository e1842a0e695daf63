"""A real S3 server that encrypts what it keeps: MinIO over TLS on loopback. Asserts nothing."""

from __future__ import annotations

import base64
import os
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import botocore.exceptions

from cluster import toolchain
from pdf_security_processor.contract import S3Location
from processor.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KMS_KEY = "house-key"
"""The one key of its key management."""


@dataclass
class EncryptingServer(S3Server):
    """MinIO with one drive and one key."""

    client: S3Client = field(init=False, repr=False)
    """A client of the tests' own, which shares nothing with the processor's."""

    def command(self) -> list[str]:
        program = toolchain.build(["minio"])["minio"] / "minio"
        folder = self.folder / "certificates"
        if not folder.exists():
            folder.mkdir()
            shutil.copy(self.certificate, folder / "public.crt")
            shutil.copy(self.key, folder / "private.key")
        return [
            str(program),
            "server",
            "--quiet",
            f"--address=localhost:{self.port}",
            f"--certs-dir={folder}",
            str(self.buckets),
        ]

    def environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "MINIO_ROOT_USER": ACCESS_KEY,
            "MINIO_ROOT_PASSWORD": SECRET_KEY,
            "MINIO_KMS_SECRET_KEY": f"{KMS_KEY}:{base64.b64encode(os.urandom(32)).decode()}",
            "MINIO_BROWSER": "off",
            "MINIO_UPDATE": "off",
        }

    def start(self) -> None:
        super().start()
        self.client = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=self.endpoint,
            verify=str(self.authority.certificate_file),
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """Wait for what it does after it has begun to listen: its drive, its users, its key."""
        for _ in range(100):
            try:
                self.client.list_buckets()
            except botocore.exceptions.ClientError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("MinIO did not get ready")

    def emptied(self, bucket: str = "documents") -> None:
        """Make a bucket, or remove all that is in it."""
        names = [each["Name"] for each in self.client.list_buckets()["Buckets"]]
        if bucket not in names:
            self.client.create_bucket(Bucket=bucket)
        for name in self.objects(bucket):
            self.client.delete_object(Bucket=bucket, Key=name)

    def objects(self, bucket: str = "documents") -> list[str]:
        """List the objects of a bucket, and the uploads that were begun and not ended."""
        there = self.client.list_objects_v2(Bucket=bucket).get("Contents", [])
        begun = self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        return sorted(
            [each["Key"] for each in there] + [f"{each['Key']} (begun)" for each in begun]
        )

    def keeps(self, content: bytes) -> bool:
        """Tell whether any file of its drive holds some bytes."""
        files = (path for path in self.buckets.rglob("*") if path.is_file())
        return any(content in path.read_bytes() for path in files)


def encrypted(location: S3Location, kind: str, key: str | None = None) -> S3Location:
    """Give the location with an encryption; of SSE-C its key is that of Secret `at-rest`."""
    wanted: dict[str, Any] = {"type": kind}
    if kind == "SSE-C":
        wanted["customerKeySecretRef"] = {"name": "at-rest", "key": key or "key"}
    elif key:
        wanted["kmsKeyId"] = key
    given = {**location.to_json_dict(), "serverSideEncryption": wanted}
    return S3Location.model_validate(given)
