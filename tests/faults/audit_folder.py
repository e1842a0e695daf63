"""A volume for an operator's audit log, that can be too small. Asserts nothing."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cluster.certificates import write_private
from pdf_security_operator.audit.keys import key_id_of
from pdf_security_operator.audit.records import OUTCOMES
from pdf_security_operator.audit.sinks import lines_of
from pdf_security_operator.audit.verification import Verdict, verify

LEAST_BYTES = 16 << 10
"""Of a volume that takes a few lines and no more."""


@dataclass(frozen=True)
class AuditFolder:
    """Where an operator keeps its audit log, and the key that signs it."""

    path: Path
    key_file: Path
    key: Ed25519PrivateKey

    @property
    def settings(self) -> dict[str, str]:
        """What the operator is told."""
        return {
            "PDF_SECURITY_AUDIT": "volume",
            "PDF_SECURITY_AUDIT_FOLDER": str(self.path),
            "PDF_SECURITY_AUDIT_KEY_FILE": str(self.key_file),
        }

    def verdict(self) -> Verdict:
        """Verify what was kept."""
        public = self.key.public_key()
        return verify(lines_of(self.path), {key_id_of(public): public})

    def outcomes(self) -> set[str]:
        """Give the UIDs of all jobs whose end is on record."""
        kinds = tuple(kind.encode() for kind in OUTCOMES)
        ends = {line for line in lines_of(self.path) if any(kind in line for kind in kinds)}
        return {json.loads(line)["id"].partition("/")[0] for line in ends}


def audit_folder(folder: Path) -> AuditFolder:
    """Make one, with a key of its own."""
    path = folder / "audit"
    path.mkdir(parents=True)
    key = Ed25519PrivateKey.generate()
    key_file = folder / "audit.pem"
    write_private(key_file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return AuditFolder(path, key_file, key)


@contextmanager
def full_volume(path: Path) -> Iterator[None]:
    """Let a folder be a disk that is full after a few lines; at the end it is as large as needed.

    What was written stays, on that disk.
    """
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={LEAST_BYTES}", "audit", str(path)], check=True
    )
    yield
    subprocess.run(["mount", "-o", "remount,size=64m", str(path)], check=True)


def unmount(path: Path) -> None:
    """Let the folder be what it was."""
    subprocess.run(["umount", str(path)], check=False, capture_output=True)
