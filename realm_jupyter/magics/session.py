"""What the magics remember of a notebook: its realm, conversations and last response."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Protocol

from realm_jupyter.errors import MagicError
from realm_jupyter.human import model_line, one_line
from realm_jupyter.magics.display import PlainScreen, RichScreen, SilentScreen
from realm_jupyter.magics.progress import with_bar
from realm_jupyter.options import did_you_mean
from realm_jupyter.types import CancelToken, GenerationConfig
from realm_jupyter.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realm_jupyter.magics.display import Screen
    from realm_jupyter.magics.progress import OnProgress
    from realm_jupyter.types import ChatMessage, ModelInfo
    from realm_jupyter.widget.chat import ChatWidget
    from realm_jupyter.widget.models import ModelsWidget

__all__ = ["LAST_RESPONSE", "Session", "Settings", "guest_names", "shipped_names"]

LAST_RESPONSE = "_realm"


class Settings(Protocol):
    """The traits of the magics that commands read."""

    default_model: str
    device: str
    display: str
    executor: str
    format: str
    generation: dict[str, Any]
    interpolate: bool
    kv_type: str
    show_status: bool
    system: str
    updates_per_second: float


def shipped_names() -> tuple[str, ...]:
    """Return the names of the models that ship with the package."""
    from realm_jupyter.models import sources  # noqa: PLC0415 - numpy waits

    return tuple(sources.shipped_names())


def guest_names() -> list[str]:
    """Return the names of the guests that were compiled in this process."""
    from realm_jupyter import sandbox  # noqa: PLC0415 - wasmtime waits

    return sandbox.guest_names()


class Session:
    """The state behind ``%realm``.

    Parameters
    ----------
    shell : InteractiveShell
        Whose variables and outputs are used.
    settings : Settings
        The traits of `RealmMagics`.
    make_realm : callable
        Returns the notebook's `Realm`; called when it is first needed.
    """

    def __init__(self, shell: Any, settings: Settings, make_realm: Callable[[], Any]) -> None:
        self.shell = shell
        self.settings = settings
        self.conversations: dict[str, list[ChatMessage]] = {}
        self._chats: dict[str, ChatWidget] = {}
        self._guests: dict[str, tuple[Any, Any]] = {}
        self._make_realm = make_realm
        self._realm_maker: Worker[Any] | None = None
        self._server: Any = None

    # -- the realm -----------------------------------------------------------------

    @property
    def realm(self) -> Any:
        """The notebook's realm, made when it is first needed, or the server's."""
        if self._server is not None:
            return self._server
        if self._realm_maker is None:
            # On a thread: an interrupt must not leave imports half done.
            self._realm_maker = Worker(self._make_realm, "realm-start")
        try:
            return self._realm_maker.result()
        except Exception:
            self._realm_maker = None
            raise

    @property
    def has_realm(self) -> bool:
        """Whether the realm was made already."""
        return self._server is not None or (
            self._realm_maker is not None and self._realm_maker.is_done
        )

    def connect(self, url: str | None, api_key: str | None) -> Any:
        """Have a server answer from now on; models of this kernel stay loaded.

        Raises
        ------
        RealmError
            If there is no server, or it does not let us in; nothing changes then.
        """
        from realm_jupyter.realm import Realm  # noqa: PLC0415 - %load_ext stays fast

        server = Realm(mode="server", base_url=url, api_key=api_key)
        try:
            server.models()
        except BaseException:
            server.close()
            raise
        self.disconnect()
        self._server = server
        return server

    def disconnect(self) -> bool:
        """Have this kernel answer again; return whether a server did."""
        server, self._server = self._server, None
        self._chats.clear()  # they speak to the realm that they were made for
        if server is None:
            return False
        server.close()
        return True

    def realm_of(self, guest: str | None) -> Any:
        """Return the realm that answers: the notebook's, or one with a guest of the user's.

        Raises
        ------
        GuestMissingError, GuestAbiError
            If there is no such guest, or it is none.
        """
        if guest is None:
            return self.realm
        from realm_jupyter.sandbox import find_guest  # noqa: PLC0415 - wasmtime waits

        module = find_guest(guest)
        made_for, realm = self._guests.get(guest, (None, None))
        if made_for is None or made_for.wasm != module.wasm:
            if realm is not None:
                realm.close()
            realm = self.realm.with_guest(module.wasm)
            self._guests[guest] = (module, realm)
        return realm

    def loaded(self) -> list[ModelInfo]:
        """Return the loaded models without making a realm."""
        return list(self.realm.models()) if self.has_realm else []

    def close(self) -> None:
        """Unload everything and forget the conversations."""
        self.conversations.clear()
        self.disconnect()
        for _module, realm in self._guests.values():
            realm.close()
        self._guests.clear()
        if self._realm_maker is not None:
            maker, self._realm_maker = self._realm_maker, None
            try:
                realm = maker.result()
            except Exception:  # noqa: BLE001 - a realm that was never made needs no closing
                return
            realm.close()

    # -- conversations and widgets -------------------------------------------------

    @property
    def has_widgets(self) -> bool:
        """Whether the front end can show widgets."""
        return self.settings.display != "plain" and getattr(self.shell, "kernel", None) is not None

    def remember(self, name: str, messages: list[ChatMessage]) -> None:
        """Keep a conversation; a widget that shows it follows."""
        self.conversations[name] = messages
        if name in self._chats:
            self._chats[name].adopt(messages)

    def forget(self, name: str) -> bool:
        """Forget a conversation; return whether there was one."""
        if name in self._chats:
            self._chats[name].adopt([])
        return self.conversations.pop(name, None) is not None

    def chat_widget(self, name: str) -> ChatWidget:
        """Return the widget of a conversation, which both continue from now on."""
        from realm_jupyter.widget.chat import ChatWidget  # noqa: PLC0415 - %load_ext stays fast

        if name not in self._chats:
            chat = ChatWidget(
                self.realm,
                default=self.settings.default_model,
                system=self.settings.system,
                config=GenerationConfig(**self.settings.generation),
            )
            chat.adopt(self.conversations.get(name, []))

            def follow(changed: ChatWidget) -> None:
                self.conversations[name] = changed.messages

            chat.on_change(follow)
            self._chats[name] = chat
        return self._chats[name]

    def models_widget(self) -> ModelsWidget:
        """Return a panel of the notebook's models.

        Raises
        ------
        MagicError
            If there is no front end to show it.
        """
        if not self.has_widgets:
            raise MagicError("a panel needs a notebook; %realm models lists what is loaded here")
        from realm_jupyter.widget.models import ModelsWidget  # noqa: PLC0415 - as above

        return ModelsWidget(self.realm)

    # -- screens -------------------------------------------------------------------

    def screen(self, *, is_silent: bool = False) -> Screen:
        """Return where things are shown."""
        if is_silent:
            return SilentScreen()
        is_rich = self.settings.display == "rich" or (
            self.settings.display == "auto" and getattr(self.shell, "kernel", None) is not None
        )
        if is_rich:
            # Looked up at each use: %%capture exchanges the publisher for a while.
            publish = functools.partial(_publish, self.shell)
            return RichScreen(publish, self.settings.updates_per_second)
        return PlainScreen()

    # -- models --------------------------------------------------------------------

    def load(
        self,
        source: str,
        screen: Screen,
        *,
        model_id: str | None = None,
        device: str | None = None,
        executor: str | None = None,
        kv_type: str | None = None,
        is_news: bool = True,
    ) -> ModelInfo:
        """Load a model and show how far it is.

        Parameters
        ----------
        source : str
            A file or a shipped name.
        screen : Screen
        model_id, device, executor, kv_type : str, optional
            As for `Realm.load_model`; the settings apply where absent.
        is_news : bool
            Whether the end of the load is worth a line.

        Raises
        ------
        LoadCancelledError
            If it was stopped; the screen says so already.
        RealmError
            Whatever else loading raises.
        """

        def load_model(on_progress: OnProgress, cancel: CancelToken) -> ModelInfo:
            info: ModelInfo = self.realm.load_model(
                source,
                model_id,
                on_progress=on_progress,
                cancel=cancel,
                device=device or self.settings.device,
                executor=executor or self.settings.executor,
                kv_type=kv_type or self.settings.kv_type,
            )
            return info

        title = f"loading {source}"
        bar = screen.load_bar(source)
        info = with_bar(
            load_model, bar, title=title, stopped=f"{title} was stopped; nothing stays loaded"
        )
        bar.finish(f"{info.id} is loaded: {model_line(info)}", is_news=is_news)
        return info

    def ensure_model(self, name: str | None, screen: Screen) -> tuple[ModelInfo, tuple[str, ...]]:
        """Return the model that answers, loaded if need be, and notes for the status line.

        A shipped model that is named but not loaded is loaded; with no model loaded at
        all, the one that the settings name.

        Raises
        ------
        MagicError
            If ``name`` is neither loaded nor shipped.
        """
        realm = self.realm
        current = realm.current_model
        if name is None and current is not None:
            return realm.model_info(current), ()
        if name is not None and realm.is_model_loaded(name):
            return realm.model_info(name), ()
        if name is None:
            default = self.settings.default_model
            info = self.load(default, screen, is_news=False)
            kind = "the shipped model " if default in shipped_names() else ""
            return info, (
                f"nothing was loaded: this is {kind}{info.id}; %realm load PATH loads another",
            )
        if name not in shipped_names():
            raise self.unknown_model(name)
        info = self.load(name, screen, is_news=False)
        if current is not None:
            realm.use_model(current)
        return info, (f"{info.id} was loaded for this",)

    def unknown_model(self, name: str) -> MagicError:
        """Return the error for a model that is not loaded."""
        ids = [info.id for info in self.loaded()]
        hint = did_you_mean(name, ids)
        if not hint:
            hint = f"; loaded: {', '.join(ids)}" if ids else ""
            hint += "; %realm load PATH|NAME loads one"
        return MagicError(f"no model {one_line(name)!r} is loaded{hint}")

    # -- variables -----------------------------------------------------------------

    def variables(self) -> Mapping[str, Any]:
        """Return what ``{{name}}`` may name: the user's variables, not IPython's commands."""
        hidden = self.shell.user_ns_hidden
        return {
            name: value
            for name, value in self.shell.user_ns.items()
            if not (callable(value) and name in hidden and hidden[name] is value)
        }

    def keep(self, response: object, name: str | None) -> None:
        """Store a response as the last one and, if there is a name, in a variable."""
        self.shell.user_ns[LAST_RESPONSE] = response
        if name:
            self.shell.push({name: response}, interactive=True)


def _publish(shell: Any, *args: Any, **kwargs: Any) -> None:
    shell.display_pub.publish(*args, **kwargs)
