"""The command line `kubectl pdfsec`: what a person does with the jobs of a cluster.

Has the rights of its user's kubeconfig and no others, reads no Secret, and parses no document.
"""

import sys


def main() -> None:
    """Run the command line; the console script's entry point."""
    try:
        from pdf_security_operator.plugin.app import app
    except ModuleNotFoundError as error:
        _say_missing(error)
    app()


def complete() -> None:
    """Answer what kubectl asks when Tab is pressed; the other console script's entry point."""
    try:
        from pdf_security_operator.plugin.app import app
        from pdf_security_operator.plugin.completion import answer_kubectl
    except ModuleNotFoundError as error:
        _say_missing(error)
    answer_kubectl(app, sys.argv[1:])


def _say_missing(error: ModuleNotFoundError) -> None:
    sys.exit(
        f"kubectl-pdfsec: the module {error.name} is missing: "
        'pip install "pdf-security-operator[cli]"'
    )
