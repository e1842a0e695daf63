"""A real S3 server for the tests: versitygw over TLS on loopback. Asserts nothing."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cluster import toolchain
from cluster.certificates import Authority
from pdf_security_processor.contract import S3Location
from processor.pods import Pod

ACCESS_KEY = "TESTACCESSKEY"
SECRET_KEY = "Geheim-S3-9917/+="


@dataclass
class S3Server:
    """One server with its own folder, certificate authority and port."""

    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.buckets = self.folder / "buckets"
        self.buckets.mkdir(parents=True)
        self.authority = Authority(self.folder / "ca")
        self.certificate, self.key = self.authority.issue(
            "s3", common_name="s3", names=["localhost"]
        )
        self.port = self.port or free_port()

    @property
    def endpoint(self) -> str:
        return f"https://localhost:{self.port}"

    def bucket(self, name: str) -> Path:
        """Make a bucket: the server takes folders as buckets."""
        folder = self.buckets / name
        folder.mkdir(exist_ok=True)
        return folder

    def command(self) -> list[str]:
        """Give the command line of the server, which is built where it is not yet."""
        program = toolchain.build(["versitygw"])["versitygw"] / "versitygw"
        return [
            str(program),
            f"--access={ACCESS_KEY}",
            f"--secret={SECRET_KEY}",
            f"--port=localhost:{self.port}",
            f"--cert={self.certificate}",
            f"--key={self.key}",
            "--quiet",
            "posix",
            str(self.buckets),
        ]

    def environment(self) -> dict[str, str]:
        """Give what the server finds in its environment besides."""
        return {}

    def start(self) -> None:
        """Start the server and wait until it answers."""
        command = self.command()
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **self.environment()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        context = ssl.create_default_context(cafile=str(self.authority.certificate_file))
        for _ in range(400):
            try:
                with (
                    socket.create_connection(("localhost", self.port), timeout=1) as raw,
                    context.wrap_socket(raw, server_hostname="localhost"),
                ):
                    return
            except OSError:
                time.sleep(0.025)
        raise RuntimeError(f"{command[0]} did not start on port {self.port}")

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End the server."""
        if self.process:
            self.process.send_signal(number)
            self.process.wait()
            self.process = None

    def location(self, key: str = "in.pdf", bucket: str = "documents", **other: Any) -> S3Location:
        """Name an object of this server."""
        values = {
            "endpoint": self.endpoint,
            "bucket": bucket,
            "key": key,
            "credentials_secret": "s3",
            "ca_bundle": self.authority.certificate_file.read_text(),
            **other,
        }
        return S3Location.model_validate(values)

    def credentials_for(self, pod: Pod) -> None:
        """Mount the Secret that the locations name."""
        pod.secret("s3", "accessKeyId", ACCESS_KEY)
        pod.secret("s3", "secretAccessKey", SECRET_KEY)

    def objects(self, bucket: str = "documents") -> list[str]:
        """List the objects of a bucket, and whatever the server keeps of unfinished uploads."""
        folder = self.buckets / bucket
        return sorted(
            str(path.relative_to(folder))
            for path in folder.rglob("*")
            if path.is_file() and not path.name.endswith(".lock")
        )


def free_port() -> int:
    """Give a port of loopback that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
