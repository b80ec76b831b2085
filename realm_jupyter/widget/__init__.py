"""What people see: a chat, a panel of models and a view of tokens, in a cell's output.

Importing this package loads neither anywidget nor IPython; its functions do.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realm_jupyter.widget.chat import ChatWidget, chat_widget
    from realm_jupyter.widget.models import ModelsWidget, models_widget
    from realm_jupyter.widget.tokens import TokensWidget, inspect

__all__ = [
    "ChatWidget",
    "ModelsWidget",
    "TokensWidget",
    "chat_widget",
    "inspect",
    "models_widget",
]

_HOMES = {
    "ChatWidget": "chat",
    "ModelsWidget": "models",
    "TokensWidget": "tokens",
    "chat_widget": "chat",
    "inspect": "tokens",
    "models_widget": "models",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
