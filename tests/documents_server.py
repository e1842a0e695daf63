"""Serves one document over TLS, and leads elsewhere when it is asked to. Runs in a pod.

Put there as a file of a ConfigMap; imports nothing but the standard library.
"""

from __future__ import annotations

import http.server
import ssl
import sys
import urllib.parse
from pathlib import Path

DOCUMENT = "/in.pdf"
GUARDED = "/guarded.pdf"
"""The same, for those who show the token."""
ELSEWHERE = "/to?"
"""Redirects to the URL that follows."""


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers GET."""

    def do_GET(self) -> None:
        token = Path(sys.argv[2], "token").read_text()
        if self.path.startswith(ELSEWHERE):
            self.send_response(302)
            self.send_header("Location", urllib.parse.unquote(self.path.removeprefix(ELSEWHERE)))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == DOCUMENT or (
            self.path == GUARDED and self.headers["Authorization"] == f"Bearer {token}"
        ):
            content = Path(sys.argv[1], "in.pdf").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        else:
            self.send_error(401 if self.path == GUARDED else 404)


def main() -> None:
    """Serve: folder of the document, folder of token, certificate and key, port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(sys.argv[2], "tls.crt"), Path(sys.argv[2], "tls.key"))
    server = http.server.ThreadingHTTPServer(("", int(sys.argv[3])), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
