"""A conversation as a tree: messages with alternatives, of which one path is shown."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from realm_jupyter.errors import ConfigError
from realm_jupyter.types import ChatMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from realm_jupyter.widget.messages import Conversation as Summary
    from realm_jupyter.widget.messages import ErrorInfo, Message, Stats, Token

__all__ = ["Conversation", "Node"]

_TITLE_LENGTH = 48
_NEW_TITLE = "New chat"
_clock = itertools.count(1)


def _new_id() -> str:
    return secrets.token_hex(6)


@dataclass(eq=False)
class Node:
    """One message and the messages that may follow it.

    Parameters
    ----------
    role : {"user", "assistant"}
    text : str
        What the views were sent of it.
    parent : Node, optional
        None for the root, which is no message.
    state, error, model, stats
        As in the message table.
    prompt_ids, token_ids : tuple of int
        What the model read and wrote, where known.
    tokens : list of Token
        One per token of ``token_ids`` if they were recorded, else empty.
    """

    role: Literal["user", "assistant"]
    text: str = ""
    parent: Node | None = None
    state: Literal["waiting", "generating", "done", "stopped", "error"] = "done"
    error: ErrorInfo | None = None
    model: str | None = None
    stats: Stats | None = None
    prompt_ids: tuple[int, ...] = ()
    token_ids: tuple[int, ...] = ()
    tokens: list[Token] = field(default_factory=list)
    id: str = field(default_factory=_new_id)
    children: list[Node] = field(default_factory=list)
    shown: int = 0

    def add(self, child: Node) -> Node:
        """Append an alternative of what follows and show it."""
        child.parent = self
        self.children.append(child)
        self.shown = len(self.children) - 1
        return child

    @property
    def siblings(self) -> list[Node]:
        """All alternatives at this place, itself included."""
        return [self] if self.parent is None else self.parent.children

    def alternative(self, index: int) -> Node:
        """Return one of the alternatives at this place.

        Raises
        ------
        ConfigError
            If there are not so many.
        """
        if not 0 <= index < len(self.siblings):
            raise ConfigError(
                f"alternative={index} is none of the {len(self.siblings)} of this message",
                field="alternative",
                value=index,
            )
        return self.siblings[index]

    @property
    def is_under_way(self) -> bool:
        """Whether an answer is being written here."""
        return self.state in {"waiting", "generating"}

    @property
    def is_recorded(self) -> bool:
        """Whether its tokens are known, so that the model can go on from any of them."""
        return bool(self.prompt_ids and self.token_ids) and not self.is_under_way

    @property
    def can_continue(self) -> bool:
        """Whether it was cut short, and the model can go on at its end."""
        reason = self.stats["finish_reason"] if self.stats else "stop"
        return self.is_recorded and reason != "stop"

    def as_message(self) -> Message:
        """Return what the views show of it."""
        return {
            "id": self.id,
            "role": self.role,
            "text": self.text,
            "state": self.state,
            "error": self.error,
            "alternative": self.siblings.index(self),
            "num_alternatives": len(self.siblings),
            "model": self.model,
            "stats": self.stats,
            "has_tokens": bool(self.tokens),
            "can_continue": self.can_continue,
        }


class Conversation:
    """A tree of messages; `path` is the one that is shown.

    Parameters
    ----------
    title : str, optional
        Its name; taken from the first message while there is none.
    """

    def __init__(self, title: str = "") -> None:
        self.id = _new_id()
        self.root = Node("assistant")
        self.given_title = title
        self.changed = next(_clock)

    @classmethod
    def from_messages(cls, messages: Iterable[ChatMessage], title: str = "") -> Conversation:
        """Return a conversation of these turns; those of the system are left out."""
        conversation = cls(title)
        conversation.extend(messages)
        return conversation

    def extend(self, messages: Iterable[ChatMessage]) -> None:
        """Append turns to what is shown; those of the system are left out."""
        last = self.tail
        for message in messages:
            if message.role == "assistant":
                last = last.add(Node("assistant", message.content))
            elif message.role != "system":
                last = last.add(Node("user", message.content))

    def touch(self) -> None:
        """Make it the one that was changed last."""
        self.changed = next(_clock)

    @property
    def path(self) -> list[Node]:
        """The messages that are shown, the first one first."""
        return list(self._descend(self.root))

    @property
    def tail(self) -> Node:
        """The last message that is shown; the root while there is none."""
        return (self.path or [self.root])[-1]

    @property
    def title(self) -> str:
        """Its name, or the first line of its first message."""
        if self.given_title:
            return self.given_title
        first = next((node.text for node in self.path if node.role == "user"), "")
        line = " ".join(first.split())
        if len(line) > _TITLE_LENGTH:
            line = line[: _TITLE_LENGTH - 1].rstrip() + "…"
        return line or _NEW_TITLE

    def find(self, message_id: str) -> Node:
        """Return a message by id, shown or not.

        Raises
        ------
        ConfigError
            If it is not there.
        """
        pending = list(self.root.children)
        while pending:
            node = pending.pop()
            if node.id == message_id:
                return node
            pending.extend(node.children)
        raise ConfigError("this message is not there any more", field="message", value=message_id)

    def show(self, node: Node) -> None:
        """Show the path that leads to a message."""
        while node.parent is not None:
            node.parent.shown = node.parent.children.index(node)
            node = node.parent

    def nodes(self) -> Iterator[Node]:
        """Yield every message, shown or not."""
        pending = list(self.root.children)
        while pending:
            node = pending.pop()
            yield node
            pending.extend(node.children)

    def as_summary(self) -> Summary:
        """Return its line in the list."""
        return {
            "id": self.id,
            "title": self.title,
            "num_messages": len(self.path),
            "is_generating": any(node.is_under_way for node in self.nodes()),
        }

    def turns(self, *, until: Node | None = None) -> list[ChatMessage]:
        """Return the shown messages as a model is asked to go on from them.

        Parameters
        ----------
        until : Node, optional
            The message to be written; it and what follows are left out.

        Notes
        -----
        Chat templates want user and assistant in turn: an answer without text (one that
        failed, say) is left out, and users' messages that then meet become one.
        """
        found: list[ChatMessage] = []
        nodes = self.path if until is None else list(self._ascend(until))[::-1][:-1]
        for node in nodes:
            if node.role == "assistant" and not node.text:
                continue
            if found and node.role == "user" and found[-1].role == "user":
                found[-1] = ChatMessage("user", f"{found[-1].content}\n\n{node.text}")
            else:
                found.append(ChatMessage(node.role, node.text))
        return found

    @staticmethod
    def _descend(node: Node) -> Iterator[Node]:
        while node.children:
            node = node.children[node.shown]
            yield node

    @staticmethod
    def _ascend(node: Node) -> Iterator[Node]:
        while node.parent is not None:
            yield node
            node = node.parent
