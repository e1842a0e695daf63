"""Makes the base layer: Debian's Python with its libraries, and nothing to run but it."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path, PurePosixPath

from cluster.oci import write_layer
from images import materials
from images.errors import ImageBuildError
from images.policy import KEPT_PACKAGES, REQUESTED_PACKAGES, keeps_of_debian
from images.recipes import LIBRARIES, SOURCES, USER
from images.tree import compile_bytecode, normalise, prune, run

SUITE = "bookworm"
"""Debian 12, of which Python 3.11 is the python3."""

SOURCES_VARIABLE = "PDF_SECURITY_DEBIAN_SOURCES"
"""Names a sources.list to use in place of Debian's default mirror."""

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
"""Said by name, because finding it takes gpg, which Ubuntu need not have."""

BUNDLE = "etc/ssl/certs/ca-certificates.crt"

_FILES = {
    "etc/passwd": (
        "root:x:0:0:root:/root:/sbin/nologin\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"
        f"nonroot:x:{USER}:{USER}:nonroot:/nonexistent:/sbin/nologin\n"
    ),
    "etc/group": f"root:x:0:\nnogroup:x:65534:\nnonroot:x:{USER}:\n",
    # A cluster's names come from its DNS; a pod's own from /etc/hosts.
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    # -I takes PYTHONPATH away, not the site folders.
    "usr/lib/python3/dist-packages/app.pth": f"/{LIBRARIES}\n/{SOURCES}\n",
}

_FOLDERS = ("app", "dev", "etc", "proc", "sys", "tmp", "run", "var")
"""What runtimes mount over. /tmp too is root's alone: who needs one mounts a volume there."""


def build_base(folder: Path) -> None:
    """Fill `folder` with root/ (the file system), layer.tar and materials.json."""
    archives = _download(folder)
    root = folder / "root"
    root.mkdir()
    status: list[str] = []
    fetched: dict[str, materials.Material] = {}
    for archive in sorted(archives.glob("*.deb")):
        control = run(["dpkg-deb", "--field", str(archive)])
        name = _field(control, "Package")
        if name in KEPT_PACKAGES:
            run(["dpkg-deb", "--extract", str(archive), str(root)])
            status.append(control.replace("\n", "\nStatus: install ok installed\n", 1))
            fetched[name] = _material_of(archive, control)
    missing = KEPT_PACKAGES - set(fetched)
    if missing:
        raise ImageBuildError(f"{SUITE} has no {', '.join(sorted(missing))}: see images/policy.py")
    shutil.rmtree(archives)
    prune(root, keeps_of_debian)
    _write_bundle(root)
    _write_files(root, status)
    compile_bytecode(root, root, "usr/lib/python3.11")
    normalise(root)
    write_layer(folder / "layer.tar", root)
    materials.write_materials(folder / materials.FILE, fetched.values())


def _download(folder: Path) -> Path:
    """Let mmdebstrap resolve, fetch and verify; its own extraction is thrown away."""
    sources = os.environ.get(SOURCES_VARIABLE)
    run(
        [
            *("mmdebstrap", "--variant=extract", "--format=null", "--architectures=amd64"),
            # Nothing of a package is run, so that no privilege is needed.
            f"--mode={'root' if os.geteuid() == 0 else 'chrootless'}",
            *([f"--keyring={_KEYRING}"] if _KEYRING.exists() else []),
            f"--include={','.join(REQUESTED_PACKAGES)}",
            f"--extract-hook=copy-out /var/cache/apt/archives {folder}",
            *(SUITE, "-"),
            *([sources] if sources else []),
        ],
        SOURCE_DATE_EPOCH="0",
    )
    return folder / "archives"


def _material_of(archive: Path, control: str) -> materials.Material:
    fields = (_field(control, name) for name in ("Package", "Version", "Architecture"))
    # apt writes a version's epoch into the name as %3a; Debian's own name has none.
    name = "_".join(part.rpartition("%3a")[2] for part in archive.name.split("_"))
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return materials.Material(materials.purl_of_debian(*fields), name, digest)


def _field(control: str, name: str) -> str:
    return next(
        line.partition(": ")[2] for line in control.splitlines() if line.startswith(f"{name}: ")
    )


def _write_bundle(root: Path) -> None:
    """Do what ca-certificates' installation script would have done."""
    source = root / "usr/share/ca-certificates"
    certificates = [path.read_text().strip() for path in sorted(source.rglob("*.crt"))]
    if not certificates:
        raise ImageBuildError("ca-certificates holds no certificate; has its layout changed?")
    bundle = root / BUNDLE
    bundle.parent.mkdir(parents=True)
    bundle.write_text("".join(f"{certificate}\n" for certificate in certificates))
    shutil.rmtree(source)
    # Where Debian's OpenSSL looks by default.
    default = root / "usr/lib/ssl/cert.pem"
    default.parent.mkdir(parents=True)
    default.symlink_to(f"/{BUNDLE}")


def _write_files(root: Path, status: list[str]) -> None:
    for folder in _FOLDERS:
        (root / folder).mkdir(exist_ok=True)
    # For vulnerability scanners.
    files = {**_FILES, "var/lib/dpkg/status": "\n".join(status)}
    for name, content in files.items():
        path = root / PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
