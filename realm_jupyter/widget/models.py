"""`ModelsWidget`: a panel that loads, switches and unloads models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realm_jupyter.human import format_bytes, format_count
from realm_jupyter.widget.models_session import ModelsSession
from realm_jupyter.widget.shared_realm import checked_source
from realm_jupyter.widget.view import RealmWidget

if TYPE_CHECKING:
    from realm_jupyter.realm import Realm
    from realm_jupyter.registry import RealmRegistry
    from realm_jupyter.types import ModelInfo

__all__ = ["ModelsWidget", "models_widget"]


class ModelsWidget(RealmWidget):
    """A panel of models; see `models_widget`."""

    def __init__(self, source: Any) -> None:
        super().__init__("models")
        self.session = ModelsSession(source, self.send)
        self.connect(self.session.channel)

    @property
    def models(self) -> list[ModelInfo]:
        """The loaded models."""
        return list(self.session.source.models())

    def to_markdown(self) -> str:
        """Return the loaded models as a Markdown table."""
        if not self.models:
            return "*(no model is loaded)*"
        lines = ["| model | architecture | parameters | memory | device |", "|---|---|---|---|---|"]
        lines += [
            f"| {info.id} | {info.architecture} {info.quant_type} "
            f"| {format_count(info.num_parameters)} | {format_bytes(info.memory_bytes)} "
            f"| {info.device} |"
            for info in self.models
        ]
        return "\n".join(lines)


def models_widget(registry: RealmRegistry | Realm | None = None) -> ModelsWidget:
    """Return a panel of models to be shown in a cell's output.

    Parameters
    ----------
    registry : RealmRegistry or Realm, optional
        Whose models; by default those of the realm that all widgets share.

    Returns
    -------
    ModelsWidget

    Examples
    --------
    >>> from realm_jupyter import RealmRegistry, models_widget
    >>> with RealmRegistry() as registry:
    ...     info = registry.load_model("a", "paris")
    ...     [model.id for model in models_widget(registry).models]
    ['a']
    """
    return ModelsWidget(checked_source(registry))
