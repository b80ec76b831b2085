"""One answer while it is being written: loads the model, streams, keeps the figures."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any, Literal, Protocol

from realm_jupyter.errors import LoadCancelledError
from realm_jupyter.types import CancelToken, ChatMessage
from realm_jupyter.widget.faults import error_info
from realm_jupyter.widget.pace import Pace
from realm_jupyter.widget.progress import LoadMeter
from realm_jupyter.widget.prompt import stream_answer
from realm_jupyter.widget.recording import Prefix, tokens_of
from realm_jupyter.worker import Worker

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.types import (
        GenerationConfig,
        GenerationResponse,
        LoadProgress,
        ModelInfo,
    )
    from realm_jupyter.widget.conversation import Conversation, Node
    from realm_jupyter.widget.messages import Load, Stats, Status

__all__ = ["Answer", "Listener", "idle_status"]

_DELTA_INTERVAL_S = 1 / 30
_STATUS_INTERVAL_S = 0.25
_MS_A_SECOND = 1000.0


class Listener(Protocol):
    """Whoever shows an answer; called with the lock held."""

    def grew(self, answer: Answer, text: str) -> None:
        """Show text that was appended to the answer's message."""
        ...

    def moved(self, answer: Answer) -> None:
        """Show that the status changed."""
        ...

    def ended(self, answer: Answer) -> None:
        """Show the end; the message holds all of it."""
        ...


