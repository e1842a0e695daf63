"""The commands of docs/how-to, as they stand there, typed at the root of the checkout."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import toolchain
from controlplane import ControlPlane
from controlplane.operator_process import operator_process
from e2e_support import wait_for
from faults.support import learn_kinds
from images.build import REPOSITORY
from installing.releases import create_class, run_job
from installing.snapshot import snapshot
from product import await_admission

HOW_TO = REPOSITORY / "docs" / "how-to"

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)

HEADING = re.compile(r"^#{2,3} (.+)$", re.MULTILINE)

DIGEST = f"sha256:{'d' * 64}"


def commands_of(file: str, section: str) -> str:
    """Give the commands under a heading, up to the next one."""
    text = (HOW_TO / file).read_text()
    parts = HEADING.split(text)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    return "".join(BLOCK.findall(sections[section]))


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with kubectl and helm, for the shell."""
    folder = tmp_path_factory.mktemp("programs")
    for name, built in toolchain.build(["kubectl", "helm"]).items():
        (folder / name).symlink_to(built / name)
    return folder


def _type(plane: ControlPlane, programs: Path, commands: str) -> None:
    assert commands
    environment = {
        "PATH": f"{programs}:{os.defpath}",
        "HOME": str(plane.folder),
        "KUBECONFIG": str(plane.kubeconfig),
        "REGISTRY": "registry.example.com",
        "DIGEST": DIGEST,
    }
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=REPOSITORY,
        env=environment,
        check=True,
        timeout=300,
    )


@pytest.fixture
def untouched(plane: ControlPlane) -> Iterator[None]:
    """What the cluster had before, it has afterwards, and nothing else."""
    before = snapshot(plane)
    yield
    wait_for(lambda: snapshot(plane) <= before, f"gone: {snapshot(plane) - before}", 60)


@pytest.mark.parametrize(
    ("way", "last"),
    [
        pytest.param("By kustomize", ["What kustomize installed"], id="kustomize"),
        pytest.param("By Helm", ["What Helm installed"], id="helm"),
    ],
)
@pytest.mark.usefixtures("untouched")
def test_install_upgrade_uninstall(
    plane: ControlPlane, programs: Path, tmp_path: Path, way: str, last: list[str]
) -> None:
    """Would break: a command of the how-to does not do what is said, or leaves something."""
    _type(plane, programs, commands_of("install.md", way))
    create_class(plane)
    learn_kinds(plane)
    with operator_process(plane, tmp_path) as operator:
        operator.ready()
        operator.settled()
        await_admission(plane.kubectl)
        run_job(plane, "before")
        _type(plane, programs, commands_of("upgrade.md", way))
        run_job(plane, "after")
        _type(plane, programs, commands_of("install.md", "Uninstall"))
    for section in last:
        _type(plane, programs, commands_of("install.md", section))


def test_every_path_that_is_named_is_there() -> None:
    """Would break: a reader looks for a file that was moved."""
    for file in HOW_TO.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text()):
            assert (file.parent / target).resolve().exists(), f"{file.name} names {target}"
