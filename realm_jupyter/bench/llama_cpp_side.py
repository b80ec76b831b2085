"""The same cases on llama.cpp, through the low-level interface of llama-cpp-python.

Whole ``llama_decode`` steps with its default settings (mapped file, float16 KV cache, its
own choice of flash attention), up to where the logits can be read.
"""

from __future__ import annotations

import ctypes
import importlib
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from realm_jupyter.bench.loading import repeats
from realm_jupyter.bench.spread import Figure
from realm_jupyter.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from realm_jupyter.bench.cases import Case

__all__ = ["INSTALL", "LlamaCppSide", "import_llama_cpp"]

INSTALL = "pip install 'realm-jupyter[bench]'"
_CONTEXT_STEP = 256  # llama.cpp pads contexts to this
_UBATCH = 512  # tokens that it runs at once by default


@cache
def _log_nothing(api: Any) -> Any:
    """Return what takes llama.cpp's messages: kept, as it calls that to the end of the process."""
    return api.llama_log_callback(lambda _level, _text, _data: None)


def import_llama_cpp() -> Any:
    """Return the module ``llama_cpp``.

    Raises
    ------
    ConfigError
        If it is not installed or cannot be loaded; with the command that installs it.
    """
    try:
        return importlib.import_module("llama_cpp")
    except (ImportError, OSError, RuntimeError) as error:
        is_missing = isinstance(error, ModuleNotFoundError)
        problem = "is not installed" if is_missing else f"cannot be loaded ({error})"
        raise ConfigError(
            f"llama-cpp-python {problem}; comparing needs it: {INSTALL}", field="compare"
        ) from error


class _Context:
    """A context of llama.cpp with a batch that is filled once and reused."""

    def __init__(self, api: Any, model: Any, settings: Any, max_tokens: int) -> None:
        self._api = api
        self.handle = api.llama_init_from_model(model, settings)
        if not self.handle:
            raise ModelError("llama.cpp cannot make a context; it may lack memory")
        self._memory = api.llama_get_memory(self.handle)
        self._batch = api.llama_batch_init(max_tokens, 0, 1)

    def decode(
        self,
        tokens: Sequence[int],
        positions: Sequence[int],
        streams: Sequence[int],
        *,
        all_logits: bool,
    ) -> None:
        """Run tokens; logits for all of them, or for the last."""
        batch = self._batch
        batch.n_tokens = len(tokens)
        for place, token in enumerate(tokens):
            batch.token[place] = token
            batch.pos[place] = positions[place]
            batch.n_seq_id[place] = 1
            batch.seq_id[place][0] = streams[place]
            batch.logits[place] = all_logits
        batch.logits[len(tokens) - 1] = True
        self.run()

    def run(self) -> None:
        """Run the batch as it is."""
        status = self._api.llama_decode(self.handle, self._batch)
        if status != 0:
            raise ModelError(f"llama.cpp cannot run a step: llama_decode returned {status}")
        # Waits for the result, as whoever samples from it has to.
        self._api.llama_get_logits_ith(self.handle, -1)

    def set_step(self, token: int, position: int) -> None:
        """Put the next token into every stream of the batch."""
        batch = self._batch
        for place in range(batch.n_tokens):
            batch.token[place] = token
            batch.pos[place] = position

    def forget(self, length: int, num_streams: int) -> None:
        """Cut every stream to this length."""
        for stream in range(num_streams):
            self._api.llama_memory_seq_rm(self._memory, stream, length, -1)

    def close(self) -> None:
        self._api.llama_batch_free(self._batch)
        self._api.llama_free(self.handle)


