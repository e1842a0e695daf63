"""`python -m gitops [--jobs N] [--failing N]`: jobs come from Git, by a real Argo CD.

It runs beside the real cluster, with an Application whose objects it applies itself and one whose
objects the API server applies. JSON comes last.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import Annotated

import typer
from rich.console import Console

from cluster import ensure_up
from cluster.errors import ClusterError
from gitops.checks import LEAST_GOOD
from gitops.documents import build_documents, put_documents
from gitops.run import Outcome, Say, run
from gitops.table import build_checks_table, build_jobs_table, build_times_table
from images.build import REPOSITORY
from images.errors import ImageBuildError
from operator_scene import open_api, open_scene
from product import install

WORK = REPOSITORY / "build" / "gitops"
"""The repository that Argo CD syncs, and its logs."""

application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@application.command()
def main(
    jobs: Annotated[int, typer.Option(help="How many jobs.")] = 50,
    failing: Annotated[int, typer.Option(help="How many of them fail, as intended.")] = 5,
) -> None:
    """Sync jobs from Git and see that they stay so; exit with 0 where all is as it must be."""
    if failing < 1 or jobs - failing < LEAST_GOOD:
        raise typer.BadParameter(f"1 must fail at least, and {LEAST_GOOD} must not")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    started = time.monotonic()

    def say(line: str) -> None:
        console.print(f"[{time.monotonic() - started:6.1f} s] {line}", markup=False)

    try:
        outcome = _run(jobs, failing, say)
    except (ClusterError, ImageBuildError) as error:
        console.print(str(error), markup=False, style="red")
        raise typer.Exit(1) from error
    console.print(build_jobs_table(outcome.arrivals))
    console.print(build_times_table(outcome.arrivals))
    console.print(build_checks_table(outcome.checked))
    sys.stdout.write(json.dumps(outcome.summary()) + "\n")
    raise typer.Exit(0 if outcome.is_right else 1)


def _run(jobs: int, failing: int, say: Say) -> Outcome:
    installation = install(ensure_up(say=say), say)
    shutil.rmtree(WORK, ignore_errors=True)
    with (
        open_api(installation.cluster) as api,
        open_scene(api, installation, "gitops") as scene,
    ):
        say("putting documents and passwords in place")
        put_documents(scene)
        documents = build_documents(scene)
        try:
            return run(
                installation.cluster.kubectl, scene.namespace, documents,
                jobs=jobs, failing=failing, folder=WORK, say=say,
            )  # fmt: skip
        finally:
            # It came from Git, so the scene does not know of it.
            api.delete("pdfsecurityclasses", documents.security_class["metadata"]["name"])


if __name__ == "__main__":
    application()
