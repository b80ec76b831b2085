"""What a `Realm` needs from whoever does the work.

Met by the local engine (`realm_jupyter.engine.LocalBackend`); an HTTP client can meet
it too, because nothing here names a tensor or a guest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.limits import TenantLimits
    from realm_jupyter.stats import TenantStats
    from realm_jupyter.types import (
        CancelToken,
        ChatMessage,
        EmbeddingResponse,
        GenerationConfig,
        LoadProgress,
        ModelInfo,
    )

__all__ = ["Backend", "GenerationRequest", "TenantBackend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """One request for text; exactly one of the three forms of the prompt is given.

    Parameters
    ----------
    model : str
        Id of a loaded model.
    config : GenerationConfig
    text : str, optional
        One user turn for a model with a chat template, else text to complete.
    messages : tuple of ChatMessage, optional
        Rendered with the model's chat template.
    token_ids : tuple of int, optional
        Taken as they are; nothing is added.
    raw : bool
        Complete ``text`` as it stands, without chat template; BOS and EOS are added as
        the vocabulary says and control tokens are recognised.
    system : str, optional
        System turn before ``text``.
    tools : tuple of mapping
        Functions for the chat template, with ``messages``: ``{"type": "function",
        "function": {"name": …, "description": …, "parameters": …}}``.
    """

    model: str
    config: GenerationConfig
    text: str | None = None
    messages: tuple[ChatMessage, ...] | None = None
    token_ids: tuple[int, ...] | None = None
    raw: bool = False
    system: str | None = None
    tools: tuple[Mapping[str, Any], ...] = ()


class Backend(Protocol):
    """Models by id, and generations on them, for one tenant."""

    def load_model(
        self,
        source: str | PathLike[str] | bytes | bytearray | memoryview,
        model_id: str | None,
        *,
        device: str,
        executor: str,
        kv_type: str,
        prefix_cache_bytes: int | None,
        on_progress: Callable[[LoadProgress], None] | None,
        cancel: CancelToken | None,
    ) -> ModelInfo:
        """Load a model and make it current."""
        ...

    def unload_model(self, model_id: str) -> int:
        """Unload a model and return the bytes freed."""
        ...

    def use_model(self, model_id: str) -> None:
        """Make a loaded model the current one."""
        ...

    def models(self) -> list[ModelInfo]:
        """Return the loaded models in the order of loading."""
        ...

    def model_ids(self) -> list[str]:
        """Return the ids of the loaded models in the order of loading."""
        ...

    def model_info(self, model_id: str, *, digest: bool) -> ModelInfo:
        """Return what is known of a loaded model; with ``digest`` its file is hashed."""
        ...

    @property
    def current_model(self) -> str | None:
        """Id of the model that requests go to by default."""
        ...

    def start(self, request: GenerationRequest) -> GenerationHandle:
        """Start a generation; errors of the request itself are raised here."""
        ...

    def tokenize(
        self, model_id: str, text: str, *, add_special: bool, parse_special: bool
    ) -> list[int]:
        """Return the token ids of a text."""
        ...

    def detokenize(self, model_id: str, token_ids: list[int], *, render_special: bool) -> str:
        """Return the text of token ids."""
        ...

    def embed(
        self, model_id: str, texts: Sequence[str | Sequence[int]], cancel: CancelToken | None
    ) -> EmbeddingResponse:
        """Return the embeddings of texts, or of token ids."""
        ...

    def close(self) -> None:
        """End the tenant: its generations are cancelled, everything it owns is returned."""
        ...


@runtime_checkable
class TenantBackend(Protocol):
    """A backend that accounts for its tenant itself, as the engine in this process does."""

    limits: TenantLimits
    share_prefixes: bool

    def stats(self) -> TenantStats:
        """Return what the tenant did and holds."""
        ...
