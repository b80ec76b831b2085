"""What a shipped model's recipe answers, so that one command line can run any of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from realm_jupyter.demo.export import ExportVocabulary
    from realm_jupyter.demo.network import Network, NetworkConfig
    from realm_jupyter.demo.trainer import BatchSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What training needs once the text is written and tokenized.

    Parameters
    ----------
    config : NetworkConfig
    batches : BatchSource
    vocabulary : ExportVocabulary
        As the file will hold it.
    learning_rate : float
        The highest rate.
    minutes : float
        How long the shipped model trained, on one thread.
    sharpness : float
        What the logits of the exported file are multiplied by; see `export.export_gguf`.
    """

    config: NetworkConfig
    batches: BatchSource
    vocabulary: ExportVocabulary
    learning_rate: float
    minutes: float
    sharpness: float = 1.0


class Recipe(Protocol):
    """A module ``realm_jupyter.demo.<name>.recipe``."""

    NAME: str
    DESCRIPTION: str

    def prepare(self, *, is_toy: bool) -> Prepared:
        """Write the text, train the tokenizer, and shape the network; a toy is tiny."""

    def evaluate(self, network: Network) -> dict[str, Any]:
        """Judge a trained network; the figures of the model card, ready for JSON."""
