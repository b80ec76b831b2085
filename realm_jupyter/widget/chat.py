"""`ChatWidget`: a chat in a notebook's cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import publish_display_data

from realm_jupyter.types import ChatMessage, GenerationConfig
from realm_jupyter.widget.chat_session import ChatSession
from realm_jupyter.widget.conversation import Conversation
from realm_jupyter.widget.formats import to_markdown, to_openai
from realm_jupyter.widget.saved import SavedTranscript, transcript_bundle
from realm_jupyter.widget.shared_realm import realm_of
from realm_jupyter.widget.view import RealmWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike

    from realm_jupyter.realm import Realm
    from realm_jupyter.registry import RealmRegistry

__all__ = ["ChatWidget", "chat_widget"]


class ChatWidget(RealmWidget):
    """A chat; see `chat_widget`.

    Notes
    -----
    Every method is safe from any thread. What was said is kept in the kernel, so any
    number of views show the same, and below the widget as a folded transcript, which
    is all that is left where there is no kernel.
    """

    def __init__(
        self,
        realm: Any,
        *,
        model: Any = None,
        default: str | None = None,
        system: str = "",
        config: GenerationConfig | None = None,
        conversation: Conversation | None = None,
    ) -> None:
        super().__init__("chat")
        self._listeners: list[Callable[[ChatWidget], object]] = []
        self._saved = SavedTranscript(self._transcript_bundle)
        self.session = ChatSession(
            realm,
            self.send,
            model=model,
            default=default,
            system=system,
            config=config,
            conversation=conversation,
            on_change=self._changed,
        )
        self.connect(self.session.channel)

    @property
    def messages(self) -> list[ChatMessage]:
        """What is said in the open conversation, the system prompt first."""
        return self.session.messages()

    @property
    def is_busy(self) -> bool:
        """Whether an answer is under way."""
        return self.session.is_busy

    def send(self, content: Any, buffers: Any = None) -> None:
        """Ask, as if it was typed; returns at once. `wait` waits for the answer.

        Parameters
        ----------
        content : str
            What to ask. (Anything else is a message to the views, as in ipywidgets.)
        buffers : list of bytes-like, optional
            Of a message to the views.

        Raises
        ------
        PromptError
            If it is empty.
        ConfigError
            If an answer is under way.
        """
        if isinstance(content, str):
            self.session.send(content)
        else:
            super().send(content, buffers)

    def stop(self) -> None:
        """End the answer under way; its text is kept."""
        self.session.stop()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of the answer under way.

        Parameters
        ----------
        timeout_s : float, optional

        Returns
        -------
        bool
            Whether it came in time.
        """
        return self.session.wait(timeout_s)

    def adopt(self, messages: Sequence[ChatMessage]) -> None:
        """Show a conversation that goes on elsewhere too, such as in cells.

        Parameters
        ----------
        messages : sequence of ChatMessage
            All of it. What goes on from what is shown is appended there; anything else
            becomes a conversation of its own.
        """
        self.session.adopt(messages)

    def close(self) -> None:
        """End the answer under way and take the widget off the page."""
        if hasattr(self, "session"):
            self.session.stop()
        super().close()

    def to_markdown(self) -> str:
        """Return the open conversation as Markdown."""
        messages = self.messages
        title = self.session.conversation.title
        return to_markdown(messages, title) if messages else "*(an empty chat)*"

    def to_static(self) -> str:
        """Return the open conversation for viewers without widgets."""
        return self._transcript_bundle()["text/markdown"] or "*(an empty chat)*"

    def to_openai(self) -> list[dict[str, str]]:
        """Return the open conversation as OpenAI messages."""
        return to_openai(self.messages)

    def on_change(self, listener: Callable[[ChatWidget], object]) -> None:
        """Have ``listener(self)`` called when an answer ended or a message was edited."""
        self._listeners.append(listener)

    def _ipython_display_(self) -> None:
        # Without the Markdown form: the transcript below it is the same text.
        publish: Any = publish_display_data
        publish(*self.view_bundle())
        self._saved.show(publish)

    def _changed(self) -> None:
        shell: Any = InteractiveShell.instance() if InteractiveShell.initialized() else None
        if getattr(shell, "kernel", None) is not None:  # a terminal has no outputs to exchange
            self._saved.update(shell.display_pub.publish)
        for listener in list(self._listeners):
            listener(self)

    def _transcript_bundle(self) -> dict[str, str]:
        return transcript_bundle(self.messages)


def chat_widget(
    realm: Realm | RealmRegistry | None = None,
    *,
    system: str | None = None,
    model: str | PathLike[str] | None = None,
    conversation: str | Sequence[ChatMessage | Mapping[str, Any]] | None = None,
    config: GenerationConfig | None = None,
    **sampling: Any,
) -> ChatWidget:
    """Return a chat to be shown in a cell's output.

    Parameters
    ----------
    realm : Realm or RealmRegistry, optional
        Who answers; by default one that all widgets share.
    system : str, optional
        System prompt; can be changed in the chat.
    model : str or path-like, optional
        The model to start with: loaded, shipped (``"paris"``), or a GGUF file, which is
        loaded at the first question. By default the realm's current one, or else the
        first that ships with the package.
    conversation : str or sequence of messages, optional
        The name of the first conversation, or what was said in it.
    config : GenerationConfig, optional
        Where the sampling settings start.
    **sampling
        Fields of `GenerationConfig`.

    Returns
    -------
    ChatWidget

    Raises
    ------
    SamplingParamsError
        If a sampling parameter is unknown or out of range.
    PromptError
        If a message is malformed.

    Examples
    --------
    >>> from realm_jupyter import chat_widget
    >>> chat = chat_widget(model="paris", temperature=0)
    >>> chat.send("What is the capital of France?")
    >>> chat.wait()
    True
    >>> "Paris" in chat.messages[-1].content
    True
    """
    started = None
    if isinstance(conversation, str):
        started = Conversation(conversation)
    elif conversation is not None:
        turns = [ChatMessage.from_any(message) for message in conversation]
        said = "\n\n".join(turn.content for turn in turns if turn.role == "system")
        system = said if system is None else system
        started = Conversation.from_messages(turns)
    return ChatWidget(
        realm_of(realm),
        model=model,
        system=system or "",
        config=(config or GenerationConfig()).with_changes(**sampling),
        conversation=started,
    )
