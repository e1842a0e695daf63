"""What each process loads: the separation that everything else rests on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from images.build import REPOSITORY


@pytest.mark.parametrize(
    ("modules", "never"),
    [
        pytest.param(
            ["__main__", "batch", "broker", "stores.http", "stores.s3", "stores.volume", "verdict"],
            ["pikepdf", "PIL", "lxml"],
            id="network-without-parser",
        ),
        pytest.param(
            ["__main__", "broker"],
            ["botocore", "boto3", "h11", "pdf_security_processor.stores.http"],
            id="volume-job-without-clients",
        ),
        pytest.param(
            ["__main__", "broker", "stores.http"], ["botocore"], id="http-job-without-botocore"
        ),
        pytest.param(
            ["warm_parent", "worker"],
            ["botocore", "boto3", "h11", "structlog", "pdf_security_processor.stores"],
            id="parser-without-network",
        ),
        pytest.param(
            ["contract"], ["pikepdf", "botocore", "structlog"], id="contract-with-pydantic-only"
        ),
    ],
)
def test_imports(modules: list[str], never: list[str]) -> None:
    """A parser would run where the credentials are, or the network where the parser is."""
    code = "import sys, importlib\n" + "".join(
        f"importlib.import_module('pdf_security_processor.{module}')\n" for module in modules
    )
    code += f"print([name for name in {never!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


_LATER = """
import sys, tempfile
from pdf_security_processor import worker
from pdf_security_processor.worker_setup import prepare
from pdf_security_processor.contract import Limits, Operation
from pdf_security_processor.control import ControlMessage
from pdf_security_processor.secret_files import Password
from processor import documents
prepare(draws=True)
passwords = {name: Password(name) for name in ("pw/user", "pw/owner")}
before = set(sys.modules)
encrypt = {f"{who}PasswordSecretRef": {"name": "pw", "key": who} for who in ("user", "owner")}
names = ("inspect", "repair", "sanitize", "removeMetadata", "linearize")
lists = [[{name: {}}] for name in names] + [[{"encrypt": encrypt}]]
lists += [[{"redact": {"texts": ["a"]}}], [{"watermark": {"text": "a"}}]]
lists += [[{"sanitize": {"mode": "rasterize"}}]]
for make in (documents.with_metadata, documents.with_active_content, documents.with_form):
    for operations in lists:
        with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
            source.write(make())
            source.flush()
            parsed = [Operation.model_validate(each) for each in operations]
            message = ControlMessage(parsed, passwords, Limits(), "remove")
            report = worker.process(message, source.fileno(), target.fileno(), lambda seconds: None)
            assert report.exit_code == 0, report
print(sorted(set(sys.modules) - before))
"""


def test_nothing_is_imported_behind_the_seal() -> None:
    """An operation would fail where no file can be opened any more."""
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}/tests:{REPOSITORY}/tools"}
    done = subprocess.run(
        [sys.executable, "-c", _LATER], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == "[]"


_MADE = """
import json
from processor import documents, signing, sealing
plain, encrypted = documents.plain(), documents.encrypted(user="reader")
signed = signing.signed(plain)
cases = [(each, "") for each in (signed, signing.signed(signed, "Second"), documents.signed())]
cases += [(signing.changed_after(signed), "")]
cases += [(signing.signed(encrypted, password="reader"), "reader")]
locked = [(each.hex(), "reader", sealing.pem(sealing.RSA)) for each in sealing.all_kinds()]
print(json.dumps([[(data.hex(), password) for data, password in cases], locked]))
"""

_SIGNATURES_READ = """
import io, json, sys
from pdf_security_processor.secret_files import Password
from pdf_security_processor.answering import prepare
from pdf_security_processor.signatures import reader
cases, _ = json.load(sys.stdin)
prepare(reader.MODULES)
before = set(sys.modules)
for data, password in cases:
    reader.signatures_of(io.BytesIO(bytes.fromhex(data)), Password(password))
print(sorted(set(sys.modules) - before))
"""


_UNLOCKED = """
import io, json, sys
from pdf_security_processor.answering import prepare
from pdf_security_processor.encryption import copying, unlocker
_, cases = json.load(sys.stdin)
prepare(copying.MODULES)
before = set(sys.modules)
for data, password, key in cases:
    order = {"password": password, "key": key, "repair": False}
    found = unlocker.unlocked(order, io.BytesIO(bytes.fromhex(data)), io.BytesIO())
    assert found.problem is None, found
print(sorted(set(sys.modules) - before))
"""

_LOCKED = """
import io, json, sys
from pdf_security_processor.answering import prepare
from pdf_security_processor.encryption import copying, locker
cases, locked = json.load(sys.stdin)
certificate = locked[0][2][locked[0][2].index("-----BEGIN CERTIFICATE"):]
prepare(copying.MODULES)
before = set(sys.modules)
for data, password in cases:
    for gcm, recipients in ((True, []), (True, [certificate]), (False, [certificate])):
        order = {"owner": "a", "user": "b", "gcm": gcm, "permissions": {}, "recipients": recipients}
        if not password:
            found = locker.locked(order, io.BytesIO(bytes.fromhex(data)), io.BytesIO())
            assert found.problem is None, found
print(sorted(set(sys.modules) - before))
"""


@pytest.mark.parametrize(
    "program",
    [
        pytest.param(_SIGNATURES_READ, id="signatures"),
        pytest.param(_UNLOCKED, id="unlocked"),
        pytest.param(_LOCKED, id="locked"),
    ],
)
def test_nothing_is_imported_behind_the_seal_of_the_others(program: str) -> None:
    """They could not do their work where no file can be opened any more."""
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY}/tests:{REPOSITORY}/tools"}

    def run(code: str, given: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", code],
            input=given,
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        ).stdout.strip()

    # Made by another process, for who signs and encrypts imports more.
    assert run(program, run(_MADE, "")) == "[]"
