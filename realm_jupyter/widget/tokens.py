"""`TokensWidget`: the tokens of an answer, coloured by how likely they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import ConfigError
from realm_jupyter.types import GenerationConfig
from realm_jupyter.widget.saved import as_text
from realm_jupyter.widget.shared_realm import realm_of
from realm_jupyter.widget.tokens_session import TokensSession
from realm_jupyter.widget.view import RealmWidget

if TYPE_CHECKING:
    from realm_jupyter.realm import Realm
    from realm_jupyter.registry import RealmRegistry
    from realm_jupyter.types import GenerationResponse
    from realm_jupyter.widget.messages import Token

__all__ = ["TokensWidget", "inspect"]


class TokensWidget(RealmWidget):
    """The tokens of one response; see `inspect`."""

    def __init__(self, response: GenerationResponse, realm: Any, config: GenerationConfig) -> None:
        super().__init__("tokens")
        self.session = TokensSession(response, self.send, realm, config)
        self.connect(self.session.channel)

    @property
    def text(self) -> str:
        """The text that is shown: the response's, or what another token led to."""
        return self.session.shown.text

    @property
    def tokens(self) -> list[Token]:
        """Its tokens."""
        return self.session.shown.tokens

    def close(self) -> None:
        """End what is being written and take the widget off the page."""
        if hasattr(self, "session"):
            self.session.stop()
        super().close()

    def to_markdown(self) -> str:
        """Return the text, as text."""
        return as_text(self.text)


def inspect(
    response: GenerationResponse,
    realm: Realm | RealmRegistry | None = None,
    **sampling: Any,
) -> TokensWidget:
    """Return a view of a response's tokens to be shown in a cell's output.

    A click on one of a token's alternatives has the model go on from there; both texts
    are kept.

    Parameters
    ----------
    response : GenerationResponse
        From a request with ``logprobs=5`` or so, which is how many alternatives each
        token shows.
    realm : Realm or RealmRegistry, optional
        Who goes on; by default one that all widgets share, which knows the shipped models.
    **sampling
        Fields of `GenerationConfig` for what is written then.

    Returns
    -------
    TokensWidget

    Raises
    ------
    ConfigError
        If the response holds no log probabilities.
    SamplingParamsError
        If a sampling parameter is unknown or out of range.

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
    return TokensWidget(response, realm_of(realm), GenerationConfig().with_changes(**sampling))
