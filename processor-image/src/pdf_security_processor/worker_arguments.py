"""The arguments of a program that the broker starts: descriptors and bounds, never a secret."""

import argparse


def parse(arguments: list[str]) -> argparse.Namespace:
    """Parse what `fresh_worker` writes."""
    parser = argparse.ArgumentParser(prog="worker", add_help=False)
    parser.add_argument("--broker", type=int, required=True)
    parser.add_argument("--input", type=int, required=True)
    parser.add_argument("--output", type=int)
    parser.add_argument("--report", type=int, required=True)
    parser.add_argument("--limits", required=True)
    parser.add_argument("--draws", action="store_true")
    return parser.parse_args(arguments)
