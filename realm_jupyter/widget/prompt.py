"""From the messages of a conversation to a generation that answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import PromptError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.types import ChatMessage, GenerationConfig, ModelInfo

__all__ = ["stream_answer"]


def stream_answer(
    realm: Any, info: ModelInfo, turns: Sequence[ChatMessage], config: GenerationConfig
) -> GenerationHandle:
    """Start answering a conversation and return at once.

    Parameters
    ----------
    realm : Realm
    info : ModelInfo
        The model that answers. One without a chat template goes on with the plain text
        of the conversation instead.
    turns : sequence of ChatMessage
        The system prompt first if there is one.
    config : GenerationConfig

    Raises
    ------
    PromptError
        If there is nothing to answer.
    RealmError
        What the realm raises.
    """
    if not turns:
        raise PromptError("the conversation is empty: write something first")
    handle: GenerationHandle
    if info.has_chat_template:
        handle = realm.stream_chat(tuple(turns), model=info.id, config=config)
    else:
        handle = realm.stream(_plain(turns), model=info.id, raw=True, config=config)
    return handle


def _plain(turns: Sequence[ChatMessage]) -> str:
    """Return what was said as one text; lines of their own keep the speakers apart."""
    text = ""
    for turn in turns:
        if turn.role == "system":
            continue
        has_gap = not text or text[-1].isspace() or turn.role == "assistant"
        text += turn.content if has_gap else f"\n{turn.content}"
    return text
