"""A replica as the front knows them, that computes with what it is asked: `python toy_replica.py SOCKET BEHAVIOUR`."""

from __future__ import annotations

import json
import math
import socket
import struct
import sys
import time

HEADER = struct.Struct("!IIH")


def predict(behaviour: str, columns: list[str], rows: list[list[float]]) -> list[object]:
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    if behaviour == "labels":
        return ["yes" if row["x"] > 0 else "no" for row in found]
    if behaviour == "probabilities":
        share = [1 / (1 + math.exp(-row["x"])) for row in found]
        return [[1 - each, each] for each in share]
    if behaviour == "too few":
        return [0.0] * (len(rows) - 1)
    if behaviour == "texts":
        return ["a lot" for _ in rows]
    if behaviour == "slow":
        time.sleep(0.05)
    return [row["x"] * 2 for row in found]


def answer(behaviour: str, payload: bytes) -> tuple[int, bytes]:
    if behaviour == "refuses":
        return 400, b'{"error": "x must be a text"}'
    if behaviour == "no JSON":
        return 200, b"NaN?"
    asked = json.loads(payload)["input_data"]
    return 200, json.dumps(predict(behaviour, asked["columns"], asked["data"])).encode()


def main() -> None:
    path, behaviour = sys.argv[1:]
    if behaviour == "never starts":
        sys.exit("no module named nothing")
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    connection, _ = server.accept()
    with connection.makefile("rb") as file:
        while header := file.read(HEADER.size):
            length, number, kind = HEADER.unpack(header)
            payload = file.read(length)
            if kind != 3 and behaviour == "dies":
                sys.exit("out of memory")
            status, body = (200, b"") if kind == 3 else answer(behaviour, payload)
            connection.sendall(HEADER.pack(len(body), number, status) + body)


main()
