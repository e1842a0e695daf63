"""Manifests are read as kubectl reads them, and what is wrong is found at its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pdf_security_operator.cli.errors import ManifestRefusedError, UsageError
from pdf_security_operator.cli.lint import lint_files
from pdf_security_operator.cli.manifest import parse_documents
from pdf_security_operator.cli.text import printable, size_of

JOB = """\
apiVersion: pdfsecurity.dev/v1alpha1
kind: PdfSecurityJob
metadata:
  name: contract
spec:
  input:
    persistentVolumeClaim: {claimName: documents, path: in.pdf}
  output:
    persistentVolumeClaim: {claimName: documents, path: out.pdf}
  operations:
  - sanitize: {}
"""


def value_of(text: str) -> Any:
    (document,) = parse_documents("job.yaml", f"value: {text}\n".encode())
    return document.data["value"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("yes", True, id="yes"),
        pytest.param("Off", False, id="off"),
        pytest.param("y", True, id="y"),
        pytest.param("N", False, id="n"),
        pytest.param("1e1", 10, id="whole-float"),
        pytest.param("1e-2", 0.01, id="float"),
        pytest.param("1.", 1, id="float-without-fraction"),
        pytest.param("1_000.5", 1000.5, id="float-with-underscores"),
        pytest.param("0o17", 15, id="octal"),
        pytest.param("017", 15, id="old-octal"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("08", 8, id="no-octal"),
        pytest.param("2024-01-01", "2024-01-01", id="date"),
        pytest.param("1:30", "1:30", id="time"),
        pytest.param("=", "=", id="equals"),
        pytest.param("~", None, id="null"),
        pytest.param("'1'", "1", id="quoted"),
        pytest.param("{1: a, true: b, 2024-01-01: c}", {"1": "a", "true": "b", "2024-01-01": "c"},
                     id="keys"),
        pytest.param("[&a {x: 1, y1: 2}, {<<: *a, x: 3}]", [{"x": 1, "y1": 2}, {"x": 3, "y1": 2}],
                     id="merge"),
    ],
)  # fmt: skip
def test_reads_values_as_kubectl(text: str, expected: Any) -> None:
    """A manifest would mean one thing here and another in the cluster; found by kubectl 1.37."""
    assert value_of(text) == expected
    assert type(value_of(text)) is type(expected)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", 3, "is given twice", id="key-twice"),
        pytest.param("a:\n  b: 1\n  b: 1\n", 3, "is given twice", id="key-twice-below"),
        pytest.param("a: 1\n---\nb: 1\nb: 2\n", 4, "is given twice", id="in-second-document"),
        pytest.param("a: [1\n", 2, "is not YAML", id="unclosed"),
        pytest.param("a: 1\n\tb: 2\n", 2, "is not YAML", id="tab"),
        pytest.param("a: !!python/object:os.system {}\nb: !x 1\n", 2, "is not YAML", id="tag"),
        pytest.param("- a\n", 1, "must be a map", id="list"),
        pytest.param("kind: List\nitems:\n- a\n", 3, "must be a map", id="item"),
        pytest.param("hello\n", 1, "must be a map", id="text"),
        pytest.param("[a]: 1\n", 1, "key that is not text", id="key-of-list"),
        pytest.param("~: 1\n", 1, "empty key", id="key-null"),
        pytest.param("a: &a [*a]\n", 1, "", id="alias-of-itself"),
        pytest.param("a: " + "[" * 400 + "]" * 400, 1, "nested too deeply", id="deep"),
        pytest.param("a: " + "[" * 100_000, 1, "", id="deeper"),
        pytest.param("a: \x01\n", 1, "is not YAML", id="control-character"),
        pytest.param(
            "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
            1,
            "aliases make it too large",
            id="billion-laughs",
        ),
    ],
)
def test_refuses_files(text: str, line: int, message: str) -> None:
    """A mistake would be taken for a manifest, end in a traceback, or take all memory."""
    with pytest.raises(ManifestRefusedError) as refusal:
        list(parse_documents("job.yaml", text.encode()))
    (finding,) = refusal.value.findings
    assert message in finding.message
    assert finding.line == line or not message or "aliases" in message


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        pytest.param("name: contract", "name: C", 4, "metadata.name", id="name"),
        pytest.param("in.pdf", "/in.pdf", 7, "spec.input.persistentVolumeClaim.path", id="path"),
        pytest.param("  - sanitize: {}", "  - sanitise: {}", 11, "spec.operations[0].sanitise",
                     id="unknown-field"),
        pytest.param("  - sanitize: {}", "  - sanitize:", 11, "spec.operations[0]", id="null"),
        pytest.param("  operations:\n  - sanitize: {}\n", "", 5, "spec.operations", id="missing"),
        pytest.param("v1alpha1", "v1", 1, "apiVersion", id="version"),
        pytest.param("PdfSecurityJob", "PDFSecurityJob", 2, "kind", id="kind"),
    ],
)  # fmt: skip
def test_names_the_line(tmp_path: Path, old: str, new: str, line: int, field: str) -> None:
    """An editor would jump elsewhere than to the mistake."""
    file = tmp_path / "job.yaml"
    file.write_text(JOB.replace(old, new))
    assert (line, field) in {(one.line, one.field) for one in lint_files([str(file)])}


def test_counts_lines_over_documents(tmp_path: Path) -> None:
    """The second resource's mistakes would be shown at lines of the first."""
    file = tmp_path / "all.yaml"
    config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
    file.write_text(f"{config_map}---\n{JOB}---\n{JOB.replace('sanitize', 'x')}---\n")
    assert {one.line for one in lint_files([str(tmp_path)])} == {27}


def test_passes_good_files(tmp_path: Path) -> None:
    """A good manifest would be refused, or a folder not be looked into."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "job.yml").write_text(JOB)
    assert lint_files([str(tmp_path), str(tmp_path / "folder" / "job.yml")]) == []


def test_names_the_line_in_a_list(tmp_path: Path) -> None:
    """A mistake in a List would pass unseen, or an editor jump elsewhere."""
    file = tmp_path / "list.yaml"
    item = "".join(f"    {line}\n" for line in JOB.replace("sanitize", "x").splitlines())
    inner = f"- apiVersion: v1\n  kind: List\n  items:\n  -\n{item}"
    other = "- apiVersion: v1\n  kind: ConfigMap\n" * 11
    file.write_text(f"apiVersion: v1\nkind: List\nitems:\n{other}{inner}")
    found = {(finding.field, finding.line) for finding in lint_files([str(file)])}
    assert ("spec.operations[0].x", 3 + 22 + 4 + 11) in found


def test_refuses_a_file_without_a_resource(tmp_path: Path) -> None:
    """A misspelt kind would pass a pipeline's check unseen."""
    file = tmp_path / "other.yaml"
    file.write_text("apiVersion: v1\nkind: ConfigMap\n")
    (finding,) = lint_files([str(file)])
    assert (finding.field, finding.line) == ("kind", 1)


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_names_what_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A mistyped path would end in a traceback, or pass."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"^{name}: "):
        lint_files([name])


def test_shows_no_control_characters() -> None:
    """A document or manifest could give orders to the terminal."""
    assert printable("a\x1b[31m\x9b\u202eb") == "a\ufffd[31m\ufffd\ufffdb"


def test_writes_sizes() -> None:
    """A size would be read wrongly."""
    assert [size_of(n) for n in (0, 1023, 1024, 1536 * 1024, 3 * 1024**3)] == [
        "0 B",
        "1023 B",
        "1.0 KiB",
        "1.5 MiB",
        "3.0 GiB",
    ]
