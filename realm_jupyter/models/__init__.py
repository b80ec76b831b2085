"""Models: from a GGUF file to a checked graph, a vocabulary and a chat template.

One module for each architecture turns hyperparameters into a graph. No torch here:
opening a model reads its header only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from realm_jupyter.errors import (
    ModelFormatError,
    UnsupportedArchitectureError,
    UnsupportedQuantizationError,
)
from realm_jupyter.gguf import SUPPORTED_QUANT_TYPES, GGUFFile, Vocabulary, summarize
from realm_jupyter.models import gemma2, gemma3, llama, phi3, qwen2, qwen3, qwen3moe
from realm_jupyter.models.model import Model
from realm_jupyter.models.sources import resolve_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from realm_jupyter.graph import Graph

__all__ = ["ARCHITECTURES", "Model", "build_graph", "open_model", "resolve_source"]

ARCHITECTURES: dict[str, Callable[[GGUFFile], Graph]] = {
    "gemma2": gemma2.build,
    "gemma3": gemma3.build,
    "llama": llama.build,
    "phi3": phi3.build,
    "qwen2": qwen2.build,
    "qwen3": qwen3.build,
    "qwen3moe": qwen3moe.build,
}
"""The supported architectures, by ``general.architecture``."""

# Tensors that a file may have although the graph does not read them: factors for another
# context length, classification heads, and tables that other engines compute themselves.
_UNUSED = re.compile(r"rope_.*|cls\..*|blk\.\d+\.attn_rot_embd(\.weight)?")


def open_model(source: str | PathLike[str] | bytes | bytearray | memoryview) -> Model:
    """Open and check a model; no weights are loaded.

    Parameters
    ----------
    source : path-like or bytes-like
        A GGUF file (the first of a split one), or its bytes.

    Returns
    -------
    Model
        Owned by the caller, who must `close` it.

    Raises
    ------
    ModelNotFoundError
        If there is no such file.
    ModelFormatError
        If the file is unsound, or its tensors do not make its architecture's model.
    UnsupportedArchitectureError, UnsupportedQuantizationError
        If it is sound, but not supported.
    """
    file = GGUFFile.open(source)
    try:
        graph = build_graph(file)
        vocabulary = Vocabulary.from_file(file)
        _check_vocabulary(file, graph, vocabulary)
        summary = summarize(file)
        name = file.metadata.get("general.name")
        template = file.metadata.get("tokenizer.chat_template")
        return Model(
            file=file,
            graph=graph,
            vocabulary=vocabulary,
            chat_template=template if isinstance(template, str) else None,
            name=name if isinstance(name, str) else "",
            quant_type=summary.quant_type,
            num_parameters=summary.num_parameters,
        )
    except BaseException:
        file.close()
        raise


def build_graph(file: GGUFFile) -> Graph:
    """Return the graph of a file, checked against its tensors.

    Raises
    ------
    ModelFormatError
        If a hyperparameter is out of its range, a tensor is missing, has the wrong shape
        or would be ignored.
    UnsupportedArchitectureError, UnsupportedQuantizationError
        If the file is sound, but not supported.
    """
    architecture = file.metadata.get("general.architecture")
    if not isinstance(architecture, str):
        raise file.error("general.architecture is missing", key="general.architecture")
    if architecture not in ARCHITECTURES:
        raise UnsupportedArchitectureError(
            architecture[:64], tuple(ARCHITECTURES), path=file.part_path()
        )
    try:
        graph = ARCHITECTURES[architecture](file)
        graph.validate(file.tensors)
    except ModelFormatError as error:
        if error.path is None and file.paths:
            raise file.error(str(error)) from error
        raise
    _check_tensors(file, graph)
    return graph


def _check_tensors(file: GGUFFile, graph: Graph) -> None:
    used = set(graph.weight_names)
    for name, info in file.tensors.items():
        if name in used and info.quant_type not in SUPPORTED_QUANT_TYPES:
            raise UnsupportedQuantizationError(
                info.quant_type.name,
                [kind.name for kind in SUPPORTED_QUANT_TYPES],
                tensor=name,
                path=file.part_path(info.part),
            )
        if name not in used and not _UNUSED.fullmatch(name):
            raise file.error(
                f"the tensor {name!r} has no place in a "
                f"{graph.hyperparameters.architecture!r} model as this version knows it",
                tensor=name,
            )


def _check_vocabulary(file: GGUFFile, graph: Graph, vocabulary: Vocabulary) -> None:
    if vocabulary.num_tokens != graph.hyperparameters.vocab_size:
        raise file.error(
            f"the vocabulary has {vocabulary.num_tokens} tokens, but the embedding "
            f"{graph.hyperparameters.vocab_size} rows",
            tensor="token_embd.weight",
        )
