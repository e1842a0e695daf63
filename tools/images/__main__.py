"""The command line: `python -m images`. Parses and prints; every deed is elsewhere."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cluster.errors import ClusterError
from cluster.progress import Progress
from images.build import OUTPUT, REPOSITORY, Built, build_images
from images.errors import ImageBuildError
from images.recipes import IMAGES
from images.reproduction import build_twice
from images.signing import keys as key_files
from images.signing.sealing import sign_image, write_sbom
from images.signing.verification import Check, verify_image

application = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The operator's and the processor's container images, built without Docker.",
)

MEBIBYTE = 1 << 20

Folder = Annotated[Path, typer.Option("--folder", help="where the archives are")]

AsJson = Annotated[bool, typer.Option("--json", help="for programs")]

PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="its first line; you are asked if there is none"),
]


@application.command()
def build(
    as_json: AsJson = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="take nothing from the cache: Debian's updates come in")
    ] = False,
    output: Annotated[Path, typer.Option("--output", help="where to put the archives")] = OUTPUT,
) -> None:
    """Build both images into build/images; quick if nothing changed."""
    begun = time.monotonic()
    with Progress() as progress:
        images = build_images(progress, output, fresh=fresh)
    if as_json:
        sys.stdout.write(json.dumps([asdict(image) for image in images]) + "\n")
    else:
        _print_images(images)
    Console(stderr=True, highlight=False).print(f"done in {time.monotonic() - begun:.1f} s")


@application.command()
def sbom(folder: Folder = OUTPUT) -> None:
    """Write what each image holds beside it, as CycloneDX 1.6."""
    for image in IMAGES:
        archive, document = write_sbom(folder, image.name)
        print(f"{image.name}: {len(document['components'])} components of {archive.digest}")


@application.command()
def keys(
    private: Annotated[Path, typer.Option(help="the private key to make")] = Path("cosign.key"),
    public: Annotated[Path, typer.Option(help="the public key to make")] = Path("cosign.pub"),
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a pair of keys: P-256, the private one encrypted and readable by you alone."""
    key_files.make_pair(private, public, _passphrase(passphrase_file, confirm=True))
    print(f"{private} is yours alone; give {public} to who verifies")


@application.command()
def sign(
    key: Annotated[Path, typer.Option(help="the private key, in PEM")],
    passphrase_file: PassphraseFile = None,
    folder: Folder = OUTPUT,
) -> None:
    """Sign each image, its provenance and its SBOM, beside the archives."""
    locked = key_files.is_locked(key)
    passphrase = _passphrase(passphrase_file) if locked else None
    signing_key = key_files.read_signing_key(key, passphrase)
    for image in IMAGES:
        print(f"{image.name}: signed {sign_image(folder, image.name, REPOSITORY, signing_key)}")


@application.command()
def verify(
    key: Annotated[Path, typer.Option(help="the public key, in PEM")],
    as_json: AsJson = False,
    folder: Folder = OUTPUT,
) -> None:
    """Verify each image's bytes, and its signature, provenance and SBOM; exit 1 if one fails."""
    verifying_key = key_files.read_verifying_key(key)
    checks = [check for image in IMAGES for check in verify_image(folder, image, verifying_key)]
    if as_json:
        sys.stdout.write(json.dumps([asdict(check) for check in checks]) + "\n")
    else:
        _print_checks(checks)
    if not all(check.passed for check in checks):
        raise typer.Exit(1)


@application.command()
def reproduce() -> None:
    """Build twice in clean folders, and compare the bytes; exit 1 if they differ."""
    with tempfile.TemporaryDirectory(prefix="pdf-security-reproduce-") as work:
        compared = build_twice(Path(work))
    table = Table("image", "first build", "second build", "", box=None)
    for each in compared:
        table.add_row(each.image, each.first, each.second, "same" if each.same else "DIFFERENT")
    Console(highlight=False, width=200).print(table)
    if not all(each.same for each in compared):
        raise typer.Exit(1)


def _passphrase(file: Path | None, *, confirm: bool = False) -> bytes:
    if file:
        return key_files.read_passphrase(file)
    # On stderr, as all that is not the answer.
    asked: str = typer.prompt("passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return asked.encode()


def _print_images(images: list[Built]) -> None:
    table = Table("image", "digest", "size", "archive", box=None)
    for image in images:
        size = f"{sum(image.layers.values()) / MEBIBYTE:.0f} MiB"
        table.add_row(image.reference, image.digest, size, image.archive)
    Console(highlight=False, width=200).print(table)


def _print_checks(checks: list[Check]) -> None:
    table = Table("image", "part", "", "", box=None)
    for check in checks:
        table.add_row(check.image, check.part, "ok" if check.passed else "FAILED", check.detail)
    Console(highlight=False, width=200).print(table)


if __name__ == "__main__":
    try:
        application()
    except (ClusterError, ImageBuildError) as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(1)
