"""A model as a file tells it: weights on disk, graph, vocabulary, chat template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realm_jupyter.gguf import GGUFFile, Vocabulary
    from realm_jupyter.graph import Graph

__all__ = ["Model"]


@dataclass(frozen=True, slots=True)
class Model:
    """An opened and checked model; nothing of it is in memory but its description.

    Made by `open_model`.

    Parameters
    ----------
    file : GGUFFile
        Open until `close`.
    graph : Graph
        Validated against the file's tensors.
    vocabulary : Vocabulary
    chat_template : str, optional
        As the file has it.
    name : str
        ``general.name`` of the file, or empty.
    quant_type : str
        The quant type of most weight bytes.
    num_parameters : int
    """

    file: GGUFFile
    graph: Graph
    vocabulary: Vocabulary
    chat_template: str | None
    name: str
    quant_type: str
    num_parameters: int

    @property
    def architecture(self) -> str:
        """``general.architecture`` of the file."""
        return self.graph.hyperparameters.architecture

    @property
    def num_layers(self) -> int:
        """Transformer layers."""
        return self.graph.hyperparameters.num_layers

    @property
    def embedding_length(self) -> int:
        """E, the width of a token's row."""
        return self.graph.hyperparameters.embedding_length

    @property
    def vocab_size(self) -> int:
        """V, the width of the logits."""
        return self.graph.hyperparameters.vocab_size

    @property
    def context_length(self) -> int:
        """Most tokens of a sequence."""
        return self.graph.hyperparameters.context_length

    @property
    def file_bytes(self) -> int:
        """Size on disk, all parts together."""
        return self.file.file_bytes

    def close(self) -> None:
        """Close the file; tensors that are still in use keep its mapping alive."""
        self.file.close()
