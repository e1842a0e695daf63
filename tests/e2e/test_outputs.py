"""Every output of the examples, opened by programs that are not ours: qpdf, poppler, pypdf."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import pypdf
import pytest
from pypdf.constants import UserAccessPermissions as Bits

from cluster import packages
from demo import documents
from demo.stage import BUCKET_IN, BUCKET_OUT, NAMESPACE, Stage, set_up
from e2e_support import Object, wait_for_jobs
from images.build import REPOSITORY
from product import Installation

EXAMPLES = REPOSITORY / "manifests" / "examples"
NUMBER = len(list(EXAMPLES.glob("*.yaml")))

WRONG = "certainly not the password"


class Outputs:
    """What the examples left behind, on this machine."""

    def __init__(self, stage: Stage, jobs: list[Object], folder: Path, words: dict[str, str]):
        self.jobs = {job["metadata"]["name"]: job for job in jobs}
        self.words = words
        self.files: dict[str, Path] = {}
        self.inputs: dict[str, Path] = {}
        for bucket, found in ((BUCKET_OUT, self.files), (BUCKET_IN, self.inputs)):
            for entry in stage.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                place = folder / bucket / entry["Key"]
                place.parent.mkdir(exist_ok=True)
                stage.s3.download_file(bucket, entry["Key"], str(place))
                found[entry["Key"]] = place
        for name, found in (("out", self.files), ("in", self.inputs)):
            found.update({path.name: path for path in (stage.volume.folder / name).iterdir()})


@pytest.fixture(scope="module")
def outputs(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outputs]:
    """Run the examples."""
    packages.ensure(["qpdf", "poppler-utils"])
    cluster = installation.cluster
    folder = tmp_path_factory.mktemp("outputs")
    stage = set_up(installation, folder)
    cluster.kubectl("apply", "-n", NAMESPACE, "-f", str(EXAMPLES))
    jobs = wait_for_jobs(cluster, NAMESPACE, NUMBER)
    template = '{{range $k, $v := .data}}{{$k}} {{base64decode $v}}{{"\\n"}}{{end}}'
    secret = cluster.kubectl(
        "get", "secret", "passwords", "-n", NAMESPACE, "-o", f"go-template={template}"
    )
    words = dict(line.split(" ", 1) for line in secret.splitlines())
    yield Outputs(stage, jobs, folder, words)
    cluster.kubectl("delete", "psj", "--all", "-n", NAMESPACE)


PLAIN = {
    "policy-sanitized.pdf": "policy.pdf",
    "hierarchy.pdf": "hierarchy-encrypted.pdf",
    "form-linearized.pdf": "form.pdf",
    "repaired.pdf": "testpage.pdf",
    "testpage-from-a-url.pdf": "testpage.pdf",
}
"""Outputs without a password -> the document that they show."""

ENCRYPTED = {"policy-encrypted.pdf": "policy.pdf", "testpage-aes128.pdf": "testpage.pdf"}


@contextmanager
def arguments(*given: str) -> Iterator[str]:
    """Pass arguments to qpdf in a file: passwords never stand on a command line."""
    with NamedTemporaryFile("w") as file:
        file.write("\n".join(given))
        file.flush()
        yield f"@{file.name}"


def qpdf(path: Path, *given: str) -> subprocess.CompletedProcess[str]:
    """Run qpdf on a file."""
    with arguments(*given) as file:
        return subprocess.run(["qpdf", file, path], capture_output=True, text=True, check=False)


def decrypted(path: Path, password: str, target: Path) -> Path:
    """Decrypt with qpdf, so that programs that take passwords only as arguments see the rest."""
    with arguments(f"--password={password}", "--decrypt") as file:
        subprocess.run(["qpdf", file, path, target], check=True)
    return target


def facts_of(path: Path) -> dict[str, str]:
    """Ask pdfinfo."""
    printed = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    return {
        name: value.strip()
        for name, _, value in (line.partition(":") for line in printed.splitlines())
    }


def picture(path: Path, page: int) -> bytes:
    """Render a page."""
    command = ["pdftoppm", "-r", "40", "-f", str(page), "-l", str(page), str(path)]
    return subprocess.run(command, capture_output=True, check=True).stdout


def test_examples_end_as_they_should(outputs: Outputs) -> None:
    """An example in the repository would not do what its comment says."""
    reasons = {name: job["status"]["reason"] for name, job in outputs.jobs.items()}
    assert reasons.pop("wrong-password") == "WrongPassword"
    assert set(reasons.values()) == {"Succeeded"}
    assert "never.pdf" not in outputs.files


@pytest.mark.parametrize("name", PLAIN)
def test_qpdf_finds_no_error(outputs: Outputs, name: str) -> None:
    """Another version of qpdf would find the file damaged."""
    checked = qpdf(outputs.files[name], "--check")
    assert checked.returncode == 0, checked.stderr
    assert "not encrypted" in checked.stdout


@pytest.mark.parametrize("name", PLAIN)
def test_looks_the_same(outputs: Outputs, name: str, tmp_path: Path) -> None:
    """Readers would see something else, or fewer pages."""
    source = outputs.inputs.get(PLAIN[name]) or documents.fetch() / PLAIN[name]
    if "encrypted" in source.name:
        source = decrypted(source, outputs.words["reader"], tmp_path / "source.pdf")
    pages = int(facts_of(source)["Pages"])
    assert int(facts_of(outputs.files[name])["Pages"]) == pages
    for page in {1, pages // 2 + 1, pages}:
        assert picture(source, page) == picture(outputs.files[name], page)


def test_sanitized_has_no_links_and_no_metadata(outputs: Outputs) -> None:
    """What was to be removed would still be there, for a parser that is not ours."""
    reader = pypdf.PdfReader(outputs.files["policy-sanitized.pdf"])
    source = pypdf.PdfReader(outputs.inputs["policy.pdf"])
    assert links_of(source) > 0
    assert links_of(reader) == 0
    assert source.metadata
    assert not reader.metadata
    assert reader.xmp_metadata is None
    info = facts_of(outputs.files["policy-sanitized.pdf"])
    assert not {"Title", "Author", "Producer", "Creator", "CreationDate"} & info.keys()
    assert info["JavaScript"] == "no"


def test_redacted_has_no_word_of_what_was_taken_out(outputs: Outputs) -> None:
    """A name would still be found in the output, by programs that are not ours."""
    words = ("Ian Jackson", "@lists.debian.org")
    path = outputs.files["policy-redacted.pdf"]
    before, after = _text(outputs.inputs["policy.pdf"]), _text(path)
    assert [word in before for word in words] == [True, True]
    assert [word in after for word in words] == [False, False]
    pages = int(facts_of(path)["Pages"])
    assert after.count("Copy for the review board") == pages
    removed = outputs.jobs["redact-and-watermark"]["status"]["report"]["removed"]
    assert 0 < removed["RedactedPage"] < pages
    assert qpdf(path, "--check").returncode == 0


def _text(path: Path) -> str:
    return subprocess.run(
        ["pdftotext", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout


def links_of(reader: pypdf.PdfReader) -> int:
    """Count links that leave the document."""
    count = 0
    for page in reader.pages:
        for annotation in page.get("/Annots") or []:
            action = annotation.get_object().get("/A")
            count += action is not None and action.get_object().get("/S") == "/URI"
    return count


def test_linearized(outputs: Outputs) -> None:
    """The file would not open page by page."""
    assert facts_of(outputs.files["form-linearized.pdf"])["Optimized"] == "yes"


def test_opens_with_the_right_passwords_only(outputs: Outputs) -> None:
    """Nobody could read the file, or everybody."""
    path = outputs.files["policy-encrypted.pdf"]
    for word, kind in (("reader", 1), ("owner", 2)):
        reader = pypdf.PdfReader(path)
        assert reader.decrypt(outputs.words[word]) == kind
        assert len(reader.pages) == len(pypdf.PdfReader(outputs.inputs["policy.pdf"]).pages)
        checked = qpdf(path, f"--password={outputs.words[word]}", "--check")
        assert checked.returncode == 0, checked.stderr
    assert pypdf.PdfReader(path).decrypt(WRONG) == 0
    assert "invalid password" in qpdf(path, f"--password={WRONG}", "--check").stderr
    assert b"Debian Policy" not in path.read_bytes()


@pytest.mark.parametrize(
    ("name", "word", "method", "allowed", "denied"),
    [
        pytest.param(
            "policy-encrypted.pdf",
            "reader",
            "AESv3",
            Bits.PRINT | Bits.PRINT_TO_REPRESENTATION | Bits.FILL_FORM_FIELDS | Bits.ADD_OR_MODIFY,
            Bits.EXTRACT | Bits.MODIFY | Bits.ASSEMBLE_DOC,
            id="AES-256",
        ),
        pytest.param(
            "testpage-aes128.pdf",
            None,
            "AESv2",
            Bits.PRINT | Bits.PRINT_TO_REPRESENTATION | Bits.ASSEMBLE_DOC,
            Bits.EXTRACT | Bits.MODIFY,
            id="AES-128",
        ),
    ],
)
def test_permissions(
    outputs: Outputs, name: str, word: str | None, method: str, allowed: Bits, denied: Bits
) -> None:
    """Readers would be allowed what the author denied, or encrypted more weakly than asked."""
    path, password = outputs.files[name], outputs.words[word] if word else ""
    reader = pypdf.PdfReader(path)
    assert reader.decrypt(password)
    bits = reader.user_access_permissions
    assert bits is not None
    assert bits & allowed == allowed
    assert bits & denied == Bits(0)
    shown = qpdf(path, f"--password={password}", "--show-encryption").stdout
    assert f"stream encryption method: {method}" in shown


@pytest.mark.parametrize("name", ENCRYPTED)
def test_encrypted_looks_the_same(outputs: Outputs, name: str, tmp_path: Path) -> None:
    """Encryption would have changed what is read."""
    word = outputs.words["owner"]
    opened = decrypted(outputs.files[name], word, tmp_path / "opened.pdf")
    assert picture(opened, 1) == picture(outputs.inputs[ENCRYPTED[name]], 1)


def test_digests_in_status(outputs: Outputs) -> None:
    """The status would vouch for another file."""
    for name, job in outputs.jobs.items():
        output = job["status"].get("report", {}).get("output")
        assert (output is None) == (name in ("wrong-password", "inspect-a-configmap"))
        if output:
            place = job["spec"]["output"]
            path = place["s3"]["key"] if "s3" in place else place["persistentVolumeClaim"]["path"]
            content = outputs.files[Path(path).name].read_bytes()
            assert output["sha256"] == hashlib.sha256(content).hexdigest()
            assert output["bytes"] == len(content)


def test_inputs_are_unchanged(outputs: Outputs) -> None:
    """A document would be lost with its processing."""
    for name in ("policy.pdf", "form.pdf", "testpage.pdf"):
        assert outputs.inputs[name].read_bytes() == (documents.fetch() / name).read_bytes()
