"""``/v1/models``, and the administrator's ``/admin/models``."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import PurePath
from typing import Any, Literal

from pydantic import Field

from realm_jupyter import types
from realm_jupyter.protocol.base import Left, Reply, Request

__all__ = [
    "AvailableModels",
    "LoadProgress",
    "LoadRequest",
    "Loaded",
    "Model",
    "ModelInfo",
    "ModelList",
    "ModelName",
    "Unloaded",
]


class ModelInfo(Reply):
    """What is known of a loaded model; see `types.ModelInfo`.

    ``path`` is the file's name without its folder, and ``metadata`` is empty in lists.
    """

    id: str
    path: str
    name: str
    architecture: str
    quant_type: str
    num_parameters: int
    num_layers: int
    embedding_length: int
    vocab_size: int
    context_length: int
    file_bytes: int
    memory_bytes: int
    device: str
    executor: str
    sha256: str = ""
    has_chat_template: bool = False
    is_current: bool = False
    metadata: dict[str, Any] = Field(default_factory=dict)

    def to_info(self) -> types.ModelInfo:
        """Return it as the Python interface has it."""
        return types.ModelInfo(**self.model_dump())


class Model(Reply):
    """A loaded model; ``info`` is ours."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "realm"
    info: Left[ModelInfo] = None

    @classmethod
    def of(cls, info: types.ModelInfo, created: int, *, with_metadata: bool = False) -> Model:
        """Return the message for a model that was loaded at ``created`` (Unix time)."""
        shown = replace(
            info,
            path=PurePath(info.path).name,
            metadata=info.metadata if with_metadata else {},
        )
        return cls(id=info.id, created=created, info=ModelInfo(**asdict(shown)))


class ModelList(Reply):
    """The loaded models in the order of loading."""

    object: Literal["list"] = "list"
    data: list[Model]


class AvailableModels(Reply):
    """What an administrator may load: shipped names, and files below the models folder."""

    sources: list[str]


class LoadRequest(Request):
    """Load a model under ``id`` and make it current; progress comes as events.

    ``source`` is one of `AvailableModels`. Bytes of a file are uploaded instead to
    ``/admin/models/upload?id=…&device=…&executor=…`` as the body.
    """

    source: str
    id: str | None = None
    device: str = "auto"
    executor: str = "auto"


class LoadProgress(Reply):
    """Data of the events named ``progress``; see `types.LoadProgress`."""

    model: str
    stage: str
    done_bytes: int
    total_bytes: int

    def to_progress(self) -> types.LoadProgress:
        """Return it as the Python interface has it."""
        return types.LoadProgress(**self.model_dump())


class Loaded(Reply):
    """Data of the event named ``loaded``, the last but ``[DONE]``.

    A load that fails ends with an event without a name instead, whose data is an
    `ErrorBody`.
    """

    model: Model


class ModelName(Request):
    """Names a loaded model, to use or to unload it."""

    id: str


class Unloaded(Reply):
    """What unloading gave back; 0 while others use the same file."""

    id: str
    freed_bytes: int
