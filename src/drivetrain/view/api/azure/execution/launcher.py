"""Runs the script of a local run on behalf of azureml-core: `experiment.submit(ScriptRunConfig(...))`, target local.

This file is sent to the client, which runs it with the interpreter of the user's own environment beside a copy of the
project: so it needs nothing but the standard library of Python 3.5 and later, and nothing of Drivetrain.
"""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from urllib.parse import quote
from urllib.request import Request, urlopen

HERE = os.path.dirname(os.path.abspath(__file__))
LOG = "azureml-logs/70_driver_log.txt"
REFRESH_SECONDS = 30 * 60
FLUSH_SECONDS = 0.5
TRIES = 5
LAST_LINE = "The activity completed successfully. Finalizing run...\n"
"""azureml-core stops streaming when it reads this (`azureml/core/run.py`)."""


class Server:
    """The services of the workspace, asked with the token of the run."""

    def __init__(self, said):
        self.address = said["address"]
        self.workspace = said["workspace"]
        self.run = said["run"]
        self.experiment = said["experiment"]
        self.token = said["token"]
        self.fresh = time.time()

    def ask(self, service, path, body=None, method="POST"):
        """Ask a service; try again while it cannot be had. Raises OSError."""
        for left in reversed(range(TRIES)):
            try:
                return self._once(service, path, body, method)
            except OSError as error:
                if not left or 400 <= getattr(error, "code", 500) < 500:
                    raise
                time.sleep(1)
        return b""

    def _once(self, service, path, body, method):
        url = self.address + service + self.workspace + path
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}
        with urlopen(Request(url, body, headers, method=method), timeout=60) as answer:
            return answer.read()

    def of_run(self, path):
        return "/experiments/" + quote(self.experiment, safe="") + "/runs/" + self.run + path

    def happened(self, kind, **data):
        event = {"name": "Microsoft.MachineLearning.Run." + kind, "data": dict(data, RunId=self.run)}
        self.ask("/history/v1.0", self.of_run("/events"), json.dumps(event).encode())

    def keep_token(self):
        if time.time() - self.fresh > REFRESH_SECONDS:
            found = self.ask("/history/v1.0", self.of_run("/token"), None, "GET")
            self.token = json.loads(found.decode("utf-8"))["token"]
            self.fresh = time.time()

    def log(self, content):
        path = "/artifacts/content/ExperimentRun/dcid." + self.run + "/" + LOG + "?append=true"
        self.ask("/artifact/v2.0", path, content)

    def upload(self, path, name):
        """Upload a file as a block blob, to the address that the service signs for it."""
        asked = "/artifacts/write/ExperimentRun/dcid." + self.run + "/" + quote(name)
        found = json.loads(self.ask("/artifact/v2.0", asked, None, "GET").decode("utf-8"))["contentUri"]
        scheme, _, rest = found.partition("://")
        host, _, rest = rest.partition("/")
        place, _, signature = rest.rpartition("?")
        url = scheme + "://" + host.rpartition("@")[2] + "/" + quote(place) + "?" + signature
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Length": str(os.path.getsize(path))}
        with open(path, "rb") as file:
            urlopen(Request(url, file, headers, method="PUT"), timeout=600).close()


class Output:
    """What the script writes, sent on as it comes."""

    def __init__(self, server, stream):
        self.server = server
        self.waiting = []
        self.lock = threading.Lock()
        self.reader = threading.Thread(target=self.read, args=(stream,))
        self.reader.daemon = True
        self.reader.start()

    def read(self, stream):
        while True:
            found = os.read(stream.fileno(), 65536)
            if not found:
                return
            with self.lock:
                self.waiting.append(found)

    def flush(self):
        with self.lock:
            found, self.waiting = b"".join(self.waiting), []
        if found:
            self.server.log(found)


def started(said):
    """Start the script in a group of its own, so that all of it can be ended."""
    environment = dict(os.environ)
    environment.update(said["environment"])
    environment.pop("AZUREML_TARGET_TYPE", None)
    options = {"start_new_session": True} if os.name == "posix" else {}
    return subprocess.Popen(
        said["command"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        bufsize=0,
        **options,
    )


def end(process):
    """End the script and what it started: first with a word, then without one."""
    if os.name != "posix":
        process.kill()
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
        except OSError:
            return
        for _ in range(50):
            if process.poll() is not None:
                break
            time.sleep(0.1)


def watched(process, output, limit):
    """Wait for the script. True when it was canceled, or took longer than it may."""
    begun, sent = time.time(), 0.0
    killfile = os.path.join(HERE, "killfile")
    while process.poll() is None or output.reader.is_alive():
        late = limit and time.time() - begun > limit
        if process.poll() is None and (late or os.path.exists(killfile)):
            end(process)
            return True
        if process.poll() is not None:
            output.reader.join(2)
            break
        if time.time() - sent > FLUSH_SECONDS:
            output.server.keep_token()
            output.flush()
            sent = time.time()
        time.sleep(0.05)
    return False


def collected(server, folders):
    """Upload what the script left in these folders."""
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                server.upload(path, path.replace(os.sep, "/"))


def run(server, said):
    """The whole life of the run. What is wrong with the script is said in the run, never raised."""
    server.happened("Start")
    for folder in said["collect"]:
        os.makedirs(folder, exist_ok=True)
    try:
        process = started(said)
    except OSError as error:
        refuse(server, "cannot start {}: {}".format(said["command"][0], error))
        return
    output = Output(server, process.stdout)
    canceled = watched(process, output, said["seconds"])
    output.flush()
    collected(server, said["collect"])
    if canceled:
        server.happened("Canceled")
    elif process.returncode:
        refuse(server, "The script ended with exit code {}: see {}.".format(process.returncode, LOG))
    else:
        server.log(LAST_LINE.encode())
        server.happened("Completed")


def refuse(server, message):
    error = {"error": {"code": "UserError", "message": message}}
    server.log((message + "\n").encode())
    server.happened("Error", ErrorResponse=error)
    server.happened("Failed")


def main():
    os.chmod(".", stat.S_IRWXU)
    place = os.path.join(HERE, "run.json")
    with open(place, encoding="utf-8") as file:
        said = json.load(file)
    os.remove(place)
    server = Server(said)
    try:
        run(server, said)
    except Exception as error:
        refuse(server, "The run could not be carried out: {!r}".format(error))
        raise


if __name__ == "__main__":
    sys.exit(main())
