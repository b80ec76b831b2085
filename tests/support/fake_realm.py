"""A realm without a model: streams given texts, loads at once, fails and waits as told."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from realm_jupyter.errors import (
    ConfigError,
    LoadCancelledError,
    ModelNotFoundError,
    RealmError,
)
from realm_jupyter.handle import GenerationHandle
from realm_jupyter.types import (
    ChatMessage,
    GenerationConfig,
    GenerationResponse,
    LoadProgress,
    ModelInfo,
    Timings,
    TokenEvent,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 7


def interrupt_main_thread() -> None:
    """Do what the notebook's stop button does."""
    ident = threading.main_thread().ident
    assert ident is not None
    signal.pthread_kill(ident, signal.SIGINT)


def fake_info(model_id: str, path: str, **changes: Any) -> ModelInfo:
    """Return a plausible `ModelInfo`."""
    info = ModelInfo(
        id=model_id,
        path=path,
        name=model_id.title(),
        architecture="llama",
        quant_type="Q8_0",
        num_parameters=5_200_000,
        num_layers=6,
        embedding_length=256,
        vocab_size=4096,
        context_length=1024,
        file_bytes=5_600_000,
        memory_bytes=5_700_000,
        device="cpu",
        executor="reference",
        has_chat_template=True,
        metadata={"general.architecture": "llama"},
    )
    return replace(info, **changes)


