"""What the check of the documentation reads of a page, and when it says that a page is wrong."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from docs_check.__main__ import pages_in
from docs_check.blocks import commands_of
from docs_check.likeness import missing_line
from docs_check.shell import Shell
from images.build import REPOSITORY

PAGE = """# Title

```sh
make demo
make help
```

```yaml
kind: NotACommand
```

1. A list:

   ```console
   $ kubectl get psj
   NAME   PHASE
   mine   Succeeded

   $ cat <<END
   > two
   > END
   ```

<!-- not typed: needs a registry -->

```sh
skopeo copy a b
```

```sh
typed again
```

<!-- set up: cp a b
cd b -->
"""


def test_commands() -> None:
    """Would break: a command is never typed, or what is no command is."""
    found = [(each.line, each.text, each.printed) for each in commands_of(PAGE)]
    assert found == [
        (4, "make demo\nmake help", None),
        (15, "kubectl get psj", ("NAME   PHASE", "mine   Succeeded")),
        (19, "cat <<END\ntwo\nEND", None),
        (27, "skopeo copy a b", None),
        (31, "typed again", None),
        (34, "cp a b\ncd b", None),
    ]


def test_how_a_command_is_typed_and_ends() -> None:
    """Would break: tables are called wrong that nobody sees by a pipe, or any status right."""
    page = "\n\n".join(
        f"{remark}\n```console\n$ any\n```"
        for remark in (
            "<!-- on a terminal -->",
            "<!-- on a terminal, ends with 6 -->",
            "<!-- ends with 1 -->",
            "",
        )
    )
    found = [(each.on_a_terminal, each.status) for each in commands_of(page)]
    assert found == [(True, 0), (True, 6), (False, 1), (False, 0)]


def test_what_is_set_up_is_no_command_of_the_page() -> None:
    """Would break: what no reader types is counted as documentation that holds."""
    assert [each.text for each in commands_of(PAGE) if each.is_set_up] == ["cp a b\ncd b"]


def test_every_page_is_typed() -> None:
    """Would break: a new page says what nobody has ever typed."""
    tracked = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.split()
    said = [page for page in tracked if commands_of((REPOSITORY / page).read_text())]
    typed = pages_in(REPOSITORY)
    assert sorted(set(said) - set(typed)) == []
    assert len(typed) == len(set(typed))


def test_an_excuse_is_for_one_block() -> None:
    """Would break: one excuse quietly takes all that follows out of the check."""
    excuses = [each.not_here for each in commands_of(PAGE)]
    assert excuses == ["", "", "", "needs a registry", "", ""]


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        (["mine   Succeeded   23s"], "mine  Succeeded 1m4s\n"),
        (["sha256:37c3cb7607e0"], "sha256:0123456789ab\n"),
        (["2026-11-27T15:30:00Z"], "2027-01-02T03:04:05Z\n"),
        (["first", "...", "last"], "first\nany\nthing\nlast\n"),
        (["first", "..."], "first\nany\n"),
        (["took 26.2 s"], "took 9.5 s\n"),
        (["contract-7-vgv4l created"], "contract-7-6ktbl created\n"),
    ],
    ids=["duration", "digest", "date", "any-lines", "any-end", "number", "generated"],
)
def test_alike(shown: list[str], printed: str) -> None:
    """Would break: a page is called wrong for what differs each time."""
    assert missing_line(shown, printed) is None


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        (["Succeeded"], "Failed\n"),
        (["one", "two"], "one\n"),
        (["one"], "one\ntwo\n"),
        (["two", "one"], "one\ntwo\n"),
        (["one", "...", "three"], "one\ntwo\n"),
        (["pages 3"], "pages three\n"),
        (["contract-7-vgv4l created"], "contract-7-other created\n"),
    ],
    ids=["word", "too-little", "too-much", "order", "after-any-lines", "no-number", "word-of-five"],
)
def test_not_alike(shown: list[str], printed: str) -> None:
    """Would break: a page shows what is no longer printed, and nobody is told."""
    assert missing_line(shown, printed) is not None


def test_a_shell_goes_on(tmp_path: Path) -> None:
    """Would break: what a page exports, or where it goes, is lost for its next command."""
    with Shell(tmp_path, os.environ) as shell:
        assert shell.type("export WORD=hello; mkdir inner; cd inner", 10).status == 0
        typed = shell.type("pwd\necho $WORD >&2; read line; false", 10)
    assert (typed.status, typed.printed) == (1, f"{tmp_path}/inner\nhello\n")


def test_a_terminal(tmp_path: Path) -> None:
    """Would break: what is typed on a terminal is printed as by a pipe, or ends with any status."""
    painted = "test -t 1 && printf '\\033[1mbold\\033[0m'; exit 6"
    with Shell(tmp_path, os.environ) as shell:
        assert shell.type("test -t 1", 10).status == 1
        typed = shell.type(painted, 10, on_a_terminal=True)
    assert (typed.status, typed.printed.strip()) == (6, "bold")


def test_the_last_line_hides_no_other(tmp_path: Path) -> None:
    """Would break: of a block of several lines, all but the last may fail and the page passes."""
    with Shell(tmp_path, os.environ) as shell:
        assert shell.type("(exit 3)\necho done", 10).status == 3
        assert shell.type("if false; then false; fi\nfalse || true", 10).status == 0


def test_a_command_that_does_not_end(tmp_path: Path) -> None:
    """Would break: one page that waits for ever keeps all others from being checked."""
    with Shell(tmp_path, os.environ) as shell:
        assert shell.type("echo so far; sleep 60", 1).status is None
