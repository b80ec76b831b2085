"""Which model answers a chat: the one that was chosen, the realm's own, or a shipped one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import ModelNotFoundError
from realm_jupyter.models.sources import resolve_source, shipped_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.types import CancelToken, LoadProgress, ModelInfo
    from realm_jupyter.widget.messages import ModelChoice

__all__ = ["Picker"]


class Picker:
    """The model of a chat.

    Parameters
    ----------
    realm : Realm
    chosen : str or path-like, optional
        A loaded model, a shipped one or a file, which is loaded when it is needed.
    default : str, optional
        What is loaded where the realm has no model; else the first that ships.

    Notes
    -----
    Choosing here changes nothing for others who use the realm.
    """

    def __init__(self, realm: Any, chosen: Any = None, default: str | None = None) -> None:
        self._realm = realm
        self._default = default
        self._chosen = None if chosen is None else str(chosen)
        self._load_lock = threading.Lock()

    @property
    def current(self) -> str | None:
        """The model that would answer, loaded or not; None while it is not known yet."""
        if self._chosen is not None:
            if self._realm.is_model_loaded(self._chosen) or self._chosen in shipped_names():
                return self._chosen
            if any(self._is_file_of(info) for info in self._realm.models()):
                return self._chosen
        current: str | None = self._realm.current_model
        if current is not None or self._realm.models():
            return current
        # A realm's own default that is still to be loaded comes before the shipped one.
        own = self._realm.default_model
        default = self._first if own is None else str(own)
        return default if default in shipped_names() else None

    @property
    def _first(self) -> str | None:
        """What is loaded where there is nothing."""
        return self._default or next(iter(shipped_names()), None)

    def choices(self) -> list[ModelChoice]:
        """Return what can be chosen: loaded models, then shipped ones."""
        loaded = self._realm.models()
        ids = {info.id for info in loaded}
        found: list[ModelChoice] = [
            {
                "id": info.id,
                "label": info.id,
                "is_loaded": True,
                "has_chat_template": info.has_chat_template,
                "context_length": info.context_length,
            }
            for info in loaded
        ]
        found += [
            {
                "id": name,
                "label": name,
                "is_loaded": False,
                "has_chat_template": True,
                "context_length": None,
            }
            for name in shipped_names()
            if name not in ids
        ]
        return found

    def choose(self, name: str) -> None:
        """Have this model answer from now on.

        Raises
        ------
        ModelNotFoundError
            If it is neither loaded nor shipped.
        """
        if not self._realm.is_model_loaded(name) and name not in shipped_names():
            raise ModelNotFoundError(
                f"no model {name!r:.200} is loaded; load it first, or choose one that ships: "
                f"{', '.join(shipped_names())}",
                name=name,
            )
        self._chosen = name

    def forget(self) -> None:
        """Go back to the realm's own model."""
        self._chosen = None

    def find(
        self,
        on_progress: Callable[[LoadProgress], None] | None = None,
        cancel: CancelToken | None = None,
    ) -> ModelInfo:
        """Return the model that answers, loaded if need be.

        Raises
        ------
        ModelError
            What loading raises.
        """
        with self._load_lock:
            name = self._chosen
            if name is None:
                name = self._own(on_progress, cancel)
            elif not self._realm.is_model_loaded(name):
                before = self._realm.current_model
                name = self._load(name, on_progress, cancel)
                self._chosen = name
                if before is not None and self._realm.is_model_loaded(before):
                    self._realm.use_model(before)
            info: ModelInfo = self._realm.model_info(name)
            return info

    def source_of(self, info: ModelInfo) -> str:
        """Return what to load to get this model again: a shipped name or a path."""
        for name in shipped_names():
            if str(resolve_source(name)) == info.path:
                return name
        return info.path

    def _own(
        self, on_progress: Callable[[LoadProgress], None] | None, cancel: CancelToken | None
    ) -> str:
        """Return the realm's own model, or load the first of the shipped ones."""
        try:
            name: str = self._realm.model_info().id
        except ModelNotFoundError:
            default = self._first
            if default is None or self._realm.models():
                raise
            name = self._load(default, on_progress, cancel)
        return name

    def _load(
        self,
        source: str,
        on_progress: Callable[[LoadProgress], None] | None,
        cancel: CancelToken | None,
    ) -> str:
        info = self._realm.load_model(source, on_progress=on_progress, cancel=cancel)
        return str(info.id)

    def _is_file_of(self, info: ModelInfo) -> bool:
        return info.path == self._chosen
