"""Serves every Git repository below a folder: smart HTTP by `git http-backend`, on loopback.

Usage: gitd.py FOLDER PORT
"""

from __future__ import annotations

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# What the CGI program wants to know about a request, by the header that says it.
_CGI_HEADERS = {
    "CONTENT_TYPE": "Content-Type",
    "HTTP_CONTENT_ENCODING": "Content-Encoding",
    "GIT_PROTOCOL": "Git-Protocol",
}


class Handler(BaseHTTPRequestHandler):
    """One connection; hands each request to the CGI program."""

    protocol_version = "HTTP/1.1"
    root = Path()

    def do_GET(self) -> None:
        """Passes the request on and its answer back."""
        head, _, content = self._ask_git().partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        status = next(
            (value for key, value in headers if key == "Status"), "200 OK" if headers else "500 Failed"
        )
        self.send_response(int(status.split()[0]))
        for key, value in headers:
            if key != "Status":
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - the name is the base class's

    def _ask_git(self) -> bytes:
        path, _, query = self.path.partition("?")
        body = self._body()
        request = {
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
        }
        request |= {key: self.headers.get(header, "") for key, header in _CGI_HEADERS.items()}
        command = ["git", "http-backend"]
        done = subprocess.run(command, input=body, env={**os.environ, **request}, stdout=subprocess.PIPE)
        return done.stdout

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content


def main() -> None:
    Handler.root = Path(sys.argv[1])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()


if __name__ == "__main__":
    main()
