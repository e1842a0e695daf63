"""What a command line says of itself, as Markdown: pure over typer's commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from reference.tables import code_of, table_of


def commands_of(app: typer.Typer, name: str) -> str:
    """Build a section for each command of a program, with its arguments and options."""
    commands = _leaves(typer.main.get_command(app), name)
    return "\n\n".join(_section(each, path) for path, each in commands)


def _leaves(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, each in sorted(inner.items()):
        yield from _leaves(each, f"{path} {name}")


def _section(command: Any, path: str) -> str:
    context = command.context_class(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    rows = [row for parameter in command.params for row in _row(parameter, context)]
    table = table_of(("option", "what it means"), rows) if rows else ""
    about = (command.help or "").strip()
    return f"## {path}\n\n```text\n{usage}\n```\n\n{about}\n\n{table}".rstrip()


def _row(parameter: Any, context: Any) -> list[tuple[str, str]]:
    told = parameter.get_help_record(context)
    return [(code_of(told[0]), told[1])] if told and "--help" not in told[0] else []
