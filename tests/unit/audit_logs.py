"""Audit logs that the tests start from: written by the own chain, with a key of their own."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pdf_security_operator.audit import records
from pdf_security_operator.audit.chain import Chain, Head
from pdf_security_operator.audit.keys import SigningKey, key_id_of
from unit.resources import IMAGE, LATER, NOW, claim, observed_job, s3, security_job

Object = dict[str, Any]

OPERATIONS = [{"decrypt": {"passwordSecretRef": {"name": "pw", "key": "user"}}}, {"sanitize": {}}]


class Keys:
    """A pair of keys."""

    def __init__(self) -> None:
        private = Ed25519PrivateKey.generate()
        self.private = SigningKey(private)
        self.public: dict[str, Ed25519PublicKey] = {
            key_id_of(private.public_key()): private.public_key()
        }


def final_status(**changes: Any) -> Object:
    """The status of a job that succeeded."""
    return {
        "phase": "Succeeded",
        "reason": "Succeeded",
        "jobName": "contract-7-job",
        "attempts": 1,
        "startTime": NOW,
        "completionTime": LATER,
        "conditions": [{"type": "Complete", "status": "True", "message": "it was processed"}],
        "effective": {"image": IMAGE, "className": "standard", "memoryLimit": "2Gi"},
        "report": {
            "input": {"bytes": 10, "sha256": "1" * 64, "pages": 2},
            "output": {"bytes": 9, "sha256": "2" * 64},
            "removed": {"javascript": 3},
        },
        **changes,
    }


def submitted_job(uid: str = "uid-1") -> Object:
    """A job of which the stamp says who submitted it."""
    return security_job(
        uid=uid,
        metadata={"annotations": {"pdfsecurity.dev/submitted-by": "jane@example.com"}},
        spec={"input": s3("in.pdf"), "output": claim("out.pdf"), "operations": OPERATIONS},
    )


def log_of(
    jobs: int,
    keys: Keys | None = None,
    *,
    name: str = "chain-1",
    closed: bool = True,
    predecessors: list[Head] | None = None,
) -> tuple[list[bytes], Head]:
    """Write a log of jobs that were let in and succeeded; give how far it goes, too."""
    chain = Chain(name, keys.private.key_id, keys.private.sign) if keys else Chain(name)
    written = [chain.opened(NOW, {"identity": "operator-0"}, predecessors or [])]
    for number in range(jobs):
        body = submitted_job(f"uid-{name}-{number}")
        job = {**observed_job(), "effective": final_status()["effective"]}
        written.append(chain.line_of(records.build_admission(body, job, NOW)))
        written.append(chain.line_of(records.build_outcome(body, final_status(), LATER)))
        written.append(chain.head_line(LATER))
    if closed:
        written += [chain.closed(LATER), chain.head_line(LATER)]
    return written, chain.head
