"""A replica for tests, of the standard library: `frames_replica.py SOCKET WORD`. Its answer is a list of WORD and its
process id; what a request says in `do` it does first: `sleep` (seconds), `exit`, `status`, `say`, `echo`.
"""

import json
import os
import socket
import struct
import sys
import threading
import time

HEADER = struct.Struct("!IIH")
PING = 3


def received(link, length):
    data = b""
    while len(data) < length:
        part = link.recv(length - len(data))
        if not part:
            sys.exit(0)
        data += part
    return data


def predict(word, payload):
    asked = json.loads(payload or b"{}")
    do = asked.get("do", {}) if isinstance(asked, dict) else {}
    if "say" in do:
        print(do["say"], flush=True)
    time.sleep(do.get("sleep", 0))
    if "exit" in do:
        os._exit(do["exit"])
    answer = asked if do.get("echo") else [word, os.getpid()]
    return do.get("status", 200), json.dumps(do.get("answer", answer)).encode()


def answer(link, lock, word, number, payload):
    status, body = predict(word, payload)
    with lock:
        link.sendall(HEADER.pack(len(body), number, status) + body)


def flood():
    while True:
        print("x" * 10_000, flush=True)


def main(path, word):
    print(f"replica {word} begins", flush=True)
    if word == "broken":
        sys.exit("this one is broken")
    if word == "flood":
        threading.Thread(target=flood, daemon=True).start()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(4)
    link, _ = listener.accept()
    lock = threading.Lock()
    while True:
        length, number, kind = HEADER.unpack(received(link, HEADER.size))
        payload = received(link, length)
        if kind == PING:
            with lock:
                link.sendall(HEADER.pack(0, number, 200))
        elif b'"sleep"' in payload:
            threading.Thread(target=answer, args=(link, lock, word, number, payload), daemon=True).start()
        else:
            answer(link, lock, word, number, payload)


main(sys.argv[1], sys.argv[2])
