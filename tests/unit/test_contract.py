"""What operator and processor agree on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pdf_security_processor.contract import (
    Decrypt,
    Encrypt,
    ExitCode,
    FileFacts,
    FileLocation,
    Model,
    Operation,
    Owner,
    Request,
    S3Location,
    Sink,
    Source,
    Summary,
    cel_rules,
)
from pdf_security_processor.contract.report import COUNT_LIMIT, TERMINATION_MESSAGE_BYTES

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

_Built = TypeVar("_Built", bound=Model)


def _made(model: type[_Built]) -> Callable[..., _Built]:
    """Build by names: hypothesis would look at the aliases and patterns of the model itself."""

    def build(**fields: Any) -> _Built:
        return model(**fields)

    return build


counts = st.integers(0, COUNT_LIMIT)
facts = st.builds(
    _made(FileFacts), bytes=counts, sha256=st.just("a" * 64), pages=st.none() | counts
)
kinds_counted = st.dictionaries(
    st.from_regex(r"[A-Za-z0-9]{1,64}", fullmatch=True), counts, max_size=64
) | st.just({f"{n:02}" + "x" * 62: COUNT_LIMIT for n in range(64)})
summaries = st.builds(
    _made(Summary),
    exit_code=st.integers(0, 125),
    reason=st.text(max_size=64),
    message=st.text(max_size=1024) | st.just("\U0001f4c4" * 1024) | st.just("\x00" * 1024),
    input=st.none() | facts,
    output=st.none() | facts,
    removed=kinds_counted,
    kept=kinds_counted,
    warnings=counts,
    duration_seconds=st.floats(0, 1e300),
    peak_memory_bytes=counts,
    report_location=st.none() | st.just("\U0001f4c4" * 1100) | st.text(max_size=1100),
)


def test_exit_codes() -> None:
    """Two failures could not be told apart, or the shell's and the kernel's codes be taken."""
    assert len({code.value for code in ExitCode}) == len(ExitCode.__members__)
    assert len({code.reason for code in ExitCode}) == len(ExitCode.__members__)
    assert all(code.reason.isalnum() and code.reason[0].isupper() for code in ExitCode)
    assert max(ExitCode) < 126


@pytest.mark.parametrize("code", ExitCode, ids=lambda code: code.name)
def test_permanent(code: ExitCode) -> None:
    """What can never succeed would be retried, or what passes would end the job."""
    passing = {"SUCCEEDED", "INTERNAL_ERROR", "STORAGE_UNAVAILABLE", "OUT_OF_MEMORY"}
    assert code.is_permanent == (code.name not in {*passing, "INPUT_CHANGED"})


@given(summary=summaries)
def test_summary_fits(summary: Summary) -> None:
    """The kubelet would cut the summary, and a document would have no outcome but a code."""
    text = summary.to_termination_message()
    assert len(text.encode()) <= TERMINATION_MESSAGE_BYTES
    read = Summary.model_validate_json(text)
    assert (read.exit_code, read.reason) == (summary.exit_code, summary.reason)
    assert (read.input, read.output) == (summary.input, summary.output)
    assert summary.message.startswith(read.message)


def test_summary_that_fits_loses_nothing() -> None:
    """A report's location or a message would be left out though there is room."""
    summary = Summary(
        exit_code=0,
        reason="Succeeded",
        message="m",
        removed={"a": 1},
        kept={"b": 1},
        report_location="s3://a/b",
    )
    assert Summary.model_validate_json(summary.to_termination_message()) == summary


@pytest.mark.parametrize("field", ["warnings", "peakMemoryBytes"])
def test_no_count_that_json_cannot_carry(field: str) -> None:
    """A hostile worker's number would keep the broker cutting for ever, and etcd from storing."""
    with pytest.raises(ValidationError):
        Summary.model_validate({"exitCode": 0, "reason": "R", field: COUNT_LIMIT + 1})