class Answer:
    """Writes one message; runs on threads of its own from `start` on.

    Parameters
    ----------
    realm : Realm
    lock : RLock
        Guards the conversation; held when the message changes and the listener is called.
    listener : Listener
    find_model : callable
        Called with ``(on_progress, cancel)``; returns the model, loaded if need be.
    conversation : Conversation
    node : Node
        The message to be written.
    turns : sequence of ChatMessage
        What it answers.
    system : str
        The system prompt, or nothing.
    config : GenerationConfig
    prefix : Prefix, optional
        What is kept of an earlier answer.
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self,
        realm: Any,
        *,
        lock: threading.RLock,
        listener: Listener,
        find_model: Callable[..., ModelInfo],
        conversation: Conversation,
        node: Node,
        turns: Sequence[ChatMessage],
        system: str,
        config: GenerationConfig,
        prefix: Prefix | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.conversation = conversation
        self.node = node
        self._realm = realm
        self._lock = lock
        self._listener = listener
        self._find_model = find_model
        self._turns = tuple(turns)
        self._system = system
        self._config = config
        self._prefix = prefix or Prefix()
        self._clock = clock
        self._pending: deque[str] = deque()
        self._cancel = CancelToken()
        self._handle: GenerationHandle | None = None
        self._worker: Worker[None] | None = None
        self._phase: Literal["loading", "prompt", "generating"] = "loading"
        self._meter: LoadMeter | None = None
        self._info: ModelInfo | None = None
        self._started_s = clock()
        self._first_token_s: float | None = None
        self._status_s = self._started_s
        self._num_prompt_tokens: int | None = None
        self._num_tokens = 0

    # -- for the session -----------------------------------------------------------

    def start(self) -> None:
        """Begin; returns at once."""
        self._worker = Worker(self._run, "realm-widget-answer")

    def cancel(self) -> None:
        """Stop, whatever it is doing; the text so far is kept."""
        self._cancel.cancel()
        handle = self._handle
        if handle is not None:
            handle.cancel()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; return whether it came."""
        if self._worker is None:
            return False
        if timeout_s is None:
            self._worker.result()
            return True
        deadline_s = self._clock() + timeout_s
        while not self._worker.is_done and self._clock() < deadline_s:
            self._worker.wait(deadline_s - self._clock())
        return self._worker.is_done

    def status(self) -> Status:
        """Return what it does now, with its figures so far."""
        stats = self.node.stats
        state = "stopping" if self._cancel.is_cancelled else self._phase
        is_over = not self.node.is_under_way
        prompt_tokens = stats["prompt_tokens"] if stats else self._num_prompt_tokens
        completion_tokens = stats["completion_tokens"] if stats else self._num_written
        used = None if prompt_tokens is None else prompt_tokens + completion_tokens
        return {
            "state": "idle" if is_over else state,
            "conversation": self.conversation.id,
            "message": self.node.id,
            "elapsed_ms": stats["total_ms"] if stats else self._since_start_ms(),
            "prompt_tokens": prompt_tokens,
            "prompt_done_tokens": None if self._first_token_s is None else prompt_tokens,
            "completion_tokens": completion_tokens,
            "tokens_per_second": stats["tokens_per_second"] if stats else self._speed(),
            "ttft_ms": stats["ttft_ms"] if stats else self._ttft_ms(),
            "context_used": used,
            "context_length": None if self._info is None else self._info.context_length,
            "seed": stats["seed"] if stats else None,
            "load": self._load() if not is_over else None,
        }

    # -- its own thread ------------------------------------------------------------

    def _run(self) -> None:
        response: GenerationResponse | None = None
        error: Exception | None = None
        try:
            self._info = self._find_model(self._on_load, self._cancel)
            self._meter = None
            handle = self._begin(self._info)
            self._follow(handle)
            response = handle.response
        except LoadCancelledError:
            pass
        except Exception as problem:  # noqa: BLE001 - shown where the answer would be
            error = problem
        self._finish(response, error)

    def _begin(self, info: ModelInfo) -> GenerationHandle:
        """Read the prompt and start the generation."""
        with self._lock:
            self._phase = "prompt"
            self.node.model = info.id
            self._listener.moved(self)
        config, prefix = self._config, self._prefix
        handle: GenerationHandle
        if prefix.prompt_ids:
            prompt_ids = prefix.prompt_ids
            if prefix.seed is not None:
                config = config.with_changes(seed=prefix.seed)
            if prefix.text:
                self._put(prefix.text)
            handle = self._realm.stream(
                token_ids=(*prompt_ids, *prefix.token_ids), model=info.id, config=config
            )
        else:
            system = [ChatMessage("system", self._system)] if self._system else []
            handle = stream_answer(self._realm, info, [*system, *self._turns], config)
            prompt_ids = handle.prompt_ids
        if prompt_ids:
            with self._lock:
                self._num_prompt_tokens = len(prompt_ids)
                self.node.prompt_ids = prompt_ids
                self._listener.moved(self)
        self._handle = handle
        if self._cancel.is_cancelled:  # before there was a handle to cancel
            handle.cancel()
        return handle

    def _follow(self, handle: GenerationHandle) -> None:
        with Pace(self._flush, _DELTA_INTERVAL_S) as pace:
            if self._pending:
                pace.poke()
            for event in handle:
                if self._first_token_s is None:
                    self._first_token_s = self._clock()
                if event.token_id >= 0:
                    self._num_tokens += 1
                if event.text:
                    self._pending.append(event.text)
                pace.poke()

    def _flush(self) -> None:
        with self._lock:
            self._put_pending()
            now_s = self._clock()
            if self._phase == "prompt" or now_s - self._status_s >= _STATUS_INTERVAL_S:
                self._phase = "generating"
                self._status_s = now_s
                self._listener.moved(self)

    def _put_pending(self) -> None:
        pieces = []
        while self._pending:
            pieces.append(self._pending.popleft())
        if pieces:
            self._put("".join(pieces))

    def _put(self, text: str) -> None:
        with self._lock:
            self.node.state = "generating"
            self.node.text += text
            self._listener.grew(self, text)

    def _on_load(self, progress: LoadProgress) -> None:
        with self._lock:
            if self._meter is None:
                self._meter = LoadMeter(progress.model)
            if self._meter.read(progress):
                self._listener.moved(self)

    def _finish(self, response: GenerationResponse | None, error: Exception | None) -> None:
        with self._lock:
            self._put_pending()
            node = self.node
            if response is not None:
                self._keep(response)
            if error is not None:
                node.state, node.error = "error", error_info(error)
            elif response is None or response.finish_reason == "cancelled":
                node.state = "stopped"
            else:
                node.state = "done"
            self._listener.ended(self)

    def _keep(self, response: GenerationResponse) -> None:
        """Take over what the response says."""
        node, prefix = self.node, self._prefix
        node.token_ids = (*prefix.token_ids, *response.token_ids)
        new_tokens = tokens_of(response)
        if len(prefix.tokens) == len(prefix.token_ids) and (
            len(new_tokens) == len(response.token_ids)
        ):
            node.tokens = [*prefix.tokens, *new_tokens]
        node.text = prefix.text + response.text
        if prefix.is_broken:
            node.text = str(self._realm.detokenize(node.token_ids, model=node.model))
        node.stats = self._stats(response)

    def _stats(self, response: GenerationResponse) -> Stats:
        timings, usage = response.timings, response.usage
        num_kept = len(self._prefix.token_ids)
        return {
            "prompt_tokens": usage.prompt_tokens - num_kept,
            "completion_tokens": usage.completion_tokens + num_kept,
            "ttft_ms": timings.ttft_ms if usage.completion_tokens else None,
            "total_ms": timings.total_ms,
            "tokens_per_second": timings.tokens_per_second or None,
            "context_used": usage.total_tokens,
            "context_length": 0 if self._info is None else self._info.context_length,
            "seed": str(response.seed),
            "finish_reason": response.finish_reason,
        }

    # -- figures -------------------------------------------------------------------

    @property
    def _num_written(self) -> int:
        return len(self._prefix.token_ids) + self._num_tokens

    def _since_start_ms(self) -> float:
        return (self._clock() - self._started_s) * _MS_A_SECOND

    def _ttft_ms(self) -> float | None:
        if self._first_token_s is None:
            return None
        return (self._first_token_s - self._started_s) * _MS_A_SECOND

    def _speed(self) -> float | None:
        if self._first_token_s is None:
            return None
        elapsed_s = self._clock() - self._first_token_s
        return (self._num_tokens - 1) / elapsed_s if self._num_tokens > 1 and elapsed_s else None

    def _load(self) -> Load | None:
        return None if self._meter is None else self._meter.as_load()


def idle_status() -> Status:
    """Return the status before anything was asked."""
    return {
        "state": "idle",
        "conversation": None,
        "message": None,
        "elapsed_ms": 0.0,
        "prompt_tokens": None,
        "prompt_done_tokens": None,
        "completion_tokens": 0,
        "tokens_per_second": None,
        "ttft_ms": None,
        "context_used": None,
        "context_length": None,
        "seed": None,
        "load": None,
    }
