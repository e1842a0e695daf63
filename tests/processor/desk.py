"""A folder with a document and passwords, in which the command line is run for real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PDFSEC = Path(sys.executable).with_name("pdfsec")
OWNER = "owner-Geheim-7391"
USER = "user-Geheim-4826"

ENCRYPT: dict[str, Any] = {
    "encrypt": {
        "userPasswordSecretRef": {"name": "pw", "key": "user"},
        "ownerPasswordSecretRef": {"name": "pw", "key": "owner"},
    }
}
DECRYPT: dict[str, Any] = {"decrypt": {"passwordSecretRef": {"name": "pw", "key": "user"}}}
INSPECT: dict[str, Any] = {"inspect": {}}
SANITIZE: dict[str, Any] = {"sanitize": {}}
SECRETS = ("--secret", "pw/user=user.txt", "--secret", "pw/owner=owner.txt")
IN_OUT = ("--input", "in.pdf", "--output", "out.pdf")


@dataclass(frozen=True)
class Ended:
    """How one run of the command line ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.out)
        return answer


@dataclass(frozen=True)
class Desk:
    """A folder with a document and passwords, in which the command line is run."""

    folder: Path
    temporary: Path

    def job(self, *operations: dict[str, Any], file: str = "job.yaml", **spec: Any) -> None:
        claim = {"claimName": "documents", "path": "any.pdf"}
        manifest: dict[str, Any] = {
            "apiVersion": "pdfsecurity.dev/v1alpha1",
            "kind": "PdfSecurityJob",
            "metadata": {"name": "contract"},
            "spec": {
                "input": {"persistentVolumeClaim": claim},
                "output": {"persistentVolumeClaim": {**claim, "path": "out.pdf"}},
                "operations": list(operations),
                **spec,
            },
        }
        if operations == (INSPECT,):
            del manifest["spec"]["output"]
        (self.folder / file).write_text(yaml.safe_dump(manifest))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            # What a shell starts in the background ignores Ctrl-C, and so would its children.
            ["env", "--default-signal=INT", PDFSEC, *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "TMPDIR": str(self.temporary), "COLUMNS": "200"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def pdfsec(self, *arguments: str, stdin: str = "") -> Ended:
        before = private_folders()
        process = self.start(*arguments)
        out, err = process.communicate(stdin, timeout=120)
        assert private_folders() <= before, "a private folder was left"
        assert list(self.temporary.iterdir()) == [], "a private folder was left"
        for password in (OWNER, USER):
            assert password not in out + err, "a password was said"
        return Ended(process.returncode, out, err)

    def run(self, *arguments: str, stdin: str = "") -> Ended:
        return self.pdfsec("run", "-f", "job.yaml", *arguments, stdin=stdin)

    def read(self, file: str) -> bytes:
        return (self.folder / file).read_bytes()


def private_folders() -> set[str]:
    return {path.name for path in Path("/dev/shm").glob("pdfsec-*")}
