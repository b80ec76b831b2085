"""What a shipped model's recipe answers, so that one command line can run any of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
    evaluate : callable
        Judges a trained network with this vocabulary; returns the figures of the model card, ready
        for JSON.
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
    evaluate: Callable[[Network], dict[str, Any]]
    learning_rate: float
    minutes: float
    sharpness: float = 1.0


class Recipe(Protocol):
    """A module ``realm_jupyter.demo.<name>.recipe``.

    ``VOCABULARY_FILE`` is the name under which the folder of a run keeps its vocabulary, so that
    its checkpoint stays readable when the text from which vocabularies are learned has changed.
    """

    NAME: str
    DESCRIPTION: str
    VOCABULARY_FILE: str

    def prepare(self, *, is_toy: bool, folder: Path | None = None) -> Prepared:
        """Learn the vocabulary, or take the one that the folder keeps, and shape the network.

        A toy is tiny. A new vocabulary is written to the folder, if there is one.
        """
