"""What each process loads: the separation that everything else rests on."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("modules", "never"),
    [
        pytest.param(
            ["__main__", "broker", "stores.s3", "stores.volume", "verdict"],
            ["pikepdf", "PIL", "lxml"],
            id="network-without-parser",
        ),
        pytest.param(
            ["__main__", "broker"], ["botocore", "boto3"], id="volume-job-without-botocore"
        ),
        pytest.param(
            ["worker"],
            ["botocore", "boto3", "structlog", "pdf_security_processor.stores"],
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
