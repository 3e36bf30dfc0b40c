"""A program that serves: `scorer.py PORT SAYS [MOST]`. After MOST requests (or never) it answers 500."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, SAYS = int(sys.argv[1]), sys.argv[2]
MOST = int(sys.argv[3]) if len(sys.argv) > 3 else 1 << 60
asked = 0


class Scorer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(200, "alive")

    def do_POST(self) -> None:
        global asked  # noqa: PLW0603
        self.rfile.read(int(self.headers["Content-Length"]))
        asked += 1
        self.answer(200 if asked <= MOST else 500, SAYS)

    def answer(self, status: int, text: str) -> None:
        body = json.dumps(text).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


print("serving", SAYS, flush=True)  # noqa: T201
ThreadingHTTPServer(("127.0.0.1", PORT), Scorer).serve_forever()
