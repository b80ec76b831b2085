"""What a chat tells its views: one method per event, and the snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realm_jupyter.widget.answer import idle_status
from realm_jupyter.widget.sampling import FIELDS

if TYPE_CHECKING:
    from realm_jupyter.widget.chat_session import ChatSession
    from realm_jupyter.widget.conversation import Node
    from realm_jupyter.widget.messages import ChatState, Message, Settings, Status

__all__ = ["ChatEvents"]


class ChatEvents:
    """Sends the state of a session, which holds its lock meanwhile.

    Parameters
    ----------
    session : ChatSession
    """

    def __init__(self, session: ChatSession) -> None:
        self._session = session
        self._choices: tuple[Any, Any] | None = None

    def delta(self, node: Node, text: str) -> None:
        """Tell of text that was appended to a shown message."""
        self._send("delta", conversation=self._open_id, message=node.id, text=text)

    def message(self, node: Node) -> None:
        """Tell of one message that changed."""
        self._send("message", conversation=self._open_id, message=node.as_message())

    def path(self) -> None:
        """Tell that other messages are shown."""
        self._send("messages", conversation=self._open_id, messages=self._messages())

    def conversations(self) -> None:
        """Tell of the list of conversations."""
        self._send(
            "conversations",
            conversation=self._open_id,
            conversations=self._session.shelf.summaries(),
        )

    def settings(self) -> None:
        """Tell of the settings."""
        self._send("settings", settings=self._settings())

    def status(self) -> None:
        """Tell of what the chat does."""
        self._send("status", status=self._status())

    def choices(self, *, only_news: bool = False) -> None:
        """Tell of the models; with ``only_news`` only if any came, went or was chosen."""
        before = self._choices
        models, model = self._read_choices()
        if not only_news or (models, model) != before:
            self._send("choices", models=models, model=model)

    def snapshot(self) -> ChatState:
        """Return everything."""
        models, model = self._read_choices()
        return {
            "conversation": self._open_id,
            "conversations": self._session.shelf.summaries(),
            "messages": self._messages(),
            "settings": self._settings(),
            "fields": list(FIELDS),
            "models": models,
            "model": model,
            "status": self._status(),
        }

    # -- inside --------------------------------------------------------------------

    @property
    def _open_id(self) -> str:
        return self._session.shelf.open.id

    def _send(self, name: str, **fields: Any) -> None:
        self._session.channel.event(name, **fields)

    def _messages(self) -> list[Message]:
        return [node.as_message() for node in self._session.shelf.open.path]

    def _settings(self) -> Settings:
        session = self._session
        return {
            "system": session.system,
            "record_tokens": session.is_recording,
            "values": session.sampling.values(),
        }

    def _status(self) -> Status:
        answer, choosing = self._session.answer, self._session.choosing
        status = idle_status() if answer is None else answer.status()
        if status["state"] == "idle" and choosing is not None:
            status["state"], status["load"] = "loading", choosing[0].as_load()
        return status

    def _read_choices(self) -> tuple[Any, Any]:
        picker = self._session.picker
        self._choices = (picker.choices(), picker.current)
        return self._choices
