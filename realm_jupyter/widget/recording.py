"""The tokens of a response, as the token view shows them, and going on from one of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import ConfigError

if TYPE_CHECKING:
    from realm_jupyter.types import GenerationResponse, TokenLogprob
    from realm_jupyter.widget.conversation import Node
    from realm_jupyter.widget.messages import Alternative, Token

__all__ = ["Prefix", "prefix_of", "tokens_of"]

_LEAST_LOGPROB = -1e9
_BROKEN = "\N{REPLACEMENT CHARACTER}"


def tokens_of(response: GenerationResponse) -> list[Token]:
    """Return the tokens of a response; nothing if log probabilities were not asked for."""
    alternatives = response.alternatives or ((),) * len(response.logprobs)
    return [
        {
            "text": chosen.text,
            "token_id": chosen.token_id,
            "logprob": _finite(chosen.logprob),
            "top": [_alternative(item) for item in top],
        }
        for chosen, top in zip(response.logprobs, alternatives, strict=True)
    ]


def _alternative(item: TokenLogprob) -> Alternative:
    return {"text": item.text, "token_id": item.token_id, "logprob": _finite(item.logprob)}


def _finite(logprob: float) -> float:
    """Return what JSON can hold; nothing is less likely than this."""
    return max(logprob, _LEAST_LOGPROB)


@dataclass
class Prefix:
    """The beginning of an answer that is kept, while the rest is written anew.

    Parameters
    ----------
    prompt_ids, token_ids : tuple of int
        What was read, and what of the answer is kept.
    text : str
        Its text; whole characters only.
    tokens : list of Token
        As recorded; one per token or none.
    seed : int, optional
        That of the answer, where going on must be as if it had never stopped.
    is_broken : bool
        Whether the last token ends inside a character, so that only all tokens together
        give the text.
    """

    prompt_ids: tuple[int, ...] = ()
    token_ids: tuple[int, ...] = ()
    text: str = ""
    tokens: list[Token] = field(default_factory=list)
    seed: int | None = None
    is_broken: bool = False


def prefix_of(realm: Any, node: Node, index: int, token_id: int | None) -> Prefix:
    """Return what is kept of an answer.

    Parameters
    ----------
    realm : Realm
    node : Node
    index : int
        Tokens kept; -1 for all.
    token_id : int or None
        The token after them.

    Raises
    ------
    ConfigError
        If the answer's tokens are not known, or there is no such token.
    """
    if not node.is_recorded:
        raise ConfigError(
            "the tokens of this message are not known, so that nothing can go on from it",
            field="message",
        )
    if index == -1 and token_id is None:
        seed = int(node.stats["seed"]) if node.stats else None
        return Prefix(node.prompt_ids, node.token_ids, node.text, list(node.tokens), seed)
    if not 0 <= index < len(node.tokens):
        raise ConfigError(
            f"index={index} is no token of this message, which has {len(node.tokens)}",
            field="index",
            value=index,
        )
    token = node.tokens[index]
    found = next((item for item in token["top"] if item["token_id"] == token_id), None)
    if found is None:
        raise ConfigError(
            f"token_id={token_id} is not among the alternatives of this token",
            field="token_id",
            value=token_id,
        )
    chosen: Token = {**token, **found}
    token_ids = (*node.token_ids[:index], chosen["token_id"])
    kept = [*node.tokens[:index], chosen]
    text = _shared_start(node, index)
    if text is not None and _BROKEN not in chosen["text"]:
        return Prefix(node.prompt_ids, token_ids, text + chosen["text"], kept)
    text = str(realm.detokenize(token_ids, model=node.model))
    whole = text.rstrip(_BROKEN)
    return Prefix(node.prompt_ids, token_ids, whole, kept, is_broken=whole != text)


def _shared_start(node: Node, index: int) -> str | None:
    """Return the text before a token if the tokens' own texts tell it, else None."""
    before = "".join(token["text"] for token in node.tokens[:index])
    for candidate in (before, before.removeprefix(" ")):
        if node.text.startswith(candidate) and _BROKEN not in candidate:
            return candidate
    return None
