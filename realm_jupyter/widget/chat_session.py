"""A chat without its looks: conversations, settings, and the answer under way."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import ConfigError, PromptError
from realm_jupyter.types import CancelToken, ChatMessage
from realm_jupyter.widget.answer import Answer
from realm_jupyter.widget.channel import Channel
from realm_jupyter.widget.chat_events import ChatEvents
from realm_jupyter.widget.code import as_python
from realm_jupyter.widget.conversation import Conversation, Node
from realm_jupyter.widget.formats import from_file, to_cells, to_json, to_markdown
from realm_jupyter.widget.picker import Picker
from realm_jupyter.widget.progress import LoadMeter
from realm_jupyter.widget.recording import Prefix, prefix_of
from realm_jupyter.widget.sampling import NUM_ALTERNATIVES, Sampling
from realm_jupyter.widget.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realm_jupyter.types import GenerationConfig, LoadProgress
    from realm_jupyter.widget.messages import (
        ConversationResult,
        MessageResult,
        TextResult,
        TokensResult,
    )

__all__ = ["ChatSession"]

_MAX_FILE_NAME_LENGTH = 60
_DEFAULT_MODEL = "paris"


class ChatSession:
    """All that a chat knows; every method is safe from any thread.

    Parameters
    ----------
    realm : Realm
    send : callable
        Puts a message to the views on the wire.
    model : str or path-like, optional
        What answers; by default the realm's current model.
    default : str, optional
        What is loaded where the realm has no model; else the first that ships.
    system : str
        System prompt.
    config : GenerationConfig, optional
        Where the sampling settings start.
    conversation : Conversation, optional
        What has been said already.
    on_change : callable, optional
        Called on a thread of its own when an answer ended or what is shown changed.
    """

    def __init__(
        self,
        realm: Any,
        send: Callable[[dict[str, Any]], None],
        *,
        model: Any = None,
        default: str | None = None,
        system: str = "",
        config: GenerationConfig | None = None,
        conversation: Conversation | None = None,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        self.realm = realm
        self.system = system
        self.sampling = Sampling(config)
        self.picker = Picker(realm, model, default)
        self._start_system = system
        self.is_recording = False
        self._on_change = on_change or (lambda: None)
        self._lock = threading.RLock()
        self.shelf = Shelf(conversation or Conversation())
        self.answer: Answer | None = None
        self.choosing: tuple[LoadMeter, CancelToken] | None = None
        self.events = ChatEvents(self)
        self.channel = Channel("chat", send, self.events.snapshot, self._lock)
        self.channel.handle(
            {
                "ping": self._ping,
                "send": self._send,
                "stop": self.stop,
                "edit": self._edit,
                "regenerate": self._regenerate,
                "retry": self._retry,
                "show_alternative": self._show_alternative,
                "continue": self._continue,
                "tokens": self._tokens,
                "new_conversation": self._new_conversation,
                "open_conversation": self._open_conversation,
                "rename_conversation": self._rename_conversation,
                "delete_conversation": self._delete_conversation,
                "export": self._export,
                "import": self._import,
                "change_settings": self._change_settings,
                "reset_settings": self._reset_settings,
                "copy_python": self._copy_python,
            }
        )
        self.channel.handle({"choose_model": self._choose_model}, slow=True)

    # -- for Python ----------------------------------------------------------------

    @property
    def conversation(self) -> Conversation:
        """The conversation that is open."""
        return self.shelf.open

    @property
    def is_busy(self) -> bool:
        """Whether an answer is under way."""
        return self.answer is not None and self.answer.node.is_under_way

    def messages(self, conversation: Conversation | None = None) -> list[ChatMessage]:
        """Return what has been said, the system prompt first if there is one."""
        with self._lock:
            shown = (conversation or self.shelf.open).path
            found = [ChatMessage(node.role, node.text) for node in shown]
            return [ChatMessage("system", self.system), *found] if self.system else found

    def send(self, text: str) -> None:
        """Ask; the answer is written on a thread of its own. See `wait`."""
        self._send(text)

    def stop(self) -> None:
        """End the answer under way, and loading for it; its text is kept."""
        with self._lock:
            answer, choosing = self.answer, self.choosing
            if choosing is not None:
                choosing[1].cancel()
            if answer is None or not answer.node.is_under_way:
                return
        # Without the lock: whoever is cancelled may wait for it.
        answer.cancel()
        with self._lock:
            self.events.status()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end of the answer under way; return whether it came."""
        answer = self.answer
        return True if answer is None else answer.wait(timeout_s)

    def open(self, conversation: Conversation) -> None:
        """Show a conversation, one of this chat or a new one."""
        with self._lock:
            self.shelf.show(conversation)
            self.events.path()
            self.events.conversations()
        self._changed()

    def adopt(self, messages: Sequence[ChatMessage]) -> None:
        """Show a conversation that goes on elsewhere too; see `ChatWidget.adopt`."""
        with self._lock:
            said = [item for item in messages if item.role != "system"]
            system = [item.content for item in messages if item.role == "system"]
            if system and system[0] != self.system:
                self.system = system[0]
                self.events.settings()
            shown = [ChatMessage(node.role, node.text) for node in self.shelf.open.path]
            if shown == said:
                return
            if not shown or shown != said[: len(shown)]:
                self.shelf.begin()
                shown = []
            self.shelf.open.extend(said[len(shown) :])
            self._show_tree()

    # -- listening to an answer (called with the lock held) --------------------------

    def grew(self, answer: Answer, text: str) -> None:
        """Send the new text to the views that show it."""
        if answer.conversation is self.shelf.open:
            self.events.delta(answer.node, text)

    def moved(self, answer: Answer) -> None:
        """Send the status."""
        if answer is self.answer:
            self.events.status()

    def ended(self, answer: Answer) -> None:
        """Send the finished message and what follows from it."""
        answer.conversation.touch()
        if answer.conversation is self.shelf.open:
            self.events.message(answer.node)
        if answer is self.answer:
            self.events.status()
        self.events.conversations()
        self.events.choices()
        self._changed()

    # -- requests: messages ----------------------------------------------------------

    def _send(self, text: str) -> MessageResult:
        if not text.strip():
            raise PromptError("the message is empty: write something first")
        with self._lock:
            self._check_free()
            question = self.shelf.open.tail.add(Node("user", text))
            return self._write(question.add(Node("assistant")))

    def _edit(self, message: str, text: str) -> MessageResult:
        if not text.strip():
            raise PromptError("the message is empty: write something first")
        with self._lock:
            node = self.shelf.open.find(message)
            parent = self._parent_of(node)
            if node.role == "assistant":
                self._check_not_under_way(node)
                edited = parent.add(Node("assistant", text, model=node.model))
                self._show_tree()
                self._changed()
                return {"message": edited.id}
            self._check_free()
            question = parent.add(Node("user", text))
            return self._write(question.add(Node("assistant")))

    def _regenerate(self, message: str) -> MessageResult:
        with self._lock:
            self._check_free()
            node = self._answer_node(message)
            return self._write(self._parent_of(node).add(Node("assistant")))

    def _retry(self, message: str) -> MessageResult:
        with self._lock:
            self._check_free()
            node = self._answer_node(message)
            if node.state not in {"error", "stopped"}:
                raise ConfigError("only a message that failed can be retried", field="message")
            # In its place: what follows a failure is dropped with it.
            node.text, node.state, node.error, node.stats = "", "waiting", None, None
            node.children, node.tokens, node.token_ids, node.prompt_ids = [], [], (), ()
            return self._write(node)

    def _show_alternative(self, message: str, alternative: int) -> MessageResult:
        with self._lock:
            node = self.shelf.open.find(message).alternative(alternative)
            self.shelf.open.show(node)
            self._show_tree()
        self._changed()
        return {"message": node.id}

    def _continue(self, message: str, index: int, token_id: int | None) -> MessageResult:
        with self._lock:
            self._check_free()
            node = self._answer_node(message)
            if not self.realm.is_model_loaded(node.model):
                raise ConfigError(
                    f"the model {node.model!r} that wrote this is not loaded any more",
                    field="message",
                )
            prefix = prefix_of(self.realm, node, index, token_id)
            fresh = self._parent_of(node).add(Node("assistant"))
            return self._write(fresh, model=node.model, prefix=prefix)

    def _tokens(self, message: str) -> TokensResult:
        with self._lock:
            return {"tokens": self.shelf.open.find(message).tokens}

    # -- requests: conversations -----------------------------------------------------

    def _new_conversation(self) -> ConversationResult:
        with self._lock:
            conversation = self.shelf.begin()
            self.open(conversation)
        return {"conversation": conversation.id}

    def _open_conversation(self, conversation: str) -> ConversationResult:
        with self._lock:
            self.open(self.shelf.find(conversation))
        return {"conversation": conversation}

    def _rename_conversation(self, conversation: str, title: str) -> ConversationResult:
        with self._lock:
            self.shelf.rename(self.shelf.find(conversation), title)
            self.events.conversations()
        return {"conversation": conversation}

    def _delete_conversation(self, conversation: str) -> ConversationResult:
        with self._lock:
            found, answer = self.shelf.find(conversation), self.answer
            self.shelf.remove(found)
            self.events.path()
            self.events.conversations()
        # Without the lock: whoever is cancelled may wait for it.
        if answer is not None and answer.conversation is found:
            answer.cancel()
        self._changed()
        return {"conversation": self.shelf.open.id}

    def _export(self, conversation: str, format: str) -> TextResult:  # noqa: A002 - the wire's name
        found = self.shelf.find(conversation)
        messages = self.messages(found)
        stem = re.sub(r"[^\w -]+", "", found.title).strip()[:_MAX_FILE_NAME_LENGTH] or "chat"
        if format == "markdown":
            text, suffix, mime = to_markdown(messages, found.title), "md", "text/markdown"
        elif format == "json":
            text, suffix, mime = to_json(messages), "json", "application/json"
        else:
            text, suffix, mime = to_cells(messages), "ipynb", "application/x-ipynb+json"
        return {"text": text, "filename": f"{stem}.{suffix}", "mime": mime}

    def _import(self, filename: str, text: str) -> ConversationResult:
        messages = from_file(text, filename)
        title = filename.rpartition("/")[2].rpartition(".")[0]
        conversation = Conversation.from_messages(messages, title)
        system = "\n\n".join(item.content for item in messages if item.role == "system")
        with self._lock:
            if system:
                self.system = system
                self.events.settings()
            self.open(conversation)
        return {"conversation": conversation.id}

    # -- requests: settings ----------------------------------------------------------

    def _change_settings(
        self, *, system: str | None, record_tokens: bool | None, values: dict[str, Any]
    ) -> None:
        with self._lock:
            self.sampling.change(values)
            if system is not None:
                self.system = system
            if record_tokens is not None:
                self.is_recording = record_tokens
            self.events.settings()

    def _reset_settings(self) -> None:
        with self._lock:
            self.sampling.reset()
            self.system = self._start_system
            self.is_recording = False
            self.events.settings()

    def _copy_python(self) -> TextResult:
        with self._lock:
            name = self.picker.current or _DEFAULT_MODEL
            infos = {info.id: info for info in self.realm.models()}
            info = infos.get(name)
            text = as_python(
                name if info is None else self.picker.source_of(info),
                self.messages(),
                self.sampling.changed(),
                is_chat=info is None or info.has_chat_template,
            )
        return {"text": text, "filename": None, "mime": "text/x-python"}

    def _choose_model(self, model: str) -> None:
        before = self.picker.current
        self.picker.choose(model)
        if self.realm.is_model_loaded(model):
            self.events.choices()
            return
        meter, cancel = LoadMeter(model), CancelToken()
        with self._lock:
            self.choosing = (meter, cancel)
            self.events.choices()
            self.events.status()
        try:
            self.picker.find(self._on_load, cancel)
        except Exception:
            if before is not None and before != model:
                self.picker.choose(before)
            else:
                self.picker.forget()
            raise
        finally:
            with self._lock:
                self.choosing = None
                self.events.choices()
                self.events.status()

    def _on_load(self, progress: LoadProgress) -> None:
        with self._lock:
            if self.choosing is not None and self.choosing[0].read(progress):
                self.events.status()

    def _ping(self) -> dict[str, int]:
        """Say that the kernel is there; tell of models that came or went meanwhile."""
        self.events.choices(only_news=True)
        return {"seq": self.channel.seq}

    # -- inside ----------------------------------------------------------------------

    def _write(
        self, node: Node, *, model: str | None = None, prefix: Prefix | None = None
    ) -> MessageResult:
        """Start writing an answer; called with the lock held."""
        node.state = "waiting"
        node.model = model or self.picker.current
        conversation = self.shelf.open
        conversation.show(node)
        conversation.touch()
        config = self.sampling.config
        if self.is_recording:
            config = config.with_changes(logprobs=NUM_ALTERNATIVES)
        self.answer = Answer(
            self.realm,
            lock=self._lock,
            listener=self,
            find_model=(
                self.picker.find
                if model is None
                else lambda _on_progress, _cancel: self.realm.model_info(model)
            ),
            conversation=conversation,
            node=node,
            turns=conversation.turns(until=node),
            system=self.system,
            config=config,
            prefix=prefix,
        )
        self.events.path()
        self.events.conversations()
        self.events.status()
        self.answer.start()
        return {"message": node.id}

    def _check_free(self) -> None:
        if self.is_busy:
            raise ConfigError("an answer is under way: wait for its end or stop it first")

    @staticmethod
    def _check_not_under_way(node: Node) -> None:
        if node.is_under_way:
            raise ConfigError("this message is still being written: stop it first")

    @staticmethod
    def _parent_of(node: Node) -> Node:
        if node.parent is None:
            raise ConfigError("this message is not there any more", field="message")
        return node.parent

    def _answer_node(self, message: str) -> Node:
        node = self.shelf.open.find(message)
        if node.role != "assistant":
            raise ConfigError("this is not a message of the model", field="message", value=message)
        return node

    def _changed(self) -> None:
        """Tell whoever keeps what was said; on a thread, because saving may take long."""
        threading.Thread(target=self._on_change, name="realm-widget-save", daemon=True).start()

    def _show_tree(self) -> None:
        self.shelf.open.touch()
        self.events.path()
        self.events.conversations()
