"""The scanners as programs: what the house's rules find, and that bad objects are found.

Installs them into the cache on the first run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
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


Change = Callable[[Object], None]


def _of_pod(name: str, value: object) -> Change:
    return lambda pod: pod.update({name: value})


def _of_container(name: str, value: object) -> Change:
    return lambda pod: pod["containers"][0]["securityContext"].update({name: value})


def _root(pod: Object) -> None:
    for context in (pod["securityContext"], pod["containers"][0]["securityContext"]):
        context.update({"runAsUser": 0, "runAsNonRoot": False})


MUTANTS: dict[str, Change] = {
    "root": _root,
    "writable-root": _of_container("readOnlyRootFilesystem", False),
    "capabilities": _of_container("capabilities", {}),
    "privileged": _of_container("privileged", True),
    "more-privileges": _of_container("allowPrivilegeEscalation", True),
    "token": _of_pod("automountServiceAccountToken", True),
    "host-network": _of_pod("hostNetwork", True),
    "host-processes": _of_pod("hostPID", True),
    "no-limits": lambda pod: pod["containers"][0].update({"resources": {}}),
    "by-tag": lambda pod: pod["containers"][0].update({"image": "registry.example/a:latest"}),
}


def _mutants_of(job: Object) -> Iterator[Object]:
    for name, change in MUTANTS.items():
        mutant: Object = json.loads(json.dumps(job))
        mutant["metadata"]["name"] = name
        change(mutant["spec"]["template"]["spec"])
        yield mutant


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Scan a Job and all its mutants in one run: name of the Job -> rules that complain."""
    (job,) = (
        each for each in rendered_objects() if each["metadata"]["name"] == "s3-to-s3-with-passwords"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster_objects, "rendered_objects", lambda: [job, *_mutants_of(job)])
        outcome = cluster_objects.scan_with_checkov(
            program_of("checkov", Progress()), tmp_path_factory.mktemp("mutants")
        )
    found: dict[str, set[str]] = {}
    for finding in outcome.findings:
        found.setdefault(finding.where.removeprefix("Job/"), set()).add(finding.rule)
    return found


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_protection_that_is_taken_away_is_found(
    complaints: dict[str, set[str]], mutant: str
) -> None:
    """Would break: scanners that pass a Job without what makes it safe; their silence is empty."""
    assert complaints[mutant] - complaints.get("s3-to-s3-with-passwords", set())
