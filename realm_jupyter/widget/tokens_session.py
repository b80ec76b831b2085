"""The tokens of a response, and what the model writes from another of them instead."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import ConfigError
from realm_jupyter.models.sources import shipped_names
from realm_jupyter.widget.answer import Answer
from realm_jupyter.widget.channel import Channel
from realm_jupyter.widget.conversation import Conversation, Node
from realm_jupyter.widget.recording import prefix_of, tokens_of
from realm_jupyter.widget.sampling import NUM_ALTERNATIVES

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.types import GenerationConfig, GenerationResponse, ModelInfo
    from realm_jupyter.widget.messages import MessageResult, TokensResult, TokensState

__all__ = ["TokensSession"]


class TokensSession:
    """One answer and its alternatives; every method is safe from any thread.

    Parameters
    ----------
    response : GenerationResponse
        What was written.
    send : callable
        Puts a message to the views on the wire.
    realm : Realm
        Who goes on from a token that is chosen.
    config : GenerationConfig
        How.
    """

    def __init__(
        self,
        response: GenerationResponse,
        send: Callable[[dict[str, Any]], None],
        realm: Any,
        config: GenerationConfig,
    ) -> None:
        self._realm = realm
        self._config = config.with_changes(logprobs=config.logprobs or NUM_ALTERNATIVES)
        self._lock = threading.RLock()
        self._answer: Answer | None = None
        self._conversation = Conversation()
        self._conversation.root.add(
            Node(
                "assistant",
                response.text,
                model=response.model,
                prompt_ids=response.prompt_ids,
                token_ids=response.token_ids,
                tokens=tokens_of(response),
            )
        )
        self.channel = Channel("tokens", send, self._snapshot, self._lock)
        self.channel.handle(
            {"stop": self.stop, "show_alternative": self._show_alternative, "tokens": self._tokens}
        )
        self.channel.handle({"continue": self._continue}, slow=True)

    @property
    def shown(self) -> Node:
        """The alternative that is shown."""
        return self._conversation.tail

    def stop(self) -> None:
        """End what is being written; its text is kept."""
        answer = self._answer
        if answer is not None:
            answer.cancel()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of what is being written; return whether it came."""
        answer = self._answer
        return True if answer is None else answer.wait(timeout_s)

    # -- listening to an answer (called with the lock held) --------------------------

    def grew(self, answer: Answer, text: str) -> None:
        """Send the new text to the views if they show it."""
        if answer.node is self.shown:
            self.channel.event(
                "delta", conversation=self._conversation.id, message=answer.node.id, text=text
            )

    def moved(self, answer: Answer) -> None:
        """Say nothing: the views show no figures of what is being written."""

    def ended(self, answer: Answer) -> None:
        """Send the finished message; the views ask for its tokens."""
        if answer.node is self.shown:
            self._emit_message()

    # -- requests ----------------------------------------------------------------------

    def _continue(self, message: str, index: int, token_id: int | None) -> MessageResult:
        with self._lock:
            node = self._conversation.find(message)
        info = self._model(str(node.model))
        with self._lock:
            if self.shown.is_under_way:
                raise ConfigError("an answer is under way: wait for its end or stop it first")
            prefix = prefix_of(self._realm, node, index, token_id)
            fresh = self._conversation.root.add(
                Node("assistant", state="waiting", model=node.model)
            )
            self._answer = Answer(
                self._realm,
                lock=self._lock,
                listener=self,
                find_model=lambda _on_progress, _cancel: info,
                conversation=self._conversation,
                node=fresh,
                turns=(),
                system="",
                config=self._config,
                prefix=prefix,
            )
            self._emit_message()
            self._answer.start()
            return {"message": fresh.id}

    def _show_alternative(self, message: str, alternative: int) -> MessageResult:
        with self._lock:
            node = self._conversation.find(message).alternative(alternative)
            self._conversation.show(node)
            self._emit_message()
            return {"message": node.id}

    def _tokens(self, message: str) -> TokensResult:
        with self._lock:
            return {"tokens": self._conversation.find(message).tokens}

    # -- inside ------------------------------------------------------------------------

    def _model(self, model_id: str) -> ModelInfo:
        """Return the model that wrote the answer; one that ships is loaded if need be."""
        info: ModelInfo
        if self._realm.is_model_loaded(model_id):
            info = self._realm.model_info(model_id)
        elif model_id in shipped_names():
            info = self._realm.load_model(model_id)
        else:
            raise ConfigError(
                f"the model {model_id!r} is not loaded in this widget's realm; give it the one "
                "that wrote the answer: inspect(response, realm)",
                field="realm",
            )
        return info

    def _emit_message(self) -> None:
        self.channel.event(
            "message", conversation=self._conversation.id, message=self.shown.as_message()
        )

    def _snapshot(self) -> TokensState:
        return {"message": self.shown.as_message(), "tokens": self.shown.tokens}
