"""The reference says what the code says, and says it as Markdown that holds."""

from __future__ import annotations

import pytest

from images.build import REPOSITORY
from pdf_security_processor.contract import ExitCode
from reference.pages import build_pages
from reference.schema import fields_table_of, rules_table_of
from reference.tables import cell_of, code_of

FOLDER = REPOSITORY / "docs" / "reference"

PAGES = build_pages()


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_current(name: str) -> None:
    """Would break: users read of fields, codes and metrics that are no longer so."""
    assert (FOLDER / name).read_text() == PAGES[name], "run `make generate`"


def test_no_page_is_left_over() -> None:
    """Would break: a page of what is gone."""
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_nested_fields_have_their_place() -> None:
    """Would break: a field that cannot be found, or is told of as required where it is not."""
    secret = {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}}
    schema = {"properties": {"one": secret, "many": {"type": "array", "items": secret}}}
    assert fields_table_of(schema, "spec").splitlines()[2:] == [
        "| `spec.one` | object |  |  |",
        "| `spec.one.key` | string, required |  |  |",
        "| `spec.many` | list of object |  |  |",
        "| `spec.many[].key` | string, required |  |  |",
    ]


def test_rules_have_the_path_of_the_field_at_fault() -> None:
    """Would break: a rule without the field that it is about."""
    rule = {"rule": "x", "message": "must fit", "fieldPath": ".key"}
    schema = {"properties": {"many": {"items": {"x-kubernetes-validations": [rule]}}}}
    assert rules_table_of(schema, "spec").splitlines()[2:] == ["| `spec.many[].key` | must fit |"]


@pytest.mark.parametrize("code", ExitCode, ids=lambda code: code.reason)
def test_each_code_is_told(code: ExitCode) -> None:
    """Would break: a job fails with a reason that nothing explains."""
    assert f"| {int(code)} | `{code.reason}` |" in PAGES["exit-codes.md"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a|b", "a\\|b"), ("two\n lines", "two lines"), ("", "")],
    ids=["bar", "lines", "empty"],
)
def test_cell(text: str, expected: str) -> None:
    """Would break: a pattern with a bar cuts its row."""
    assert cell_of(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x", "`x`"), ("a`b", "``a`b``"), ("`a", "`` `a ``")],
    ids=["plain", "with-a-fence", "begins-with-a-fence"],
)
def test_code(text: str, expected: str) -> None:
    """Would break: a pattern with a back-quote ends the code early."""
    assert code_of(text) == expected
