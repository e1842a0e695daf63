"""Which Debian packages the harness needs, and their installation. Never picks versions."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cluster.errors import MissingPackageError


@dataclass(frozen=True)
class Package:
    """A Debian package, why it is needed, and how one sees that it is there."""

    why: str
    present: Callable[[], bool]


def _program(*names: str) -> Callable[[], bool]:
    # A user's PATH often lacks the sbin folders where iptables and conntrack are.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return lambda: all(shutil.which(name, path=path) for name in names)


def _static_c_library() -> bool:
    if not shutil.which("gcc"):
        return False
    answer = subprocess.run(
        ["gcc", "-print-file-name=libc.a"], capture_output=True, text=True, check=False
    )
    return Path(answer.stdout.strip()).is_absolute()


def _shared_seccomp() -> bool:
    return any(
        found.exists()
        for folder in (Path("/usr/lib"), Path("/lib"), Path("/usr/lib64"))
        for found in [*folder.glob("*/libseccomp.so.2"), folder / "libseccomp.so.2"]
    )


PACKAGES = {
    "gcc": Package("compiles runc and the pause program", _program("gcc")),
    "libc6-dev": Package("the C library of static programs", _static_c_library),
    "pkg-config": Package("finds libseccomp for runc", _program("pkg-config")),
    "libseccomp-dev": Package(
        "runc's seccomp filters", lambda: Path("/usr/include/seccomp.h").exists()
    ),
    "libseccomp2": Package("runc's seccomp filters", _shared_seccomp),
    "iptables": Package("services and network policies", _program("iptables", "iptables-save")),
    "ipset": Package("network policies", _program("ipset")),
    "conntrack": Package("services of UDP", _program("conntrack")),
    "iproute2": Package("the cluster's network interface", _program("ip")),
    "util-linux": Package("the cluster's namespaces", _program("unshare", "mount")),
    "kmod": Package("loads br_netfilter and overlay", _program("modprobe")),
    "mmdebstrap": Package("root file systems of images", _program("mmdebstrap")),
    "debian-archive-keyring": Package(
        "verifies Debian's packages in images",
        lambda: any(Path("/usr/share/keyrings").glob("debian-archive-keyring.*")),
    ),
    "qpdf": Package("makes encrypted documents, checks outputs", _program("qpdf")),
    "jq": Package("what runbooks read the cluster with", _program("jq")),
    "poppler-utils": Package("checks and renders outputs", _program("pdfinfo", "pdftoppm")),
    "libimage-exiftool-perl": Package("looks for metadata in outputs", _program("exiftool")),
    "mupdf-tools": Package("looks for scripts and fields in outputs", _program("mutool")),
    "ghostscript": Package("is compared with sanitize", _program("gs")),
    "chromium": Package("shows the page of a report", _program("chromium")),
    "fonts-liberation": Package(
        "the letters of a report's pictures",
        lambda: any(Path("/usr/share/fonts").rglob("LiberationSans-Regular.*")),
    ),
    "git": Package("holds what Argo CD syncs", _program("git")),
    "redis-tools": Package("Argo CD's cache", _program("redis-check-rdb")),
    "docker-registry": Package("stands for a reader's registry", _program("docker-registry")),
    "skopeo": Package("pushes images to a registry", _program("skopeo")),
    "xz-utils": Package("unpacks source packages", _program("xz")),
    "nodejs": Package("runs what bundles the dashboard's page", _program("node")),
    "npm": Package("installs what draws the dashboard's page", _program("npm")),
}

NODE = ("iptables", "ipset", "conntrack", "iproute2", "util-linux", "kmod", "libseccomp2")
"""What the embedded cluster's node runs with."""


def missing(names: Iterable[str]) -> list[str]:
    """Return those of the packages that are not there."""
    return [name for name in dict.fromkeys(names) if not PACKAGES[name].present()]


def ensure(names: Iterable[str], say: Callable[[str], None] = print) -> None:
    """Install what is missing, after saying what and why."""
    absent = missing(names)
    if not absent:
        return
    for name in absent:
        say(f"installing Debian package {name}: {PACKAGES[name].why}")
    by_hand = f"install by hand what gives you: {' '.join(absent)}"
    if not shutil.which("apt-get"):
        raise MissingPackageError(
            f"missing: {', '.join(absent)}, and this is no Debian or Ubuntu", by_hand
        )
    command = [] if os.geteuid() == 0 else ["sudo"]
    # env, because sudo drops the variable.
    command += ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    install = [*command, "install", "--yes", "--no-install-recommends", *absent]
    if subprocess.run(install, check=False, capture_output=True).returncode != 0:
        # Lists may be stale or, in containers, absent.
        subprocess.run([*command, "update"], check=False, capture_output=True)
        done = subprocess.run(install, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise MissingPackageError(
                f"`{' '.join(install)}` failed: {done.stderr.strip()[-500:]}", by_hand
            )
    still = missing(absent)
    if still:
        raise MissingPackageError(f"installed, yet still missing: {', '.join(still)}", by_hand)
