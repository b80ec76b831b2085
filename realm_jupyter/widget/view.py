"""What all widgets share: the bundle, the wire, and a text for viewers without widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from realm_jupyter.widget.assets import asset, static_text

if TYPE_CHECKING:
    from realm_jupyter.widget.channel import Channel
    from realm_jupyter.widget.messages import Kind

__all__ = ["RealmWidget"]


class RealmWidget(anywidget.AnyWidget):
    """A widget whose state lives in the kernel and crosses as messages.

    Parameters
    ----------
    kind : {"chat", "models", "tokens"}
        Which view to show.
    """

    kind = traitlets.Unicode().tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind=kind, _esm=static_text("widget.js"), _css=static_text("widget.css"))

    @traitlets.observe("comm")
    def _answer_where_asked(self, change: Any) -> None:
        """Have requests handled on the subshell that the front end names.

        ipykernel 7.4 sends what comes over a comm to whichever shell the comm was last used
        from instead. Ours is used from threads of its own, which count as the main shell:
        a request to stop would wait for the cell that runs there.
        """
        if change["new"] is not None:
            change["new"]._reply_subshell_for = lambda _data, named: named  # noqa: SLF001 - there is no public way

    def connect(self, channel: Channel) -> None:
        """Let a channel answer what the views send."""
        channel.handle({"asset": asset})

        def receive(_widget: Any, content: object, buffers: list[Any]) -> None:
            channel.receive(content, buffers)

        self.on_msg(receive)

    def to_markdown(self) -> str:
        """Return what it shows as Markdown."""
        raise NotImplementedError

    def to_static(self) -> str:
        """Return it for viewers without widgets: what was said is only text there."""
        return self.to_markdown()

    def view_bundle(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return data and metadata of an output that shows the widget, and nothing else."""
        bundle: Any = super()._repr_mimebundle_()
        return bundle if isinstance(bundle, tuple) else (bundle, {})

    def _repr_mimebundle_(self, **_kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = self.view_bundle()
        return {**data, "text/markdown": self.to_static()}, metadata
