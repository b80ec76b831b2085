"""HTTP as bytes on a socket, for clients that behave badly."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

GUARD_S = 120


def connect(server):
    where = urlsplit(server.url)
    return socket.create_connection((where.hostname, where.port), timeout=GUARD_S)


def head(path, secret, *, method="POST", length=None, extra=""):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {secret}"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + f"\r\n{extra}\r\n").encode()


def post(path, secret, message):
    body = json.dumps(message).encode()
    return head(path, secret, length=len(body)) + body


def read_all(connection):
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data
