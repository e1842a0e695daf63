"""Puts an image together from its three layers, doing only what is not done yet."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from cluster import packages
from cluster.layout import cache_folder
from cluster.oci import ImageConfig, write_archive
from cluster.progress import Progress
from images import lock, store
from images.materials import FILE, read_materials, write_materials
from images.own import build_own
from images.plan import Plan, plan_of
from images.recipes import ENVIRONMENT, IMAGES, USER
from images.rootfs import build_base
from images.wheels import build_wheels

REPOSITORY = Path(__file__).resolve().parents[2]

OUTPUT = REPOSITORY / "build" / "images"
"""Where archives and their descriptions come to lie."""

ARCHITECTURE = "amd64"

HOST_PACKAGES = ("mmdebstrap", "debian-archive-keyring")
"""Debian packages of the building machine; on Ubuntu the second is no matter of course."""


@dataclass(frozen=True)
class Built:
    """A finished image, as build/images/NAME.json describes it."""

    name: str
    reference: str
    digest: str
    archive: str
    layers: dict[str, int]
    """Layer -> bytes, lowest first."""
    key: str


def build_images(progress: Progress, output: Path = OUTPUT, *, fresh: bool = False) -> list[Built]:
    """Build all images; `fresh` fetches everything again, and with it Debian's updates."""
    locked = lock.locked_of((REPOSITORY / "requirements.lock").read_text())
    plans = [plan_of(image, REPOSITORY, locked) for image in IMAGES]
    if fresh:
        for plan in plans:
            _forget(plan, output)
    return [_build(plan, output, progress) for plan in plans]


def materials_file(output: Path, name: str) -> Path:
    """Return where it is said what an image was made of."""
    return output / f"{name}.{FILE}"


def base_folder(plan: Plan) -> Path:
    """Return where the base layer's file system (root/) and materials.json lie."""
    return _cache() / f"base-{plan.base_key}"


def _wheels_folder(plan: Plan) -> Path:
    return _cache() / f"{plan.image.name}-wheels-{plan.wheels_key}"


def _forget(plan: Plan, output: Path) -> None:
    (output / f"{plan.image.name}.json").unlink(missing_ok=True)
    for folder in (base_folder(plan), _wheels_folder(plan)):
        shutil.rmtree(folder, ignore_errors=True)


def _build(plan: Plan, output: Path, progress: Progress) -> Built:
    image = plan.image
    present = _present(output, plan)
    if present:
        progress.cached(f"{image.name} image")
        return present
    base = _layer(base_folder(plan).name, "base layer", progress, _make_base(progress))
    wheels = _layer(
        _wheels_folder(plan).name,
        f"{image.name} wheels",
        progress,
        lambda folder: build_wheels(
            folder,
            uv=REPOSITORY / ".tools/uv/bin/uv",
            requirements=plan.requirements,
            base=base / "root",
        ),
    )
    with (
        progress.running(f"{image.name} image"),
        tempfile.TemporaryDirectory(prefix="pdf-security-image-") as name,
    ):
        own = Path(name)
        build_own(own, repository=REPOSITORY, own=image.own, base=base / "root")
        return _assemble(plan, output, {"base": base, "wheels": wheels, "own": own})


def _assemble(plan: Plan, output: Path, folders: dict[str, Path]) -> Built:
    image = plan.image
    layers = {name: folder / "layer.tar" for name, folder in folders.items()}
    archive = output / f"{image.name}.oci.tar"
    digest = write_archive(
        archive, plan.reference, list(layers.values()), _config(plan), architecture=ARCHITECTURE
    )
    built = Built(
        name=image.name,
        reference=plan.reference,
        digest=digest,
        archive=str(archive),
        layers={name: path.stat().st_size for name, path in layers.items()},
        key=plan.key,
    )
    write_materials(
        materials_file(output, image.name),
        (
            material
            for layer in ("base", "wheels")
            for material in read_materials(folders[layer] / FILE)
        ),
    )
    description = output / f"{image.name}.json"
    fresh = description.with_suffix(".json.new")
    fresh.write_text(json.dumps(asdict(built), indent=1) + "\n")
    fresh.replace(description)
    return built


def _config(plan: Plan) -> ImageConfig:
    return ImageConfig(
        entrypoint=plan.image.entrypoint,
        user=f"{USER}:{USER}",
        env=ENVIRONMENT,
        working_dir="/",
        labels={
            "org.opencontainers.image.title": plan.image.title,
            "org.opencontainers.image.version": plan.version,
            "org.opencontainers.image.licenses": plan.licence,
        },
    )


def _present(output: Path, plan: Plan) -> Built | None:
    """Return the image that is there already, if it is of this very plan."""
    try:
        built = Built(**json.loads((output / f"{plan.image.name}.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    present = Path(built.archive), materials_file(output, built.name)
    return built if built.key == plan.key and all(map(Path.is_file, present)) else None


def _make_base(progress: Progress) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        packages.ensure(HOST_PACKAGES, progress.say)
        build_base(folder)

    return make


def _layer(name: str, shown: str, progress: Progress, make: Callable[[Path], None]) -> Path:
    if (_cache() / name).is_dir():
        progress.cached(shown)
        return store.kept(_cache(), name, make)
    with progress.running(shown):
        return store.kept(_cache(), name, make)


def _cache() -> Path:
    return cache_folder() / "images"
