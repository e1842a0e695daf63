"""The few small images that the harness itself needs: one static program each. No cluster here."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from cluster import addresses, packages, processes, toolchain
from cluster.layout import SOURCE, cache_folder
from cluster.oci import ImageConfig, layer_of_files, write_archive
from cluster.progress import Progress

USER = "65532:65532"
"""No one: the number that distroless images use."""


def pause_image(progress: Progress | None = None) -> Path:
    """Return the archive of the image that holds a pod's namespaces."""
    return _image(_compiled_c("pause", progress), addresses.PAUSE_REFERENCE)


def probe_image(progress: Progress | None = None) -> Path:
    """Return the archive of the canary's image."""
    return _image(_compiled_c("probe", progress), "localhost/pdf-security/probe:1")


def component_image(name: str, progress: Progress | None = None) -> Path:
    """Return the archive of an image of one component written in Go."""
    folder = toolchain.build([name], progress)[name]
    return _image(folder / name, f"localhost/pdf-security/{name}:1")


def _image(program: Path, reference: str) -> Path:
    archive = cache_folder() / "images" / f"{program.parent.name}.tar"
    if not archive.exists():
        layer = layer_of_files({program.name: (program, 0o755)})
        config = ImageConfig(entrypoint=[f"/{program.name}"], user=USER, env=["PATH=/"])
        write_archive(archive, reference, [layer], config)
    return archive


def _compiled_c(name: str, progress: Progress | None) -> Path:
    source = SOURCE / f"{name}.c"
    flags = ["-static", "-Os", "-s", "-Wall", "-Werror"]
    recipe = source.read_bytes() + " ".join(flags).encode()
    folder = cache_folder() / "components" / f"{name}-{hashlib.sha256(recipe).hexdigest()[:16]}"
    program = folder / name
    if not program.exists():
        say = progress.say if progress else print
        packages.ensure(("gcc", "libc6-dev"), say)
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{name}.{os.getpid()}"
        processes.run(
            ["gcc", *flags, "-o", temporary, source],
            next_step="is a C compiler with its static library there (gcc, libc6-dev)?",
        )
        temporary.replace(program)
    return program
