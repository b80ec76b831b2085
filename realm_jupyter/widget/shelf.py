"""The conversations of a chat, and which one is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.errors import ConfigError
from realm_jupyter.widget.conversation import Conversation

if TYPE_CHECKING:
    from realm_jupyter.widget.messages import Conversation as Summary

__all__ = ["Shelf"]

_MAX_TITLE_LENGTH = 200


class Shelf:
    """At least one conversation, one of which is open; not safe from several threads."""

    def __init__(self, first: Conversation) -> None:
        self.open = first
        self._all = [first]

    def find(self, conversation_id: str) -> Conversation:
        """Return a conversation by id.

        Raises
        ------
        ConfigError
            If it is not there.
        """
        for found in self._all:
            if found.id == conversation_id:
                return found
        raise ConfigError(
            "this conversation is not there any more", field="conversation", value=conversation_id
        )

    def show(self, conversation: Conversation) -> None:
        """Open a conversation, one of these or a new one."""
        if conversation not in self._all:
            self._all.append(conversation)
        self.open = conversation

    def begin(self) -> Conversation:
        """Open an empty conversation: one that is there already, or a new one."""
        empty = [item for item in self._all if not item.path and not item.given_title]
        conversation = empty[0] if empty else Conversation()
        conversation.touch()
        self.show(conversation)
        return conversation

    def rename(self, conversation: Conversation, title: str) -> None:
        """Give a conversation a name; an empty one stands for its first words."""
        conversation.given_title = " ".join(title.split())[:_MAX_TITLE_LENGTH]

    def remove(self, conversation: Conversation) -> None:
        """Forget a conversation; the one changed last before it is opened instead."""
        self._all.remove(conversation)
        if conversation is self.open:
            if self._all:
                self.open = max(self._all, key=lambda item: item.changed)
            else:
                self.begin()

    def summaries(self) -> list[Summary]:
        """Return the list as the views show it, the one changed last first."""
        shown = sorted(self._all, key=lambda item: item.changed, reverse=True)
        return [item.as_summary() for item in shown]
