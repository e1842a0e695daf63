"""Each operation end to end: entry point, worker, and judges that nobody here wrote."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pypdf import PasswordType, PdfReader
from pypdf.constants import UserAccessPermissions as Bits

from pdf_security_processor.contract import ExitCode
from pdf_security_processor.contract.report import WARNINGS_LIMIT
from processor import documents
from processor.pods import DECRYPT, ENCRYPT, OWNER_PASSWORD, USER_PASSWORD, Pod
from processor.readers import check_with_qpdf, output_of, pdfinfo, pypdf_password, qdf

INSPECT: dict[str, Any] = {"inspect": {}}
SANITIZE: dict[str, Any] = {"sanitize": {}}


def _file_ids(data: bytes) -> set[bytes]:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return {bytes(part) for part in pdf.trailer.ID}


def _encrypt(**options: Any) -> dict[str, Any]:
    return {"encrypt": {**ENCRYPT["encrypt"], **options}}


@pytest.mark.parametrize(
    ("algorithm", "said"),
    [
        pytest.param("AES-256", ("R = 6", "AESv3"), id="aes-256"),
        pytest.param("AES-128", ("R = 4", "AESv2"), id="aes-128"),
    ],
)
def test_encrypts(pod: Pod, tmp_path: Path, algorithm: str, said: tuple[str, str]) -> None:
    """Documents would be readable without a password, or with the wrong one."""
    pod.input.write_bytes(documents.plain(3))
    result = pod.run(pod.request(_encrypt(algorithm=algorithm)))
    assert result.status == ExitCode.SUCCEEDED
    assert result.output
    assert result.report
    assert result.report.output
    assert result.report.output.pages == 3
    checked = check_with_qpdf(result.output, tmp_path, USER_PASSWORD)
    assert all(text in checked for text in said)
    assert pypdf_password(result.output, USER_PASSWORD) == PasswordType.USER_PASSWORD
    assert pypdf_password(result.output, OWNER_PASSWORD) == PasswordType.OWNER_PASSWORD
    assert pypdf_password(result.output, "wrong") == PasswordType.NOT_DECRYPTED
    assert pypdf_password(result.output, "") == PasswordType.NOT_DECRYPTED
    assert b"Hello" not in result.output
    reader = PdfReader(io.BytesIO(result.output), password=USER_PASSWORD)
    assert reader.pages[2].extract_text() == "Hello 3"


@pytest.mark.parametrize("algorithm", ["AES-256", "AES-128"])
def test_encrypts_with_other_characters(pod: Pod, algorithm: str) -> None:
    """Nobody whose password has an umlaut could encrypt: the output would be called damaged."""
    pod.secret("pw", "owner", "Übér-1")
    pod.input.write_bytes(documents.plain())
    result = pod.run(pod.request(_encrypt(algorithm=algorithm)))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.output
    pod.input.write_bytes(result.output)
    pod.secret("pw", "input", "Übér-1")
    opened = pod.run(pod.request(DECRYPT, overwrite=True))
    assert opened.report
    assert opened.report.inspection
    assert opened.report.inspection.encryption
    assert opened.report.inspection.encryption.opened_with == "owner"


_ALL = (
    Bits.PRINT
    | Bits.MODIFY
    | Bits.EXTRACT
    | Bits.ADD_OR_MODIFY
    | Bits.FILL_FORM_FIELDS
    | Bits.EXTRACT_TEXT_AND_GRAPHICS
    | Bits.ASSEMBLE_DOC
    | Bits.PRINT_TO_REPRESENTATION
)


@pytest.mark.parametrize(
    ("permissions", "forbidden"),
    [
        pytest.param({}, Bits(0), id="all-allowed"),
        pytest.param({"print": "high"}, Bits(0), id="print-high"),
        pytest.param({"print": "low"}, Bits.PRINT_TO_REPRESENTATION, id="print-low"),
        pytest.param({"print": "none"}, Bits.PRINT | Bits.PRINT_TO_REPRESENTATION, id="print-none"),
        pytest.param({"copy": False}, Bits.EXTRACT, id="copy"),
        pytest.param({"modify": False}, Bits.MODIFY, id="modify"),
        pytest.param({"annotate": False}, Bits.ADD_OR_MODIFY, id="annotate"),
        pytest.param({"fillForms": False}, Bits.FILL_FORM_FIELDS, id="fill-forms"),
        pytest.param({"assemble": False}, Bits.ASSEMBLE_DOC, id="assemble"),
    ],
)
def test_permissions(pod: Pod, permissions: dict[str, Any], forbidden: Bits) -> None:
    """A permission would reach readers as another one than the job asked for."""
    pod.input.write_bytes(documents.plain())
    result = pod.run(pod.request(_encrypt(permissions=permissions)))
    assert result.output
    reader = PdfReader(io.BytesIO(result.output), password=USER_PASSWORD)
    allowed = reader.user_access_permissions
    assert allowed is not None
    assert allowed & _ALL == _ALL & ~forbidden


def test_accessibility_cannot_be_forbidden(pod: Pod) -> None:
    """A job would be told that screen readers are kept out, which no current writer can do."""
    pod.input.write_bytes(documents.plain())
    rules = {"accessibility": False}
    result = pod.run(pod.request(_encrypt(permissions=rules, algorithm="AES-128")))
    assert result.output
    reader = PdfReader(io.BytesIO(result.output), password=USER_PASSWORD)
    allowed = reader.user_access_permissions
    assert allowed is not None
    assert allowed & _ALL == _ALL
    assert result.report
    assert any("accessibility stays allowed" in warning for warning in result.report.warnings)


@pytest.mark.parametrize("revision", [2, 3, 4, 6])
def test_decrypts(pod: Pod, tmp_path: Path, revision: int) -> None:
    """Documents of older programs could not be opened, or stayed encrypted."""
    pod.input.write_bytes(documents.encrypted("Zutritt-1", revision=revision))
    pod.secret("pw", "input", "Zutritt-1\n")
    result = pod.run(pod.request(DECRYPT))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.output
    assert "File is not encrypted" in check_with_qpdf(result.output, tmp_path)
    assert PdfReader(io.BytesIO(result.output)).pages[0].extract_text() == "Secret 1"
    assert result.report
    assert result.report.inspection
    assert result.report.inspection.encryption
    assert result.report.inspection.encryption.revision == revision
    assert result.report.inspection.encryption.opened_with == "user"


@pytest.mark.parametrize(
    ("password", "revision"),
    [
        pytest.param("Überfuß", 4, id="pdfdoc-encoding"),
        pytest.param("Überfuß", 6, id="utf-8"),
        pytest.param("パスワード", 6, id="other-script"),
    ],
)
def test_decrypts_with_other_characters(pod: Pod, password: str, revision: int) -> None:
    """A right password outside ASCII would be called wrong."""
    pod.input.write_bytes(documents.encrypted(password, revision=revision))
    pod.secret("pw", "input", password)
    assert pod.run(pod.request(DECRYPT)).status == ExitCode.SUCCEEDED


def test_decrypts_what_anybody_can_open(pod: Pod, tmp_path: Path) -> None:
    """A document with permissions and no user password would keep them."""
    pod.input.write_bytes(documents.encrypted())
    result = pod.run(pod.request({"decrypt": {}}))
    assert result.output
    assert "File is not encrypted" in check_with_qpdf(result.output, tmp_path)


def test_changes_the_password(pod: Pod) -> None:
    """Encrypting again would leave the old password valid."""
    pod.input.write_bytes(documents.encrypted("old"))
    pod.secret("pw", "input", "old")
    pod.secret_values.pop()  # `old` is a common word.
    result = pod.run(pod.request(DECRYPT, ENCRYPT))
    assert result.output
    assert pypdf_password(result.output, "old") == PasswordType.NOT_DECRYPTED
    assert pypdf_password(result.output, USER_PASSWORD) == PasswordType.USER_PASSWORD


def test_sanitizes(pod: Pod, tmp_path: Path) -> None:
    """Active content would stay in documents, or be reported as removed while it stays."""
    pod.input.write_bytes(documents.with_active_content())
    result = pod.run(pod.request({"sanitize": {}}))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.output
    assert result.report
    text = qdf(result.output, tmp_path)
    left = [marker for marker in documents.ACTIVE_MARKERS if marker in text]
    assert left == []
    assert "JavaScript" not in output_of("pdfinfo", "-js", str(tmp_path / "judged.pdf")).stdout
    listed = output_of("pdfdetach", "-list", str(tmp_path / "judged.pdf")).stdout
    assert listed.startswith("0 embedded files")
    removed = result.report.removed
    assert removed["JavaScript"] == 4
    expected = {"Launch", "URI", "SubmitForm", "EmbeddedFile", "Thumbnail", "PieceInfo", "AF"}
    assert expected <= set(removed)
    assert any(
        finding.kind == "Launch" and finding.path == "/AA/O" and finding.action == "removed"
        for finding in result.report.findings
    )


def test_tells_what_nothing_allows(pod: Pod) -> None:
    """Nobody would know what of a document was left behind, where it is nothing that is known."""
    pod.input.write_bytes(documents.with_active_content())
    result = pod.run(pod.request({"sanitize": {}}))
    assert result.report
    assert result.report.left_out["/PieceInfo"] == 1
    assert result.report.left_out["/AcroForm"] == 1
    assert result.report.kept == {}
    assert {finding.action for finding in result.report.findings} == {"removed"}


def test_keeps_links_when_asked(pod: Pod) -> None:
    """A newsletter would lose its links, or a report call them removed."""
    pod.input.write_bytes(documents.with_active_content())
    result = pod.run(pod.request({"sanitize": {"mode": "keepLinks"}}))
    assert result.output
    assert result.report
    with pikepdf.open(io.BytesIO(result.output)) as pdf:
        links = [annotation.A.URI for annotation in pdf.pages[0].Annots]
    assert [str(link) for link in links] == ["http://x.test/MARKER-URI"]
    assert result.report.kept == {"URI": 1}
    assert any("1 findings were kept" in warning for warning in result.report.warnings)


@pytest.mark.parametrize(("host", "kept"), [("x.test", 1), ("y.test", 0)])
def test_keeps_links_to_listed_hosts(pod: Pod, host: str, kept: int) -> None:
    """Links would lead to hosts that the job does not list."""
    pod.input.write_bytes(documents.with_active_content())
    sanitize = {"mode": "keepLinks", "linkHosts": [host]}
    result = pod.run(pod.request({"sanitize": sanitize}))
    assert result.report
    assert result.report.kept.get("URI", 0) == kept


def test_sanitizing_twice_gives_the_same_bytes(pod: Pod, tmp_path: Path) -> None:
    """What a report calls removed would still be found by the next run, or each run give others."""
    pod.input.write_bytes(documents.with_active_content())
    first = pod.run(pod.request({"sanitize": {}}))
    assert first.output
    (tmp_path / "second").mkdir()
    second_pod = Pod(tmp_path / "second")
    second_pod.input.write_bytes(first.output)
    second = second_pod.run(second_pod.request({"inspect": {}}, {"sanitize": {}}))
    assert second.output == first.output
    assert second.report
    assert second.report.inspection
    assert second.report.inspection.active_content == {}
    assert second.report.left_out == {}


def test_removes_metadata(pod: Pod, tmp_path: Path) -> None:
    """Authors, tools and private data would be published with the document."""
    whole = documents.with_metadata()
    pod.input.write_bytes(whole)
    before = _file_ids(whole)
    result = pod.run(pod.request({"removeMetadata": {}}))
    assert result.output
    text = qdf(result.output, tmp_path)
    assert [marker for marker in documents.METADATA_MARKERS if marker in text] == []
    after = PdfReader(io.BytesIO(result.output))
    assert not before & _file_ids(result.output)
    assert after.metadata is None
    assert not {"Producer", "Creator", "CreationDate", "ModDate"} & set(
        pdfinfo(result.output, tmp_path)
    )
    assert result.report
    assert result.report.removed == {"Info": 1, "Metadata": 3, "PieceInfo": 2, "LastModified": 1}


def test_removes_only_what_is_metadata(pod: Pod, tmp_path: Path) -> None:
    """Page content would go with the metadata where resources bear such names."""
    pod.input.write_bytes(documents.with_names_of_metadata())
    result = pod.run(pod.request({"removeMetadata": {}}))
    assert result.output
    text = qdf(result.output, tmp_path)
    assert [marker for marker in documents.DRAWN_MARKERS if marker not in text] == []
    assert result.report
    assert result.report.removed == {"PieceInfo": 1, "LastModified": 1}


def test_counts_only_metadata_that_is_saved(pod: Pod) -> None:
    """A report would count what an old revision left in the file and saving drops anyhow."""
    orphan = b"9 0 obj\n<< /LastModified (D:2020) >>\nendobj\nxref\n"
    whole = documents.plain()
    number = next(n for n in range(1, 99) if f"\n{n} 0 obj".encode() not in whole)
    whole = whole.replace(b"xref\n", orphan.replace(b"9 0 obj", b"%d 0 obj" % number), 1)
    pod.input.write_bytes(documents.rebuilt(whole))
    result = pod.run(pod.request({"removeMetadata": {}}))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.report
    assert result.report.removed == {}


def test_keeps_metadata_otherwise(pod: Pod, tmp_path: Path) -> None:
    """Operations that nobody asked to would change or sign the metadata."""
    pod.input.write_bytes(documents.with_metadata())
    result = pod.run(pod.request({"linearize": {}}))
    assert result.output
    text = qdf(result.output, tmp_path)
    assert all(marker in text for marker in documents.METADATA_MARKERS)
    assert b"pikepdf" not in text
    assert "Producer" not in pdfinfo(result.output, tmp_path)


def test_linearizes(pod: Pod, tmp_path: Path) -> None:
    """Web viewers would have to load whole documents."""
    pod.input.write_bytes(documents.plain(5))
    result = pod.run(pod.request({"linearize": {}}))
    assert result.output
    assert pdfinfo(result.output, tmp_path)["Optimized"] == "yes"
    checked = output_of("qpdf", "--check-linearization", str(tmp_path / "judged.pdf"))
    assert checked.returncode == 0
    assert "no linearization errors" in checked.stdout


def test_inspects(pod: Pod) -> None:
    """People would be told wrong facts of their documents."""
    pod.input.write_bytes(documents.with_form())
    result = pod.run(pod.request({"inspect": {}}, save=False))
    assert result.status == ExitCode.SUCCEEDED
    assert result.output is None
    assert result.report
    facts = result.report.inspection
    assert facts
    assert (facts.pages, facts.form_fields, facts.signatures, facts.has_xfa) == (1, 3, 1, True)
    assert facts.active_content == {"XFA": 1}


@pytest.mark.parametrize(
    ("options", "algorithm", "bits"),
    [
        pytest.param({"revision": 2}, "RC4-40", 40, id="rc4-40"),
        pytest.param({"revision": 3}, "RC4-128", 128, id="rc4-128"),
        pytest.param({"revision": 4}, "AES-128", 128, id="aes-128"),
        pytest.param({"revision": 6}, "AES-256", 256, id="aes-256"),
    ],
)
def test_inspects_encryption_without_password(
    pod: Pod, options: dict[str, Any], algorithm: str, bits: int
) -> None:
    """Nobody could learn how a document is protected without its password."""
    pod.input.write_bytes(documents.encrypted("unknown", **options))
    result = pod.run(pod.request({"inspect": {}}, save=False))
    assert result.status == ExitCode.SUCCEEDED
    assert result.report
    assert result.report.inspection
    facts = result.report.inspection.encryption
    assert facts
    assert (facts.algorithm, facts.key_bits, facts.opened_with) == (algorithm, bits, "none")
    assert facts.permissions["assemble"] is False
    assert result.report.inspection.pages is None


@pytest.mark.parametrize("revision", [4, 6])
@pytest.mark.parametrize(
    ("filters", "algorithm", "warned"),
    [
        pytest.param(("StmF", "StrF"), "Identity", False, id="all"),
        pytest.param(("StmF",), "Identity", True, id="streams"),
        pytest.param(("StrF",), "AES", True, id="strings"),
    ],
)
def test_inspects_the_identity_filter(
    pod: Pod, revision: int, filters: tuple[str, ...], algorithm: str, warned: bool
) -> None:
    """A document whose content anybody can read would be reported as encrypted with AES."""
    whole = documents.encrypted("unknown", revision=revision)
    for name in filters:
        whole = whole.replace(f"/{name} /StdCF".encode(), f"/{name} /Identity".encode())
    pod.input.write_bytes(documents.rebuilt(whole))
    result = pod.run(pod.request({"inspect": {}}, save=False))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.report
    assert result.report.inspection
    assert result.report.inspection.encryption
    assert result.report.inspection.encryption.algorithm.startswith(algorithm)
    assert any("strings have" in text for text in result.report.warnings) == warned


def test_inspects_what_came_in(pod: Pod) -> None:
    """An inspection after another operation would tell of a document that nobody sent."""
    pod.input.write_bytes(documents.with_active_content())
    counted = []
    for operations in ([INSPECT, SANITIZE], [SANITIZE, INSPECT]):
        result = pod.run(pod.request(*operations, overwrite=True))
        assert result.report
        assert result.report.inspection
        assert result.report.operations == [next(iter(one)) for one in operations]
        counted.append(result.report.inspection.active_content)
    assert counted[0] == counted[1]
    assert "JavaScript" in counted[0]


def test_inspection_of_unreadable_structure_asks_for_the_password(pod: Pod) -> None:
    """An inspection would invent facts where the structure itself is encrypted."""
    mode = pikepdf.ObjectStreamMode.generate
    pod.input.write_bytes(documents.encrypted("unknown", object_stream_mode=mode))
    result = pod.run(pod.request({"inspect": {}}, save=False))
    assert result.status == ExitCode.PASSWORD_REQUIRED


@pytest.mark.parametrize(
    "make", list(documents.NOT_ACCEPTED.values()), ids=list(documents.NOT_ACCEPTED)
)
def test_repairs(pod: Pod, tmp_path: Path, make: Any) -> None:
    """Damaged documents could not be processed at all, or their repair would not be told."""
    pod.input.write_bytes(make())
    result = pod.run(pod.request({"repair": {}}))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.output
    check_with_qpdf(result.output, tmp_path)
    assert result.report
    assert result.report.warnings


@pytest.mark.parametrize(
    "make",
    [documents.with_junk_in_front, documents.plain],
    ids=["junk-in-front", "plain"],
)
def test_accepts_ordinary_oddities(pod: Pod, tmp_path: Path, make: Any) -> None:
    """Ordinary documents would be refused as damaged."""
    pod.input.write_bytes(make())
    result = pod.run(pod.request({"sanitize": {}}))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.output
    check_with_qpdf(result.output, tmp_path)


def test_accepts_and_reports_a_harmless_warning(pod: Pod) -> None:
    """A warning about nothing that matters would fail a job, or not be told."""
    pod.input.write_bytes(documents.with_harmless_oddity())
    result = pod.run(pod.request({"inspect": {}}, save=False))
    assert result.status == ExitCode.SUCCEEDED, result.log


@pytest.mark.parametrize("operations", [[SANITIZE], [{"repair": {}}, SANITIZE]], ids=["", "repair"])
def test_many_harmless_warnings(pod: Pod, operations: list[dict[str, Any]]) -> None:
    """A long scan with one oddity a page could not be processed, not even repaired."""
    pod.input.write_bytes(documents.with_oddities(5000))
    result = pod.run(pod.request(*operations))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.report
    assert len(result.report.warnings) == WARNINGS_LIMIT
    assert result.report.warnings[-1] == f"{5000 - WARNINGS_LIMIT + 1} more left out"


def test_keeps_version_and_size(pod: Pod) -> None:
    """Processing would raise the version that readers need, or inflate documents."""
    whole = documents.many_objects(2000)
    pod.input.write_bytes(whole)
    result = pod.run(pod.request({"sanitize": {}}))
    assert result.output
    assert result.output[:8] == whole[:8]
    assert len(result.output) < len(whole) * 1.05


def test_same_input_gives_the_same_bytes(pod: Pod) -> None:
    """A retry would make another output, and nobody could compare two."""
    pod.input.write_bytes(documents.with_active_content())
    outputs = {
        pod.run(pod.request({"sanitize": {}}, {"removeMetadata": {}}, overwrite=True)).output
        for _ in range(2)
    }
    assert len(outputs) == 1


def test_all_at_once(pod: Pod, tmp_path: Path) -> None:
    """Operations that work alone would undo one another."""
    pod.input.write_bytes(documents.with_active_content())
    operations: tuple[dict[str, Any], ...] = (
        {"sanitize": {}},
        {"removeMetadata": {}},
        {"linearize": {}},
        ENCRYPT,
    )
    result = pod.run(pod.request(*operations))
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert result.output
    assert "R = 6" in check_with_qpdf(result.output, tmp_path, OWNER_PASSWORD)
    assert result.summary
    assert result.report
    assert result.summary.output == result.report.output
    assert result.report.operations == ["sanitize", "removeMetadata", "linearize", "encrypt"]