class FakeRealm:
    """The methods of `Realm` that people's tools use, without an engine.

    Parameters
    ----------
    pieces : sequence of str
        What every generation streams, a token each.
    known : sequence of str
        Names and paths that can be loaded.

    Attributes
    ----------
    requests : list of dict
        What was asked for, in order.
    interrupt_at : int, optional
        The stop button is pressed before this token, which then never comes.
    hold_at : int, optional
        This token never comes; somebody must cancel.
    fail_at : (int, Exception), optional
        The generation fails before this token.
    load_steps : int
        How many times a load reports progress.
    """

    def __init__(
        self,
        pieces: Sequence[str] = ("Hello", ",", " world", "!"),
        known: Sequence[str] = ("paris", "tales", "model.gguf"),
    ) -> None:
        self.pieces = list(pieces)
        self.known = list(known)
        self.requests: list[dict[str, Any]] = []
        self.loads: list[dict[str, Any]] = []
        self.interrupt_at: int | None = None
        self.hold_at: int | None = None
        self.interrupt_load = False
        self.fail_at: tuple[int, Exception] | None = None
        self.fail_start: Exception | None = None
        self.fail_load: Exception | None = None
        self.load_steps = 4
        self.finish_reason = "stop"
        self.is_closed = False
        self._models: dict[str, ModelInfo] = {}
        self._current: str | None = None

    # -- models --------------------------------------------------------------------

    @property
    def default_model(self) -> str | None:
        return None

    @property
    def current_model(self) -> str | None:
        return self._current

    def models(self) -> list[ModelInfo]:
        return [replace(i, is_current=i.id == self._current) for i in self._models.values()]

    def is_model_loaded(self, model_id: str) -> bool:
        return model_id in self._models

    def load_model(
        self,
        source: Any,
        model_id: str | None = None,
        *,
        on_progress: Any = None,
        cancel: Any = None,
        device: str = "auto",
        executor: str = "auto",
        kv_type: str = "auto",
    ) -> ModelInfo:
        load = {"source": source, "id": model_id, "device": device, "executor": executor}
        if kv_type != "auto":
            load["kv_type"] = kv_type
        self.loads.append(load)
        if self.fail_load is not None:
            raise self.fail_load
        if str(source) not in self.known:
            raise ModelNotFoundError(f"there is no model {source!r}", name=str(source))
        if executor not in {"auto", "native", "reference"}:
            raise ConfigError(f"the executor {executor!r} is unknown", field="executor")
        model_id = model_id or str(source).rpartition("/")[2].removesuffix(".gguf")
        for step in range(self.load_steps + 1):
            if on_progress is not None:
                total = 1_000_000
                on_progress(LoadProgress(model_id, "read", total * step // self.load_steps, total))
            if self.interrupt_load and step == 1:
                interrupt_main_thread()
                deadline = threading.Event()
                while not cancel.is_cancelled:
                    assert not deadline.wait(0.005)
            if cancel is not None and cancel.is_cancelled:
                raise LoadCancelledError(f"loading {source} was cancelled")
        self._models[model_id] = fake_info(model_id, f"/models/{source}")
        self._current = model_id
        return self.model_info(model_id)

    def unload_model(self, model_id: str) -> int:
        info = self._models.pop(self.model_info(model_id).id)
        if self._current == model_id:
            self._current = next(reversed(self._models), None)
        return info.memory_bytes

    def use_model(self, model_id: str) -> None:
        self._current = self.model_info(model_id).id

    def model_info(self, model_id: str | None = None) -> ModelInfo:
        model_id = model_id or self._current or ""
        if model_id not in self._models:
            raise ModelNotFoundError(f"no model {model_id!r} is loaded", name=model_id)
        return replace(self._models[model_id], is_current=model_id == self._current)

    # -- text ----------------------------------------------------------------------

    def stream(
        self, prompt: str, *, model: str | None = None, raw: bool = False, **fields: Any
    ) -> GenerationHandle:
        return self._start({"prompt": prompt, "model": model, "raw": raw, **fields})

    def stream_chat(
        self, messages: Sequence[Any], *, model: str | None = None, **fields: Any
    ) -> GenerationHandle:
        turns = [ChatMessage.from_any(item) for item in messages]
        return self._start({"messages": turns, "model": model, **fields})

    def _start(self, request: dict[str, Any]) -> GenerationHandle:
        if self.fail_start is not None:
            raise self.fail_start
        self.requests.append(request)
        info = self.model_info(request["model"])
        names = {item for item in request if item not in {"prompt", "messages", "model"}}
        names -= {"raw", "system", "config"}
        config = request.get("config") or GenerationConfig(**{n: request[n] for n in names})
        woken = threading.Event()
        handle = GenerationHandle()
        handle.on_cancel(woken.set)
        args = (handle, info, config, woken)
        threading.Thread(target=self._produce, args=args, daemon=True).start()
        return handle

    def _produce(
        self,
        handle: GenerationHandle,
        info: ModelInfo,
        config: GenerationConfig,
        woken: threading.Event,
    ) -> None:
        shown: list[str] = []
        reason = self.finish_reason
        for index, piece in enumerate(self.pieces[: config.max_tokens]):
            if self.fail_at is not None and index == self.fail_at[0]:
                handle.fail(self.fail_at[1])
                return
            if index == self.interrupt_at:
                interrupt_main_thread()
            if index in {self.interrupt_at, self.hold_at}:
                assert woken.wait(20), "nobody cancelled"
            if handle.is_cancelled:
                reason = "cancelled"
                break
            shown.append(piece)
            handle.put(TokenEvent(piece, index, index))
        handle.put(TokenEvent("", -1, len(shown), finish_reason=reason))
        handle.finish(
            GenerationResponse(
                text="".join(shown),
                token_ids=tuple(range(len(shown))),
                finish_reason=reason,
                usage=Usage(prompt_tokens=3, completion_tokens=len(shown)),
                timings=Timings(0.1, 35.0, 20.0, 100.0, 135.0, 41.2 if len(shown) > 1 else 0.0),
                seed=SEED if config.seed is None else config.seed,
                model=info.id,
            )
        )

    def tokenize(self, text: str, *, model: str | None = None, **_flags: bool) -> list[int]:
        self.model_info(model)
        return [ord(character) for character in text]

    def detokenize(
        self, token_ids: Sequence[int], *, model: str | None = None, **_flags: bool
    ) -> str:
        self.model_info(model)
        return "".join(chr(item) for item in token_ids)

    def count_tokens(self, text: str, *, model: str | None = None) -> int:
        return len(self.tokenize(text, model=model))

    def close(self) -> None:
        self.is_closed = True
        self._models.clear()
        self._current = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class FakeFailureError(RealmError):
    """An error with a message over two lines, as a real one might be."""
