"""Makes docs/images/report-*.png: a real job on a real letter, its page, a real browser.

`python -m report_images`
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from PIL import Image

from browser import browser
from cluster import packages
from report_images.letter import REDACTED, letter

REPOSITORY = Path(__file__).resolve().parents[2]
IMAGES = REPOSITORY / "docs" / "images"
PDFSEC = Path(sys.executable).with_name("pdfsec")

WIDTH, HEIGHT = 1200, 1300

SHOWN = {"light": "", "dark": "looks"}
"""Where the page is opened, by how the screen is."""

_COLOURS = 128
"""Enough for a page of few colours, and a third of the bytes."""

_UID = "7f0c6a52-93f7-4f0e-8d5a-0f6f1f0c2a11"

JOB: dict[str, Any] = {
    "apiVersion": "pdfsecurity.dev/v1alpha1",
    "kind": "PdfSecurityJob",
    "metadata": {"name": "reminder-1184", "namespace": "legal"},
    "spec": {
        "input": {"persistentVolumeClaim": {"claimName": "in", "path": "letter.pdf"}},
        "output": {"persistentVolumeClaim": {"claimName": "out", "path": "letter.pdf"}},
        "onSignature": "remove",
        "operations": [
            {"inspect": {}},
            {"redact": {"texts": list(REDACTED)}},
            {"removeMetadata": {}},
        ],
    },
}


def main() -> None:
    """Make both pictures."""
    packages.ensure(["fonts-liberation"])
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page = page_in(folder)
        with browser(folder / "profile") as tab:
            for scheme, part in SHOWN.items():
                tab.show(dark=scheme == "dark", width=WIDTH, height=HEIGHT)
                tab.open(f"{page.as_uri()}#{part}")
                path = IMAGES / f"report-{scheme}.png"
                path.write_bytes(_small(tab.screenshot()))
                sys.stdout.write(f"{path.relative_to(REPOSITORY)}: {path.stat().st_size} bytes\n")


def page_in(folder: Path) -> Path:
    """Process the letter and make its page, all in a folder.

    Returns:
        The page.
    """
    (folder / "in.pdf").write_bytes(letter())
    (folder / "job.yaml").write_text(yaml.safe_dump(JOB))
    places = ("-i", "in.pdf", "-o", "out.pdf", "--report", "report.json")
    _pdfsec(folder, "run", "-f", "job.yaml", *places)
    # A local run has a job of its own each time, and takes its time.
    report = json.loads((folder / "report.json").read_text())
    report |= {"jobUid": _UID, "durationSeconds": 0.41, "peakMemoryBytes": 48 * 1024**2}
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "resource.yaml").write_text(yaml.safe_dump(_resource()))
    both = ("--before", "in.pdf", "--after", "out.pdf", "--job", "resource.yaml")
    _pdfsec(folder, "report", "report.json", *both, "-o", "report.html")
    return folder / "report.html"


def _resource() -> dict[str, Any]:
    annotations = {"pdfsecurity.dev/submitted-by": "h.olsen@example.com"}
    effective = {
        "className": "standard",
        "image": f"registry.example/pdf-security-processor@sha256:{'3b1f' * 16}",
    }
    metadata = {**JOB["metadata"], "uid": _UID, "annotations": annotations}
    status = {"effective": effective, "completionTime": "2026-11-27T15:30:09Z"}
    return {**JOB, "metadata": metadata, "status": status}


def _pdfsec(folder: Path, *arguments: str) -> None:
    subprocess.run([PDFSEC, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)


def _small(picture: bytes) -> bytes:
    fewer = Image.open(io.BytesIO(picture)).convert("RGB").quantize(_COLOURS)
    target = io.BytesIO()
    fewer.save(target, "PNG", optimize=True)
    return target.getvalue()


if __name__ == "__main__":
    main()
