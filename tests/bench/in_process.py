"""What people do without us: pikepdf in a loop of one process.

Arguments: how, how often, operation, input, output, password. Prints when each document was done,
as a JSON list of seconds.

How: `plain`, or `apart`, which does for each document what a job asks of whoever does it, and by
the shortest way: a process of its own, a copy of the input with its digest, the same bytes for the
same document, the output read back, its digest, and a copy where it belongs. No seal, no bound, no
report.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pikepdf
from pikepdf.sanitize import Sanitizer

EVERYTHING = (
    Sanitizer()
    .remove_javascript()
    .remove_external_access()
    .remove_attachments()
    .remove_multimedia()
    .remove_private_app_data()
    .remove_search_index()
    .remove_thumbnails()
    .remove_web_capture()
    .remove_collection()
)

PIECE = 1024**2

Do = Callable[[str, str, str, str], None]


def main() -> None:
    how, count, operation, source, target, password = sys.argv[1:]
    do = {"plain": plain, "apart": apart}[how]
    times = []
    for _ in range(int(count)):
        do(operation, source, target, password)
        times.append(time.monotonic())
    print(json.dumps(times))


def plain(operation: str, source: str, target: str, password: str) -> None:
    save(operation, source, target, password, same=False)


def save(operation: str, source: str, target: str, password: str, *, same: bool) -> None:
    with pikepdf.open(source, password=password if operation == "decrypt" else "") as pdf:
        if operation == "encrypt":
            pdf.save(target, encryption=pikepdf.Encryption(owner=password, user=password, R=6))
        elif operation == "sanitize":
            EVERYTHING.apply(pdf).save(target, deterministic_id=same)
        else:
            pdf.save(target, linearize=operation == "linearize", deterministic_id=same)


def apart(operation: str, source: str, target: str, password: str) -> None:
    folder = Path(target).parent
    taken, made = folder / "taken.pdf", folder / "made.pdf"
    digested_copy(source, taken)
    child = os.fork()
    if child == 0:
        save(operation, str(taken), str(made), password, same=True)
        with pikepdf.open(made, password=password if operation == "encrypt" else "") as pdf:
            len(pdf.pages)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        sys.exit("the child failed")
    digested_copy(made, target)
    taken.unlink()
    made.unlink()


def digested_copy(source: str | Path, target: str | Path) -> str:
    digest = hashlib.sha256()
    with Path(source).open("rb", buffering=0) as given, Path(target).open("wb") as copy:
        while piece := given.read(PIECE):
            digest.update(piece)
            copy.write(piece)
    return digest.hexdigest()


main()
