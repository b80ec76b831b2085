"""`TokensWidget`: the tokens of an answer, coloured by how likely they were."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from realm_jupyter.errors import ConfigError
from realm_jupyter.markdown import close_fence
from realm_jupyter.widget.channel import Channel
from realm_jupyter.widget.recording import tokens_of
from realm_jupyter.widget.view import RealmWidget

if TYPE_CHECKING:
    from realm_jupyter.types import GenerationResponse
    from realm_jupyter.widget.messages import Token, TokensState

__all__ = ["TokensWidget", "inspect"]


class TokensWidget(RealmWidget):
    """The tokens of one response; see `inspect`."""

    def __init__(self, response: GenerationResponse) -> None:
        super().__init__("tokens")
        self.response = response
        self.tokens: list[Token] = tokens_of(response)
        lock = threading.RLock()
        self.connect(Channel("tokens", self.send, self._snapshot, lock))

    def to_markdown(self) -> str:
        """Return the text."""
        return close_fence(self.response.text)

    def _snapshot(self) -> TokensState:
        return {
            "model": self.response.model,
            "text": self.response.text,
            "tokens": self.tokens,
        }


def inspect(response: GenerationResponse) -> TokensWidget:
    """Return a view of a response's tokens to be shown in a cell's output.

    Parameters
    ----------
    response : GenerationResponse
        From a request with ``logprobs=5`` or so, which is how many alternatives each
        token shows.

    Returns
    -------
    TokensWidget

    Raises
    ------
    ConfigError
        If the response holds no log probabilities.

    Examples
    --------
    >>> from realm_jupyter import Realm, inspect
    >>> with Realm(default_model="paris") as realm:
    ...     response = realm.generate("What is the capital of France?", logprobs=3)
    >>> len(inspect(response).tokens) == len(response.token_ids)
    True
    """
    logprobs = getattr(response, "logprobs", None)
    if logprobs is None or (response.token_ids and not logprobs):
        raise ConfigError(
            "there are no log probabilities to look at: generate with logprobs=5 and inspect "
            "that response",
            field="response",
        )
    return TokensWidget(response)
