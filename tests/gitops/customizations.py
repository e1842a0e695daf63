"""Our customizations as Argo CD's own program runs them: `argocd admin settings`. No cluster.

Its commands take the resource as a file, and print for people.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import yaml

from argocd_settings import build_settings
from cluster.processes import run
from gitops.argocd import argocd_program

Object = dict[str, Any]

_SHOW_CHANGED = """sh -c 'cat "$2"' sh"""
"""For what changes, the command shows a difference by this program: the second file is how it is
afterwards."""

_RETURNED = "obj.returned = (function()\n{script}\nend)()\nreturn obj\n"
"""No command shows all that `discovery.lua` returns; so it is run as an action that keeps it."""


def health_of(resource: Object) -> Object:
    """Assess a resource's health."""
    said = _ask(resource, build_settings(), "health")
    status, _, message = said.partition("\nMESSAGE: ")
    return {"status": status.removeprefix("STATUS: "), "message": message.rstrip("\n")}


def run_action(resource: Object, name: str) -> Object:
    """Run an action; return the resource as it is changed, or what is created beside it."""
    return _run_action(resource, build_settings(), name)


def actions_of(resource: Object) -> dict[str, Object]:
    """Give the actions that are offered for a resource, as `discovery.lua` returns them."""
    settings = build_settings()
    key = _key(resource)
    script = yaml.safe_load(settings[key])["discovery.lua"]
    action = {"name": "discovery", "action.lua": _RETURNED.format(script=script)}
    changed = {key: yaml.safe_dump({"definitions": [action]})}
    return dict(_run_action(resource, changed, "discovery")["returned"])


def _key(resource: Object) -> str:
    group = resource["apiVersion"].partition("/")[0]
    return f"resource.customizations.actions.{group}_{resource['kind']}"


def _run_action(resource: Object, settings: dict[str, str], name: str) -> Object:
    said = _ask(resource, settings, "run-action", name)
    headline, _, printed = said.partition("\n")
    if not headline.startswith("Following "):
        raise ValueError(f"Argo CD says of the action {name}: {said}")
    return dict(yaml.safe_load(printed))


def _ask(resource: Object, settings: dict[str, str], command: str, *arguments: str) -> str:
    with tempfile.TemporaryDirectory(prefix="gitops-") as text:
        folder = Path(text)
        config = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "argocd-cm"},
            "data": settings,
        }
        (folder / "argocd-cm.yaml").write_text(json.dumps(config))
        (folder / "resource.yaml").write_text(json.dumps(resource))
        return run(
            [
                argocd_program(), "admin", "settings", "resource-overrides", command,
                folder / "resource.yaml", *arguments,
                "--argocd-cm-path", folder / "argocd-cm.yaml",
            ],
            environment={
                "PATH": os.defpath,
                "HOME": text,
                "TMPDIR": text,
                "KUBECTL_EXTERNAL_DIFF": _SHOW_CHANGED,
            },
            next_step="run the command by hand: its scripts are in manifests/argocd",
        )  # fmt: skip
