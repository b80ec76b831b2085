"""A server that answers what it is told to, to the byte, and may break off anywhere."""

from __future__ import annotations

import json
import socket
import threading


class CannedServer:
    """Each connection gets the next of ``answers`` and is closed.

    None says nothing, and ``(answer,)`` says nothing more. An answer that others follow has to
    say that the connection closes, or a client may ask again on it before it does.
    """

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.answers = []
        self.requests = []
        self.on_request = lambda: None
        self._silent = []
        self._thread = threading.Thread(target=self._serve, name="canned-server")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exception):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
        for connection in self._silent:
            connection.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            request = _read_request(connection)
            if not request:
                connection.close()
                continue
            self.requests.append(request)
            self.on_request()
            answer = self.answers.pop(0)
            if answer is None:
                self._silent.append(connection)
                continue
            if isinstance(answer, tuple):
                connection.sendall(answer[0])
                self._silent.append(connection)
                continue
            connection.sendall(answer)
            connection.close()


def _read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if b"content-length" in line
    ]
    while lengths and len(body) < lengths[0]:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def error_answer(status, code, retry_after_s=None):
    body = json.dumps({"error": {"message": "it broke", "type": "t", "code": code}}).encode()
    retry = "" if retry_after_s is None else f"retry-after: {retry_after_s}\r\n"
    head = f"HTTP/1.1 {status} X\r\nconnection: close\r\n{retry}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def stream_answer(pieces, *, is_cut=False, error=None):
    """The stream of a completion, a token each; cut before its end, or ended by an error."""

    def event(**choice):
        choices = [{"index": 0, "text": "", **choice}]
        chunk = {"id": "c", "created": 0, "model": "m", "choices": choices}
        return f"data: {json.dumps(chunk)}\n\n"

    text = "".join(event(text=piece, token_ids=[i]) for i, piece in enumerate(pieces))
    if error is not None:
        text += f"data: {json.dumps({'error': {'message': 'it broke', 'code': error}})}\n\n"
    elif not is_cut:
        text += event(finish_reason="stop") + "data: [DONE]\n\n"
    chunk = f"{len(text.encode()):x}\r\n{text}\r\n"
    end = "" if is_cut else "0\r\n\r\n"
    head = (
        "HTTP/1.1 200 OK\r\nconnection: close\r\n"
        "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    return (head + chunk + end).encode()
