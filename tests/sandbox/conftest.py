"""Fixtures of the sandbox's tests."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from realm_jupyter.errors import TenantNotFoundError


@pytest.fixture(autouse=True)
def private_cache(tmp_path, monkeypatch):
    """Keep compiled guests of tests out of the user's cache."""
    monkeypatch.setenv("REALM_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "guest"


class RecordingHost:
    """A host that answers with fixed values and notes every call."""

    def __init__(self):
        self.calls = []
        self.threads = set()
        self.on_call = None

    def _note(self, *call):
        self.calls.append(call)
        self.threads.add(threading.get_ident())
        if self.on_call is not None:
            self.on_call(*call)

    def log(self, level, text):
        self._note("log", level, text)

    def forward(self, seq, token_ids):
        self._note("forward", seq, token_ids.tolist())
        return np.arange(self.vocab_size(), dtype=np.float32) + len(self.calls)

    def seq_new(self):
        self._note("seq_new")
        return 5

    def seq_fork(self, seq):
        self._note("seq_fork", seq)
        return 6

    def seq_truncate(self, seq, num_tokens):
        self._note("seq_truncate", seq, num_tokens)

    def seq_free(self, seq):
        self._note("seq_free", seq)

    def mask(self, seq, allowed):
        self._note("mask", seq, allowed if allowed is None else np.flatnonzero(allowed).tolist())

    def emit(self, seq, text, token_id, logprob):
        self._note("emit", seq, text, token_id, logprob)

    def forward_batch(self, seqs, token_ids):
        self._note("forward_batch", seqs, [ids.tolist() for ids in token_ids])
        return np.arange(len(seqs) * self.vocab_size(), dtype=np.float32)

    def emit_token(self, seq, token_id, logprob):
        self._note("emit_token", seq, token_id, logprob)
        return token_id == 7

    def is_end(self, token_id):
        return token_id == 7

    def vocab_size(self):
        return 8

    def weight_find(self, name):
        self._note("weight_find", name)
        return 2**40 + 3

    def weight_shape(self, weight):
        if weight != 2**40 + 3:
            raise TenantNotFoundError("no such weight")
        return (2, 3, 4)

    def weight_read(self, weight, first_row, num_rows):
        self._note("weight_read", weight, first_row, num_rows)
        return np.full((num_rows, 4), first_row, dtype=np.float32)

    def matmul(self, weight, x):
        self._note("matmul", weight, x.tolist())
        return np.repeat(x.sum(axis=1, keepdims=True), 6, axis=1)


@pytest.fixture
def host():
    return RecordingHost()


@pytest.fixture
def make_host():
    return RecordingHost
