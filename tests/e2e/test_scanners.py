"""The scanners as programs: what the house's rules find, and that bad objects are found.

Installs them into the cache on the first run.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cluster.progress import Progress
from scanners import cluster_objects
from scanners.environments import program_of
from scanners.objects import Object, rendered_objects
from scanners.running import json_of, run
from scanners.source_code import RULES

CASES = [
    # Rule, what it finds, what it lets be.
    ("no-shell", 'subprocess.run("ls", shell=True)', 'subprocess.run(["ls"])'),
    ("no-shell", 'os.system("ls")', 'os.listdir(".")'),
    ("no-shell", 'asyncio.create_subprocess_shell("ls")', "asyncio.create_subprocess_exec(x)"),
    ("no-code-from-data", "pickle.loads(x)", "json.loads(x)"),
    ("no-code-from-data", "yaml.load(x, yaml.Loader)", "yaml.safe_load(x)"),
    ("no-code-from-data", "eval(x)", "int(x)"),
    ("no-tls-without-verification", "context.check_hostname = False", "context.options = 1"),
    ("no-tls-without-verification", "context.verify_mode = ssl.CERT_NONE", "context = x"),
    ("no-tls-without-verification", "get(x, verify=False)", 'get(x, verify="/ca.crt")'),
    ("no-tls-without-verification", "session.get(x, ssl=False)", "session.get(x, ssl=context)"),
    (
        "no-secret-in-arguments-or-environment",
        'subprocess.run(["qpdf", owner_password])',
        'subprocess.run(["qpdf", "-"], input=owner_password)',
    ),
    (
        "no-secret-in-arguments-or-environment",
        'os.environ["WORD"] = owner_password',
        'os.environ["WORD"] = name',
    ),
    (
        "no-secret-in-arguments-or-environment",
        'subprocess.run(x, env={"WORD": passphrase})',
        'subprocess.run(x, env={"PATH": path})',
    ),
    ("no-secret-in-logs", 'log.info("with %s", owner_password)', 'log.info("with %s", name)'),
    ("no-secret-in-logs", 'logger.info("opened", word=password)', 'logger.info("opened", a=name)'),
    ("no-name-for-a-file-to-come", "tempfile.mktemp()", "tempfile.mkstemp()"),
    ("no-broken-digest", "hashlib.md5(x)", "hashlib.md5(x, usedforsecurity=False)"),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, int, bool]]:
    """Scan all snippets in one run: rule, row of the table, and whether it is the bad one."""
    folder = tmp_path_factory.mktemp("snippets")
    for number, (_, bad, good) in enumerate(CASES):
        (folder / f"bad_{number}.py").write_text(f"{bad}\n")
        (folder / f"good_{number}.py").write_text(f"{good}\n")
    command: list[object] = [program_of("semgrep", Progress()), "scan", "--config", RULES]
    command += ["--json", "--quiet", "--metrics=off", "--disable-version-check", folder]
    report = json_of("semgrep", run("semgrep", command).stdout)
    assert report["errors"] == []
    return {
        (
            each["check_id"].rpartition(".")[2],
            int(Path(each["path"]).stem.partition("_")[2]),
            Path(each["path"]).stem.startswith("bad"),
        )
        for each in report["results"]
    }


@pytest.mark.parametrize(
    "number", [pytest.param(at, id=f"{case[0]}-{at}") for at, case in enumerate(CASES)]
)
def test_a_rule_of_the_house(found: set[tuple[str, int, bool]], number: int) -> None:
    """Would break: a rule that finds nothing, or everything, and is waived away."""
    rule = CASES[number][0]
    assert {each for each in found if each[1] == number} == {(rule, number, True)}


def _job(objects: list[Object]) -> Object:
    (job,) = (each for each in objects if each["metadata"]["name"] == "s3-to-s3-with-passwords")
    pod: Object = job["spec"]["template"]["spec"]
    return pod


def _root(objects: list[Object]) -> None:
    for context in (_job(objects), _job(objects)["containers"][0]):
        context["securityContext"] |= {"runAsUser": 0, "runAsNonRoot": False}


def _writable(objects: list[Object]) -> None:
    _job(objects)["containers"][0]["securityContext"]["readOnlyRootFilesystem"] = False


def _capabilities(objects: list[Object]) -> None:
    del _job(objects)["containers"][0]["securityContext"]["capabilities"]


def _token(objects: list[Object]) -> None:
    _job(objects)["automountServiceAccountToken"] = True


def _host_network(objects: list[Object]) -> None:
    _job(objects)["hostNetwork"] = True


def _no_limits(objects: list[Object]) -> None:
    del _job(objects)["containers"][0]["resources"]["limits"]


MUTANTS = {
    "root": _root,
    "writable-root": _writable,
    "capabilities": _capabilities,
    "token": _token,
    "host-network": _host_network,
    "no-limits": _no_limits,
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_protection_that_is_taken_away_is_found(
    mutant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would break: scanners that pass a Job without what makes it safe; their silence is empty."""

    def mutated() -> list[Object]:
        objects: list[Object] = json.loads(json.dumps(rendered_objects()))
        MUTANTS[mutant](objects)
        return objects

    program = program_of("checkov", Progress())
    before = {
        (finding.rule, finding.where)
        for finding in cluster_objects.scan_with_checkov(program, tmp_path).findings
    }
    monkeypatch.setattr(cluster_objects, "rendered_objects", mutated)
    after = {
        (finding.rule, finding.where)
        for finding in cluster_objects.scan_with_checkov(program, tmp_path).findings
    }
    assert {where for _, where in after - before} == {"Job/s3-to-s3-with-passwords"}
