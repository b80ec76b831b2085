"""Log probabilities on the wire: the chat's form, and the older one of completions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from realm_jupyter import types
from realm_jupyter.protocol.base import Left, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ChatLogprobs", "CompletionLogprobs", "TokenLogprob", "TopLogprob"]

# JSON has no infinity; OpenAI uses this number for tokens that cannot come.
_NEVER = -9999.0
_INCOMPLETE = "\ufffd"


class TopLogprob(Reply):
    """A token that could have been chosen.

    ``bytes`` is null for tokens that are no whole characters; ``token_id`` is ours.
    """

    token: str
    logprob: float
    bytes: list[int] | None = None
    token_id: Left[int] = None

    def to_logprob(self) -> types.TokenLogprob:
        """Return it as the Python interface has it."""
        logprob = -math.inf if self.logprob <= _NEVER else self.logprob
        token_id = -1 if self.token_id is None else self.token_id
        return types.TokenLogprob(token_id, self.token, logprob)


class TokenLogprob(TopLogprob):
    """A token of the text, with the likeliest alternatives, best first."""

    top_logprobs: list[TopLogprob]

    def to_alternatives(self) -> tuple[types.TokenLogprob, ...]:
        """Return the alternatives as the Python interface has them."""
        return tuple(item.to_logprob() for item in self.top_logprobs)


class ChatLogprobs(Reply):
    """Log probabilities of a piece of a chat's answer."""

    content: list[TokenLogprob]
    refusal: None = None

    @classmethod
    def of(
        cls,
        tokens: Sequence[types.TokenLogprob],
        alternatives: Sequence[Sequence[types.TokenLogprob]],
    ) -> ChatLogprobs:
        """Return the log probabilities of tokens with their alternatives."""
        return cls(content=_entries(tokens, alternatives))


class CompletionLogprobs(Reply):
    """Log probabilities of a piece of a completion.

    ``content`` is ours: the same in the chat's form, which keeps alternatives apart that
    share a text. It is there when ``return_token_ids`` was asked for.
    """

    tokens: list[str]
    token_logprobs: list[float]
    top_logprobs: list[dict[str, float]] | None
    text_offset: list[int]
    content: Left[list[TokenLogprob]] = None

    @classmethod
    def of(
        cls,
        tokens: Sequence[types.TokenLogprob],
        alternatives: Sequence[Sequence[types.TokenLogprob]],
        *,
        offset: int = 0,
        with_content: bool = False,
    ) -> CompletionLogprobs:
        """Return the log probabilities of tokens that begin at ``offset`` in the text."""
        offsets = []
        for token in tokens:
            offsets.append(offset)
            offset += len(token.text)
        tops = [
            {item.text: _finite(item.logprob) for item in reversed(row)} for row in alternatives
        ]
        return cls(
            tokens=[token.text for token in tokens],
            token_logprobs=[_finite(token.logprob) for token in tokens],
            top_logprobs=tops if any(tops) else None,
            text_offset=offsets,
            content=_entries(tokens, alternatives) if with_content else None,
        )


def _finite(logprob: float) -> float:
    return max(logprob, _NEVER)


def _entries(
    tokens: Sequence[types.TokenLogprob],
    alternatives: Sequence[Sequence[types.TokenLogprob]],
) -> list[TokenLogprob]:
    return [
        TokenLogprob(**_fields(token), top_logprobs=[TopLogprob(**_fields(item)) for item in row])
        for token, row in zip(tokens, alternatives, strict=True)
    ]


def _fields(token: types.TokenLogprob) -> dict[str, Any]:
    is_whole = _INCOMPLETE not in token.text
    return {
        "token": token.text,
        "logprob": _finite(token.logprob),
        "bytes": list(token.text.encode()) if is_whole else None,
        "token_id": token.token_id,
    }
