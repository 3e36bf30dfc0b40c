"""A user's own server for tests, of the standard library: `http_replica.py PORT WORD`."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path.startswith("/swagger.json"):
            self.told(200, json.dumps({"asked": self.path}).encode())
        elif self.path in {"/live", "/ready"}:
            self.told(200, b"well")
        elif self.path.startswith("/predict"):
            self.told(200, json.dumps({"path": self.path}).encode())
        else:
            self.told(404, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if body == b"die":
            os._exit(3)
        if body == b"refuse":
            self.told(400, b"that is wrong")
            return
        told = {"word": sys.argv[2], "pid": os.getpid(), "path": self.path, "bytes": len(body)}
        told["headers"] = {name.lower(): value for name, value in self.headers.items()}
        self.told(200, json.dumps(told).encode())

    def told(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json" if body[:1] == b"{" else "text/plain")
        self.send_header("x-own", "kept")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
