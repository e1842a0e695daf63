"""What people do without us: pikepdf in a loop of one process.

Arguments: how often, operation, input, output, password. Prints when each document was done, as a
JSON list of seconds.
"""

import json
import sys
import time

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


def main() -> None:
    count, operation, source, target, password = sys.argv[1:]
    times = []
    for _ in range(int(count)):
        with pikepdf.open(source, password=password if operation == "decrypt" else "") as pdf:
            if operation == "encrypt":
                pdf.save(target, encryption=pikepdf.Encryption(owner=password, user=password, R=6))
            elif operation == "sanitize":
                EVERYTHING.apply(pdf).save(target)
            else:
                pdf.save(target, linearize=operation == "linearize")
        times.append(time.monotonic())
    print(json.dumps(times))


main()
