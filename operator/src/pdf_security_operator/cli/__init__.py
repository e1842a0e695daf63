"""The command line `pdfsec`: what a person does with manifests and documents without a cluster.

Never talks to a cluster, and never parses a document: the processor does, as its own process.
"""

import sys


def main() -> None:
    """Run the command line; the console script's entry point."""
    try:
        from pdf_security_operator.cli.app import app
    except ModuleNotFoundError as error:
        sys.exit(
            f'pdfsec: the module {error.name} is missing: pip install "pdf-security-operator[cli]"'
        )
    app()
