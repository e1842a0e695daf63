"""Settings come from the environment, and a wrong one is named at the start."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pdf_security_operator.settings import load_settings


def test_without_environment() -> None:
    """An operator outside a cluster's pod would start with other defaults than are documented."""
    settings = load_settings({})
    assert dataclasses.asdict(settings) == {
        "api_server": "https://kubernetes.default.svc:443",
        "token_file": Path("/var/run/secrets/kubernetes.io/serviceaccount/token"),
        "ca_file": Path("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"),
        "identity": "pdf-security-operator",
        "namespace": "pdf-security-system",
        "watched_namespace": "",
        "shards": 1,
        "workers": 48,
        "requests_per_second": 500,
        "resync_seconds": 300,
        "job_ttl_seconds": 600,
        "health_port": 8080,
        "memory_limit_bytes": 0,
        "log_level": "info",
        "audit_sinks": ("stdout",),
        "audit_folder": Path("/var/lib/pdf-security/audit"),
        "audit_key_file": None,
    }


@pytest.mark.parametrize(
    ("environment", "field", "value"),
    [
        pytest.param(
            {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "6443"},
            "api_server",
            "https://10.0.0.1:6443",
            id="ipv4",
        ),
        pytest.param(
            {"KUBERNETES_SERVICE_HOST": "fd00::1"}, "api_server", "https://[fd00::1]:443", id="ipv6"
        ),
        pytest.param(
            {"PDF_SECURITY_API_SERVER": "https://api:1", "KUBERNETES_SERVICE_HOST": "10.0.0.1"},
            "api_server",
            "https://api:1",
            id="server",
        ),
        pytest.param({"PDF_SECURITY_TOKEN_FILE": "/t"}, "token_file", Path("/t"), id="token"),
        pytest.param({"PDF_SECURITY_CA_FILE": "/c"}, "ca_file", Path("/c"), id="ca"),
        pytest.param({"POD_NAME": "operator-0"}, "identity", "operator-0", id="identity"),
        pytest.param({"POD_NAMESPACE": "ours"}, "namespace", "ours", id="namespace"),
        pytest.param(
            {"PDF_SECURITY_WATCHED_NAMESPACE": "legal"}, "watched_namespace", "legal", id="watched"
        ),
        pytest.param({"PDF_SECURITY_SHARDS": "4"}, "shards", 4, id="shards"),
        pytest.param({"PDF_SECURITY_WORKERS": "1"}, "workers", 1, id="workers"),
        pytest.param(
            {"PDF_SECURITY_MEMORY_LIMIT_BYTES": "536870912"},
            "memory_limit_bytes",
            536870912,
            id="memory-limit",
        ),
        pytest.param(
            {"PDF_SECURITY_REQUESTS_PER_SECOND": "9"}, "requests_per_second", 9, id="rate"
        ),
        pytest.param({"PDF_SECURITY_RESYNC_SECONDS": "5"}, "resync_seconds", 5, id="resync"),
        pytest.param({"PDF_SECURITY_JOB_TTL_SECONDS": "120"}, "job_ttl_seconds", 120, id="ttl"),
        pytest.param({"PDF_SECURITY_HEALTH_PORT": "9"}, "health_port", 9, id="port"),
        pytest.param({"PDF_SECURITY_LOG_LEVEL": "debug"}, "log_level", "debug", id="log-level"),
        pytest.param({"PDF_SECURITY_AUDIT": "off"}, "audit_sinks", (), id="no-audit"),
        pytest.param(
            {"PDF_SECURITY_AUDIT": "volume, stdout"},
            "audit_sinks",
            ("volume", "stdout"),
            id="audit",
        ),
        pytest.param({"PDF_SECURITY_AUDIT_FOLDER": "/a"}, "audit_folder", Path("/a"), id="folder"),
        pytest.param({"PDF_SECURITY_AUDIT_KEY_FILE": "/k"}, "audit_key_file", Path("/k"), id="key"),
    ],
)
def test_variables(environment: dict[str, str], field: str, value: object) -> None:
    """A documented variable would be ignored."""
    assert getattr(load_settings(environment), field) == value


@pytest.mark.parametrize("value", ["", "0", "-1", "1.5", "many", " 4", "\u00b2"])
def test_refused(value: str) -> None:
    """A typing error would start an operator without workers, or end it with a bare traceback."""
    with pytest.raises(ValueError, match="PDF_SECURITY_WORKERS must be a whole number of at least"):
        load_settings({"PDF_SECURITY_WORKERS": value})


@pytest.mark.parametrize("value", ["a/b", "..", "legal,sales", "Legal", "*", "a" * 64, "-a"])
def test_no_namespace(value: str) -> None:
    """An operator would ask paths that are no namespace's, or watch nothing and be ready."""
    with pytest.raises(ValueError, match="PDF_SECURITY_WATCHED_NAMESPACE must be the name of one"):
        load_settings({"PDF_SECURITY_WATCHED_NAMESPACE": value})


def test_shortest_job_ttl() -> None:
    """A new leader whose watch had died would run a job again whose Job is gone already."""
    with pytest.raises(ValueError, match=r"PDF_SECURITY_JOB_TTL_SECONDS must be .* at least 120"):
        load_settings({"PDF_SECURITY_JOB_TTL_SECONDS": "119"})


@pytest.mark.parametrize("value", ["", "s3", "stdout,", "stdout,stdout", "off,stdout"])
def test_unknown_audit_sinks(value: str) -> None:
    """What somebody meant to be kept would be kept nowhere."""
    with pytest.raises(ValueError, match="PDF_SECURITY_AUDIT must be off, or some of"):
        load_settings({"PDF_SECURITY_AUDIT": value})


def test_frozen() -> None:
    """A setting could change while the operator runs."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        load_settings({}).workers = 2  # type: ignore[misc]
