"""`python -m audit_check`: an operator keeps an audit log, and is killed; then that is attacked.

With `--keep FOLDER` the log stays there, with its key and the operator's own log, and nothing else
is done.

The log is a real operator's, before a real API server, of jobs that succeed, fail and are refused.
`pdfsec audit verify` must find it whole, and each attack in a copy. JSON comes last.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit_check.attacks import ATTACKS, Attack, Chains
from e2e_support import wait_for
from faults.audit_folder import AuditFolder, audit_folder
from faults.proxy import fault_proxy
from faults.scene import FaultScene
from faults.support import own_plane
from pdf_security_operator.identity import uid_of
from product import NAMESPACE

Object = dict[str, Any]

JOBS_OF_A_LIFE = 30
REFUSED = 5
PDFSEC = str(Path(sys.executable).with_name("pdfsec"))


def main(arguments: list[str]) -> int:
    """Make the log, attack it; return 0 when it is whole and each attack was found."""
    parser = argparse.ArgumentParser(prog="audit_check", description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    kept: Path | None = parser.parse_args(arguments).keep
    with tempfile.TemporaryDirectory(prefix="audit-check-") as name:
        folder = Path(name)
        audit = audit_folder(folder)
        public = folder / "audit.pub"
        public.write_bytes(
            audit.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        _say("an operator keeps its audit log, and is killed once")
        operator_log = _keep(folder, audit)
        if kept:
            shutil.copytree(audit.path, kept / audit.path.name)
            shutil.copy(public, kept)
            shutil.copy(operator_log, kept / "operator.log")
            return 0
        whole = _verify(audit.path, public, operator_log)
        _say(f"untouched: {whole['records']} records, {len(whole['findings'])} findings")
        found = [_is_found(attack, folder, audit, public, operator_log) for attack in ATTACKS]
    result = {
        "records": whole["records"],
        "outcomes": whole["outcomes"],
        "chains": whole["chains"],
        "whole": not whole["findings"] and not whole["open_chains"],
        "attacks": len(found),
        "detected": sum(found),
    }
    _say(json.dumps(result))
    return 0 if result["whole"] and all(found) else 1


def _keep(folder: Path, audit: AuditFolder) -> Path:
    """Let two operators keep the log, the first of which is killed; return their own log."""
    settings = {**audit.settings, "PDF_SECURITY_AUDIT": "stdout,volume"}
    with own_plane(folder, pod_seconds=0.2) as plane, fault_proxy(plane) as proxy:
        scene = FaultScene(plane, proxy, folder / "operators")
        scene.open()
        with scene.leading(settings=settings) as first:
            scene.create_jobs(JOBS_OF_A_LIFE)
            scene.create_jobs(REFUSED, prefix="refused", scratchSize="1Ti")
            time.sleep(2.5)
            first.kill()
        plane.kubectl("delete", "leases", "--all", "-n", NAMESPACE)
        with scene.leading(settings=settings) as second:
            scene.create_jobs(JOBS_OF_A_LIFE)
            scene.await_final()
            ends = {uid_of(body) for body in scene.security_jobs().values()}
            wait_for(lambda: audit.outcomes() == ends, "each end is on record")
            second.terminate()
        # Of both: they have the same name.
        return second.log


def _is_found(
    attack: Attack, folder: Path, audit: AuditFolder, public: Path, operator_log: Path
) -> bool:
    copy = folder / "attacked"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    chains: Chains = {
        path.name: path.read_bytes().splitlines() for path in sorted(audit.path.iterdir())
    }
    for name, lines in attack.change(chains).items():
        (copy / name).write_bytes(b"".join(line + b"\n" for line in lines))
    verdict = _verify(copy, public, operator_log if attack.with_heads else None)
    kinds = sorted({finding["kind"] for finding in verdict["findings"]})
    found = attack.expected in kinds
    _say(f"{attack.name.ljust(40)}  {attack.expected.ljust(10)}  {', '.join(kinds)}")
    return found


def _verify(path: Path, public: Path, heads: Path | None) -> Object:
    """Verify as a person does; the exit code must say what the findings say."""
    command = [PDFSEC, "audit", "verify", "--json", "--key", str(public), str(path)]
    command += ["--heads", str(heads)] if heads else []
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    verdict: Object = json.loads(ran.stdout)
    assert ran.returncode == (5 if verdict["findings"] else 0), ran.stderr
    return verdict


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
