"""A dashboard as a page that draws itself with the components that Grafana publishes of itself.

They come from npm, locked with their hashes, and are kept for the next time; nothing of them is in
the product. Asserts nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from cluster import packages
from cluster.layout import cache_folder

SOURCE = Path(__file__).parent

LOCK = SOURCE / "package-lock.json"

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Dashboard</title>
<link rel="stylesheet" href="drawn.css">
<body style="margin: 0"><div id="dashboard"></div>
<script src="shown.js"></script><script src="drawn.js"></script>
"""

_FONTS = {"Regular": 400, "Medium": 500}
"""Those that Grafana's styles ask for, beside the page, and their weights."""

_LOADERS = (".svg=dataurl", ".ttf=empty")


def build_page(shown: dict[str, Any], folder: Path) -> Path:
    """Write a page that needs no network.

    Args:
        shown: what `dashboard.jsx` says at its beginning.
        folder: made, for the page and what it loads.

    Raises:
        subprocess.CalledProcessError: npm or esbuild failed; they said why.
    """
    folder.mkdir()
    modules = _modules()
    subprocess.run(
        [
            str(modules / ".bin" / "esbuild"),
            str(SOURCE / "dashboard.jsx"),
            "--bundle",
            "--jsx=automatic",
            '--define:process.env.NODE_ENV="production"',
            "--log-level=error",
            *(f"--loader:{each}" for each in _LOADERS),
            f"--outfile={folder / 'drawn.js'}",
        ],
        env={"NODE_PATH": str(modules)},
        check=True,
    )
    fonts = folder / "public" / "fonts" / "inter"
    fonts.mkdir(parents=True)
    for name, weight in _FONTS.items():
        font = modules / "@fontsource" / "inter" / "files" / f"inter-latin-{weight}-normal.woff2"
        shutil.copy(font, fonts / f"Inter-{name}.woff2")
    (folder / "shown.js").write_text(f"window.shown = {json.dumps(shown)};")
    page = folder / "index.html"
    page.write_text(_PAGE)
    return page


def _modules() -> Path:
    """Give the folder of what the lock names, installed when it is not yet there."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    target = cache_folder() / "npm" / digest[:16]
    if not target.is_dir():
        packages.ensure(["nodejs", "npm"])
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            for each in (LOCK, LOCK.with_name("package.json")):
                shutil.copy(each, folder)
            # Nobody else's program is run for it to be installed.
            options = ("--ignore-scripts", "--no-audit", "--no-fund")
            subprocess.run(["npm", "ci", *options], cwd=folder, check=True)
            Path(folder, "node_modules").rename(target)
    return target