class LlamaCppSide:
    """Runs cases; a `Side`.

    Parameters
    ----------
    path : Path
        The GGUF file.
    token_ids : ndarray of int32, shape (n,)
        As for `ExecutorSide`.
    num_threads : int
    chunk_tokens : int, optional
        Tokens of a prompt in one call, at most 512; by default 512, its own default.
    load_rounds : int
        Times to load the file, the last of which stays; for slow models fewer.

    Attributes
    ----------
    load : Figure
        Seconds that loading took.
    first_answer : Figure
        Seconds that loading and the first token of a one-token prompt took.

    Raises
    ------
    ConfigError
        If llama-cpp-python is not there.
    ModelError
        If llama.cpp cannot load the file.
    """

    def __init__(
        self,
        path: Path,
        token_ids: NDArray[np.int32],
        num_threads: int,
        *,
        chunk_tokens: int,
        load_rounds: int = 1,
    ) -> None:
        self._api = api = import_llama_cpp()
        self.name = f"llama.cpp ({api.__version__})"
        self._token_ids = [int(token) for token in token_ids]
        self._num_threads = num_threads
        self._chunk_tokens = min(chunk_tokens, _UBATCH)
        self._contexts: dict[Case, _Context] = {}
        api.llama_log_set(_log_nothing(api), ctypes.c_void_p(0))
        api.llama_backend_init()
        settings = api.llama_model_default_params()
        settings.n_gpu_layers = 0
        self._model = None
        loads, answers = [], []
        for _ in repeats(load_rounds):
            if self._model:
                api.llama_model_free(self._model)
            started = time.perf_counter()
            self._model = api.llama_model_load_from_file(str(path).encode(), settings)
            loads.append(time.perf_counter() - started)
            if not self._model:
                raise ModelError(f"llama.cpp cannot load {path}")
            vocab = api.llama_model_get_vocab(self._model)
            self._vocab_size = int(api.llama_vocab_n_tokens(vocab))
            self._logits(1, at_once=1)
            answers.append(time.perf_counter() - started)
        self.load, self.first_answer = Figure(tuple(loads), "s"), Figure(tuple(answers), "s")

    def prepare(self, case: Case, max_units: int) -> None:
        """Make a context for a case and fill it; a context of its own for each."""
        if case.kind == "prefill":
            length, streams, at_once = case.tokens, 1, _UBATCH
        else:
            length, streams = case.context + max_units, case.tokens
            # The buffers of a context grow with the tokens that it takes at once.
            at_once = max(min(_UBATCH, self._chunk_tokens), streams)
        context = self._contexts[case] = self._new_context(length, streams, at_once)
        if case.kind == "decode":
            for stream in range(streams):
                self._prefill(context, case.context, self._chunk_tokens, stream)
            context.decode(
                [self._token_ids[0]] * streams,
                [case.context] * streams,
                range(streams),
                all_logits=True,
            )
            context.forget(case.context, streams)

    def run(self, case: Case, num_units: int) -> float:
        """Run whole prompts, or steps of one token for each stream; return the seconds."""
        if case.kind == "prefill":
            return self._run_prompts(case, num_units, self._chunk_tokens)
        context, ids, total = self._contexts[case], self._token_ids, len(self._token_ids)
        started = time.perf_counter()
        for position in range(case.context, case.context + num_units):
            context.set_step(ids[position % total], position)
            context.run()
        seconds = time.perf_counter() - started
        context.forget(case.context, case.tokens)
        return seconds

    def run_own_way(self, case: Case, num_units: int) -> float:
        """Run prompts in pieces of llama.cpp's own default size, 512 tokens."""
        return self._run_prompts(case, num_units, _UBATCH)

    def logits(self, num_tokens: int) -> NDArray[np.float32]:
        """Return the logits after the first tokens, shape (V,)."""
        return self._logits(num_tokens, _UBATCH)

    def _logits(self, num_tokens: int, at_once: int) -> NDArray[np.float32]:
        context = self._new_context(num_tokens, 1, at_once)
        try:
            self._prefill(context, num_tokens, at_once, 0)
            row = self._api.llama_get_logits_ith(context.handle, -1)
            return np.array(np.ctypeslib.as_array(row, (self._vocab_size,)), dtype=np.float32)
        finally:
            context.close()

    def close(self) -> None:
        """Free contexts and model."""
        for context in self._contexts.values():
            context.close()
        self._contexts.clear()
        if self._model:
            self._api.llama_model_free(self._model)
            self._model = None

    def _new_context(self, length: int, streams: int, at_once: int) -> _Context:
        settings = self._api.llama_context_default_params()
        padded = -(-length // _CONTEXT_STEP) * _CONTEXT_STEP
        settings.n_ctx = padded * streams
        settings.n_batch = settings.n_ubatch = at_once
        settings.n_seq_max = streams
        settings.n_threads = settings.n_threads_batch = self._num_threads
        return _Context(self._api, self._model, settings, at_once)

    def _run_prompts(self, case: Case, num_units: int, chunk_tokens: int) -> float:
        context, seconds = self._contexts[case], 0.0
        for _ in range(num_units):
            started = time.perf_counter()
            self._prefill(context, case.tokens, chunk_tokens, 0)
            seconds += time.perf_counter() - started
            context.forget(0, 1)
        return seconds

    def _prefill(self, context: _Context, length: int, chunk_tokens: int, stream: int) -> None:
        ids, total = self._token_ids, len(self._token_ids)
        for start in range(0, length, chunk_tokens):
            places = range(start, min(start + chunk_tokens, length))
            tokens = [ids[place % total] for place in places]
            context.decode(tokens, places, [stream] * len(tokens), all_logits=False)
