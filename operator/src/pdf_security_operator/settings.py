"""One frozen object with all that the environment may set.

Reads the environment, decides nothing.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

AUDIT_SINKS = ("stdout", "volume")

LOG_LEVELS = ("debug", "info", "warning", "error")

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


SHORTEST_JOB_TTL_SECONDS = 120
"""A replica whose watches died without a word knows it 65 s later; a Job that was gone by then, it
would take for one that was never created."""


@dataclass(frozen=True)
class Settings:
    """Settings of one operator process; times in seconds."""

    api_server: str
    """Origin of the API server."""
    token_file: Path
    """Bearer token, read again every minute: the kubelet rotates it."""
    ca_file: Path
    """Certificate authority of the API server."""
    identity: str
    """Name of this process in events: the pod's name."""
    namespace: str = "pdf-security-system"
    """Where the operator itself runs, and keeps its Leases."""
    watched_namespace: str = ""
    """The one namespace whose jobs are seen and run; empty for all of the cluster's."""
    shards: int = 1
    """Parts into which the namespaces are cut; each is one replica's at a time."""
    workers: int = 48
    """Resources reconciled at the same time; each has one API request in flight at most."""
    requests_per_second: int = 500
    """Requests to the API server on the average, watches apart; twice as many in a burst."""
    resync_seconds: float = 300
    """Time between two comparisons of everything listed with everything remembered."""
    job_ttl_seconds: int = 600
    """How long a finished Job, its pod and their logs stay after its result is recorded."""
    health_port: int = 8080
    memory_limit_bytes: int = 0
    """What the container may take, for the metrics; 0 where nobody says so."""
    log_level: str = "info"
    audit_sinks: tuple[str, ...] = ("stdout",)
    """Where the audit log is kept, of `AUDIT_SINKS`; none for no audit log."""
    audit_folder: Path = Path("/var/lib/pdf-security/audit")
    """Folder of the sink `volume`."""
    audit_key_file: Path | None = None
    """Private Ed25519 key, in PEM, that signs the audit log; None for one that is not signed."""


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises:
        ValueError: a variable has a value that cannot be used; the message names it.
    """
    host = environment.get("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc")
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    host = f"[{host}]" if ":" in host else host
    return Settings(
        api_server=environment.get("PDF_SECURITY_API_SERVER", f"https://{host}:{port}"),
        token_file=Path(environment.get("PDF_SECURITY_TOKEN_FILE", _SERVICE_ACCOUNT / "token")),
        ca_file=Path(environment.get("PDF_SECURITY_CA_FILE", _SERVICE_ACCOUNT / "ca.crt")),
        identity=environment.get("POD_NAME", "pdf-security-operator"),
        namespace=environment.get("POD_NAMESPACE", "pdf-security-system"),
        watched_namespace=_namespace(environment, "PDF_SECURITY_WATCHED_NAMESPACE"),
        shards=_number(environment, "PDF_SECURITY_SHARDS", 1, at_least=1),
        workers=_number(environment, "PDF_SECURITY_WORKERS", 48, at_least=1),
        requests_per_second=_number(
            environment, "PDF_SECURITY_REQUESTS_PER_SECOND", 500, at_least=1
        ),
        resync_seconds=_number(environment, "PDF_SECURITY_RESYNC_SECONDS", 300, at_least=1),
        job_ttl_seconds=_number(
            environment, "PDF_SECURITY_JOB_TTL_SECONDS", 600, at_least=SHORTEST_JOB_TTL_SECONDS
        ),
        health_port=_number(environment, "PDF_SECURITY_HEALTH_PORT", 8080, at_least=1),
        memory_limit_bytes=_number(environment, "PDF_SECURITY_MEMORY_LIMIT_BYTES", 0, at_least=0),
        log_level=_choice(environment, "PDF_SECURITY_LOG_LEVEL", "info", LOG_LEVELS),
        audit_sinks=_sinks(environment.get("PDF_SECURITY_AUDIT", "stdout")),
        audit_folder=Path(
            environment.get("PDF_SECURITY_AUDIT_FOLDER", "/var/lib/pdf-security/audit")
        ),
        audit_key_file=_path(environment, "PDF_SECURITY_AUDIT_KEY_FILE"),
    )


def _sinks(text: str) -> tuple[str, ...]:
    sinks = tuple(name.strip() for name in text.split(","))
    if sinks == ("off",):
        return ()
    if not set(sinks) <= set(AUDIT_SINKS) or len(set(sinks)) < len(sinks):
        expected = f"off, or some of {', '.join(AUDIT_SINKS)} with commas between"
        raise ValueError(f"PDF_SECURITY_AUDIT must be {expected}, not {text!r}")
    return sinks


def _path(environment: Mapping[str, str], name: str) -> Path | None:
    return Path(environment[name]) if environment.get(name) else None


def _namespace(environment: Mapping[str, str], name: str) -> str:
    text = environment.get(name, "")
    # It becomes part of paths: with a slash in it, they would be others' (RFC 1123, a label).
    if text and not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", text):
        raise ValueError(f"{name} must be the name of one namespace, or empty, not {text!r}")
    return text


def _number(environment: Mapping[str, str], name: str, default: int, *, at_least: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or int(text) < at_least:
        raise ValueError(f"{name} must be a whole number of at least {at_least}, not {text!r}")
    return int(text)


def _choice(
    environment: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]
) -> str:
    text = environment.get(name, default)
    if text not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {text!r}")
    return text
