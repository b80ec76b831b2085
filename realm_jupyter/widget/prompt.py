"""What a model reads before it answers: the turns of a conversation as token ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realm_jupyter.backend import GenerationRequest
from realm_jupyter.errors import PromptError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.types import ChatMessage, GenerationConfig, ModelInfo

__all__ = ["Prompt"]


class Prompt:
    """The prompt of one answer.

    Parameters
    ----------
    realm : Realm
    info : ModelInfo
        The model that answers. One without a chat template goes on with the plain text
        of the conversation instead.
    turns : sequence of ChatMessage
        The system prompt first if there is one.
    """

    def __init__(self, realm: Any, info: ModelInfo, turns: Sequence[ChatMessage]) -> None:
        self._realm = realm
        self._info = info
        self._turns = tuple(turns)
        if not self._turns:
            raise PromptError("the conversation is empty: write something first")

    def token_ids(self, config: GenerationConfig) -> tuple[int, ...]:
        """Return the prompt as token ids; nothing where the realm does not run here."""
        backend = getattr(self._realm, "_backend", None)
        if backend is None or not hasattr(backend, "engine"):
            return ()
        loaded = backend.engine.get(self._info.id)
        instance = backend.tenant.instance(loaded)
        ids = backend._prompt_ids(loaded, instance, self._request(config))  # noqa: SLF001 - the local backend alone can tell
        return tuple(int(token_id) for token_id in ids)

    def stream(self, config: GenerationConfig) -> GenerationHandle:
        """Start answering from text; for realms that do not tell token ids."""
        handle: GenerationHandle
        if self._info.has_chat_template:
            handle = self._realm.stream_chat(self._turns, model=self._info.id, config=config)
        else:
            handle = self._realm.stream(self._text(), model=self._info.id, raw=True, config=config)
        return handle

    def _request(self, config: GenerationConfig) -> GenerationRequest:
        if self._info.has_chat_template:
            return GenerationRequest(model=self._info.id, config=config, messages=self._turns)
        return GenerationRequest(model=self._info.id, config=config, text=self._text(), raw=True)

    def _text(self) -> str:
        """Return what was said as one text; lines of their own keep the speakers apart."""
        text = ""
        for turn in self._turns:
            if turn.role == "system":
                continue
            has_gap = not text or text[-1].isspace() or turn.role == "assistant"
            text += turn.content if has_gap else f"\n{turn.content}"
        return text
