"""Reads the kubeconfig as kubectl does: who asks, whom, and in which namespace. Asks nobody.

The official client does it: several files, exec plugins, certificates, proxies.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import durationpy
import yaml
from kubernetes import client
from kubernetes.config import (
    ConfigException,
    list_kube_config_contexts,
    load_kube_config,
)

from pdf_security_operator.cli.errors import UsageError
from pdf_security_operator.plugin.errors import CredentialsError, KubeconfigError


@dataclass(frozen=True)
class Target:
    """What a person says of where to go; what is left out is the kubeconfig's."""

    namespace: str | None = None
    context: str | None = None
    as_user: str | None = None
    as_group: str | None = None
    request_timeout: str = "30s"
    """As Go writes durations, such as `1m30s`, or whole seconds; 0 for none."""


@dataclass(frozen=True)
class Access:
    """A way to one API server, as one user."""

    api_client: client.ApiClient
    context: str
    server: str
    namespace: str
    explicit_namespace: str | None
    """As given on the command line."""
    seconds: float | None
    """For one answer; None: as long as it takes."""


def open_access(target: Target) -> Access:
    """Read the kubeconfig, and run its credential plugin where it has one.

    Raises:
        KubeconfigError: there is none, or the context is none of it.
        CredentialsError: the credential plugin failed.
        UsageError: the timeout is none.
    """
    seconds = seconds_of("--request-timeout", target.request_timeout)
    configuration = client.Configuration()
    # One attempt: whether to try again is for whoever asks, who can also say so.
    configuration.retries = False
    try:
        chosen = _chosen_context(target.context)
        with _complaints() as complaints:
            load_kube_config(
                context=target.context, client_configuration=configuration, persist_config=False
            )
    except (ConfigException, yaml.YAMLError, OSError, KeyError, TypeError) as error:
        raise KubeconfigError(
            f"the kubeconfig cannot be used: {error}: name yours in KUBECONFIG, and see "
            "`kubectl config view`"
        ) from error
    if complaints:
        raise CredentialsError(
            f"the credential plugin of the context {chosen['name']} failed: {complaints[-1]}: "
            "log in anew as your cluster's administrator says"
        )
    api_client = client.ApiClient(configuration)
    api_client.user_agent = "kubectl-pdfsec"
    for name, value in _impersonation(target):
        api_client.set_default_header(name, value)
    namespace = target.namespace or chosen["context"].get("namespace") or "default"
    return Access(
        api_client, chosen["name"], configuration.host, namespace, target.namespace, seconds
    )


def seconds_of(option: str, text: str) -> float | None:
    """Read a duration, such as `90`, `90s` or `1m30s`; None for 0.

    Raises:
        UsageError: it is none.
    """
    try:
        seconds = float(text) if text.isdigit() else durationpy.from_str(text).total_seconds()
    except (durationpy.DurationError, ValueError) as error:
        raise UsageError(f"{option}: {text} is no duration; write 30s or 2m") from error
    if seconds < 0:
        raise UsageError(f"{option}: {text} is less than nothing; write 30s or 2m")
    return seconds or None


def _chosen_context(name: str | None) -> dict[str, Any]:
    contexts, current = list_kube_config_contexts()
    found: dict[str, Any] | None = current
    if name:
        found = next((one for one in contexts if one["name"] == name), None)
    if found is None:
        known = ", ".join(one["name"] for one in contexts)
        raise KubeconfigError(f"--context: the kubeconfig has no context {name}; it has {known}")
    return found


def _impersonation(target: Target) -> Iterator[tuple[str, str]]:
    if target.as_group and not target.as_user:
        raise UsageError("--as-group: needs --as too, as with kubectl")
    if target.as_user:
        yield "Impersonate-User", target.as_user
    if target.as_group:
        yield "Impersonate-Group", target.as_group


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collect what the client logs of a plugin that fails: it goes on without credentials."""
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    collector, root = Collector(logging.ERROR), logging.getLogger()
    root.addHandler(collector)
    try:
        yield messages
    finally:
        root.removeHandler(collector)