operations = st.sampled_from(
    [
        {"inspect": {}},
        {"repair": {}},
        {"sanitize": {}},
        {"removeMetadata": {}},
        {"linearize": {}},
        {"decrypt": {"passwordSecretRef": {"name": "pw", "key": "old"}}},
        {"encrypt": {"ownerPasswordSecretRef": {"name": "pw", "key": "owner"}}},
        {"encrypt": {"recipients": [CERTIFICATE], "algorithm": "AES-256-GCM"}},
    ]
).map(Operation.model_validate)
files = st.builds(
    _made(FileLocation), root=st.just("/data/input"), path=st.text(min_size=1, max_size=1024)
)
objects = st.builds(
    _made(S3Location),
    endpoint=st.just("https://s3"),
    bucket=st.just("documents"),
    key=st.text(min_size=1, max_size=1024),
    credentials_secret=st.just("s3"),
    ca_bundle=st.none() | st.text(max_size=100),
)
requests = st.builds(
    _made(Request),
    owner=st.builds(
        _made(Owner), namespace=st.just("legal"), name=st.just("a"), uid=st.just("u-1")
    ),
    input=st.builds(_made(Source), file=files) | st.builds(_made(Source), s3=objects),
    output=st.none() | st.builds(_made(Sink), s3=objects, overwrite=st.booleans()),
    report=st.none() | st.builds(_made(Sink), file=files),
    operations=st.lists(operations, min_size=1, max_size=16),
)


@given(request=requests)
def test_request_round_trip(request: Request) -> None:
    """The processor would do something else than it was asked."""
    text = request.to_environment_value()
    assert Request.model_validate_json(text) == request
    assert "$" not in text
    assert text.isascii()


@pytest.mark.parametrize("model", [Decrypt, Encrypt])
def test_passwords_are_only_named(model: type[Model]) -> None:
    """A password could stand in a manifest, and in Git."""
    for name in model.model_fields:
        if "password" in name:
            assert name.endswith("_secret_ref")
    with pytest.raises(ValidationError):
        model.model_validate({"password": "secret", "ownerPassword": "secret"})


def test_errors_do_not_repeat_what_they_refuse() -> None:
    """A password in the wrong field would be printed into a log."""
    with pytest.raises(ValidationError) as caught:
        Decrypt.model_validate({"passwordSecretRef": "Geheim-4711"})
    assert "Geheim-4711" not in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "name", "references"),
    [
        pytest.param({"inspect": {}}, "inspect", [], id="inspect"),
        pytest.param({"removeMetadata": {}}, "removeMetadata", [], id="camel-case"),
        pytest.param({"decrypt": {}}, "decrypt", [], id="empty-password"),
        pytest.param(
            {"decrypt": {"passwordSecretRef": {"name": "a", "key": "b"}}},
            "decrypt",
            [("a", "b")],
            id="decrypt",
        ),
        pytest.param(
            {"decrypt": {"recipientKeySecretRef": {"name": "a", "key": "tls-combined.pem"}}},
            "decrypt",
            [("a", "tls-combined.pem")],
            id="decrypt-as-recipient",
        ),
        pytest.param({"encrypt": {"recipients": [CERTIFICATE]}}, "encrypt", [], id="recipients"),
        pytest.param(
            {
                "encrypt": {
                    "userPasswordSecretRef": {"name": "a", "key": "b"},
                    "ownerPasswordSecretRef": {"name": "c", "key": "d"},
                }
            },
            "encrypt",
            [("a", "b"), ("c", "d")],
            id="encrypt",
        ),
    ],
)
def test_operation(operation: object, name: str, references: list[tuple[str, str]]) -> None:
    """A key that an operation needs would not be mounted."""
    parsed = Operation.model_validate(operation)
    assert parsed.name == name
    assert [(one.name, one.key) for one in parsed.secret_references()] == references


def test_models_are_strict_and_frozen() -> None:
    """A misspelt field would be passed over, or a request changed after it was checked."""
    with pytest.raises(ValidationError):
        FileLocation.model_validate({"root": "/", "path": "a", "pth": "b"})
    with pytest.raises(ValidationError):
        setattr(FileLocation(root="/", path="a"), "path", "b")  # noqa: B010 - mypy sees it too


def test_locations_for_people() -> None:
    """A log would show an endpoint's certificate where a name is enough."""
    place = S3Location(endpoint="https://s3", bucket="b", key="k", credentials_secret="s")
    assert str(place) == "s3://b/k"
    assert str(FileLocation(root="/data", path="a/b")) == "a/b"


def test_cel_rules() -> None:
    """The API server would refuse the definition, or name no field."""
    assert cel_rules(("a", "b"), ("c", "d", ".e")) == {
        "x-kubernetes-validations": [
            {"rule": "a", "message": "b"},
            {"rule": "c", "message": "d", "fieldPath": ".e"},
        ]
    }
