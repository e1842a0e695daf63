"""Secrets that change, or go, while a document is processed."""

from __future__ import annotations

import io
import shutil

import pikepdf
import pytest

from faults.row import Row
from pdf_security_processor.contract import ExitCode, Sink, Source
from processor import documents
from processor.faulty_front import faulty_front
from processor.pods import ENCRYPT, USER_PASSWORD, Pod
from processor.s3_server import ACCESS_KEY, SECRET_KEY, S3Server

SINK_SECRET = "s3-sink"


@pytest.mark.fault("32", "Secrets changed in mid-run", "the snapshot taken at start is used")
@pytest.mark.parametrize("change", ["rotated", "removed"])
def test_secrets_are_those_of_the_start(pod: Pod, s3: S3Server, change: str, fault: Row) -> None:
    """Would break: nobody knows which password opens the output, or the work is done in vain."""
    (s3.bucket("documents") / "in.pdf").write_bytes(documents.plain())
    s3.credentials_for(pod)
    pod.secret(SINK_SECRET, "accessKeyId", ACCESS_KEY)
    pod.secret(SINK_SECRET, "secretAccessKey", SECRET_KEY)
    with faulty_front(s3) as front:
        front.meanwhile["GET"] = lambda: _change(pod, change)
        target = s3.location("out.pdf", endpoint=front.endpoint, credentials_secret=SINK_SECRET)
        report = target.model_copy(update={"key": "report.json"})
        request = pod.request(
            ENCRYPT,
            source=Source(s3=s3.location(endpoint=front.endpoint)),
            output=Sink(s3=target, overwrite=True),
            report=Sink(s3=report, overwrite=True),
        )
        result = pod.run(request)
        assert front.meanwhile == {}, "nothing was changed in mid-run"
    assert result.status == ExitCode.SUCCEEDED, result.log
    assert s3.objects() == ["in.pdf", "out.pdf", "report.json"]
    output = (s3.buckets / "documents" / "out.pdf").read_bytes()
    with pikepdf.open(io.BytesIO(output), password=USER_PASSWORD) as opened:
        assert len(opened.pages) > 0
    fault.see(f"{change}: the output opens with the password of the start")


def _change(pod: Pod, change: str) -> None:
    for secret, keys in {
        "pw": ("user", "owner"),
        SINK_SECRET: ("accessKeyId", "secretAccessKey"),
    }.items():
        shutil.rmtree(pod.paths.secrets / secret)
        for key in keys if change == "rotated" else ():
            pod.secret(secret, key, f"other-{key}")
