"""`python -m chart` writes the chart's generated templates. Judges nothing."""

from __future__ import annotations

import sys
from pathlib import Path

from chart.substitutions import MANIFESTS, NAMESPACE
from chart.templates import template_of
from images.build import REPOSITORY

CHART = REPOSITORY / "charts" / "pdf-security-operator"


def generated_templates() -> dict[Path, str]:
    """Give each generated file of the chart, and what is to stand in it."""
    return {
        CHART / "templates" / Path(each.path).name: template_of(
            each.path,
            (REPOSITORY / each.path).read_text(),
            NAMESPACE,
            each.substitutions,
            each.condition,
        )
        for each in MANIFESTS
    }


def main() -> int:
    """Write them."""
    for path, text in generated_templates().items():
        path.write_text(text)
        sys.stdout.write(f"{path.relative_to(REPOSITORY)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
