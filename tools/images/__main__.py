"""The command line: `python -m images`. Parses and prints; every deed is elsewhere."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cluster.errors import ClusterError
from cluster.progress import Progress
from images.build import Built, build_images
from images.errors import ImageBuildError

application = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The operator's and the processor's container images, built without Docker.",
)

MEBIBYTE = 1 << 20


@application.callback()
def main() -> None:
    """Make `build` a command of its own, although it is the only one."""


@application.command()
def build(
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="take nothing from the cache: Debian's updates come in")
    ] = False,
) -> None:
    """Build both images into build/images; quick if nothing changed."""
    begun = time.monotonic()
    with Progress() as progress:
        images = build_images(progress, fresh=fresh)
    if as_json:
        sys.stdout.write(json.dumps([asdict(image) for image in images]) + "\n")
    else:
        _print_table(images)
    Console(stderr=True, highlight=False).print(f"done in {time.monotonic() - begun:.1f} s")


def _print_table(images: list[Built]) -> None:
    table = Table("image", "digest", "size", "archive", box=None)
    for image in images:
        size = f"{sum(image.layers.values()) / MEBIBYTE:.0f} MiB"
        table.add_row(image.reference, image.digest, size, image.archive)
    Console(highlight=False, width=200).print(table)


if __name__ == "__main__":
    try:
        application()
    except (ClusterError, ImageBuildError) as problem:
        sys.stderr.write(f"{problem}\n")
        sys.exit(1)
