"""Write a trained network as a GGUF file through the ``gguf`` package.

References
----------
The GGUF specification, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

import gguf

if TYPE_CHECKING:
    from os import PathLike

    from realm_jupyter.demo.network import Network
    from realm_jupyter.demo.sentencepiece import SentencePieceVocabulary

LICENSE = "BSD-3-Clause"

_BLOCK_TENSORS = {
    "attention_norm": "attn_norm",
    "attention.query": "attn_q",
    "attention.key": "attn_k",
    "attention.value": "attn_v",
    "attention.output": "attn_output",
    "attention.query_norm": "attn_q_norm",
    "attention.key_norm": "attn_k_norm",
    "feed_forward_norm": "ffn_norm",
    "feed_forward.gate": "ffn_gate",
    "feed_forward.up": "ffn_up",
    "feed_forward.down": "ffn_down",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportVocabulary:
    """What a file says of its tokens.

    Parameters
    ----------
    kind : {"llama", "gpt2"}
        Pieces with scores, or byte-level pieces with merges.
    tokens : list of str
        In the file's own writing: U+2581 for spaces, or the byte-level alphabet.
    types : list of int
        1 normal, 2 unknown, 3 control, 5 unused, 6 byte.
    scores : list of float
        For ``llama``.
    merges : list of str
        For ``gpt2``: two pieces and a space between.
    pre : str
        The pre-tokenizer of ``gpt2``, as llama.cpp names it.
    bos_id, eos_id, eot_id, unk_id, pad_id : int, optional
    add_bos, add_space_prefix : bool
    chat_template : str, optional
        Jinja.
    """

    kind: Literal["llama", "gpt2"]
    tokens: list[str]
    types: list[int]
    scores: list[float] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    pre: str = "default"
    bos_id: int | None = None
    eos_id: int | None = None
    eot_id: int | None = None
    unk_id: int | None = None
    pad_id: int | None = None
    add_bos: bool = False
    add_space_prefix: bool = False
    chat_template: str | None = None


def describe_sentencepiece(
    vocabulary: SentencePieceVocabulary, chat_template: str | None = None
) -> ExportVocabulary:
    """Describe a SentencePiece-style vocabulary for a file.

    Parameters
    ----------
    vocabulary : SentencePieceVocabulary
    chat_template : str, optional

    Returns
    -------
    ExportVocabulary
    """
    types = []
    for token_id, piece in enumerate(vocabulary.pieces):
        if token_id == 0:
            types.append(2)
        elif token_id in (1, 2):
            types.append(3)
        elif piece.startswith("<0x"):
            types.append(6)
        else:
            types.append(5 if piece.startswith("<unused") else 1)
    return ExportVocabulary(
        kind="llama",
        tokens=vocabulary.pieces,
        types=types,
        scores=vocabulary.scores,
        bos_id=1,
        eos_id=2,
        unk_id=0,
        add_bos=True,
        add_space_prefix=True,
        chat_template=chat_template,
    )


def export_gguf(
    network: Network,
    vocabulary: ExportVocabulary,
    path: str | PathLike[str],
    *,
    name: str,
    description: str,
    quant_type: Literal["F32", "Q8_0"] = "F32",
    sharpness: float = 1.0,
) -> None:
    """Write a file that llama.cpp and this package open.

    Parameters
    ----------
    network : Network
    vocabulary : ExportVocabulary
        As many tokens as the network has.
    path : path
    name, description : str
        ``general.name`` and ``general.description``.
    quant_type : {"F32", "Q8_0"}
        Of every matrix; norms are always F32.
    sharpness : float
        What every logit of the file is multiplied by. Above 1 the file is surer of what the
        network says, as if temperatures were divided by it; what is greedy stays.

    Raises
    ------
    ValueError
        If the vocabulary is not the network's, or a row does not fill its Q8_0 blocks.
    """
    config = network.config
    if len(vocabulary.tokens) != config.vocab_size:
        raise ValueError(f"{len(vocabulary.tokens)} tokens for a vocabulary of {config.vocab_size}")
    writer = gguf.GGUFWriter(path, config.architecture)
    writer.add_name(name)
    writer.add_description(description)
    writer.add_license(LICENSE)
    writer.add_author("The realm_jupyter authors")
    writer.add_languages(["en"])
    writer.add_size_label(f"{network.num_parameters / 1e6:.1f}M")
    writer.add_block_count(config.num_layers)
    writer.add_context_length(config.context_length)
    writer.add_embedding_length(config.embedding_length)
    writer.add_feed_forward_length(config.feed_forward_length)
    writer.add_head_count(config.num_heads)
    writer.add_head_count_kv(config.num_kv_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_base)
    writer.add_layer_norm_rms_eps(config.rms_epsilon)
    writer.add_vocab_size(config.vocab_size)
    is_quantized = quant_type == "Q8_0"
    file_type = gguf.LlamaFileType.MOSTLY_Q8_0 if is_quantized else gguf.LlamaFileType.ALL_F32
    writer.add_file_type(file_type)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    _add_vocabulary(writer, vocabulary)
    for tensor_name, weight in _named_tensors(network):
        if is_quantized and weight.ndim > 1:
            quantized = gguf.quants.quantize(weight, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(tensor_name, quantized, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        elif tensor_name == "output_norm.weight":
            # The logits are linear in it, and nothing else reads it.
            writer.add_tensor(tensor_name, weight * np.float32(sharpness))
        else:
            writer.add_tensor(tensor_name, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_vocabulary(writer: gguf.GGUFWriter, vocabulary: ExportVocabulary) -> None:
    writer.add_tokenizer_model(vocabulary.kind)
    writer.add_tokenizer_pre(vocabulary.pre)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    if vocabulary.kind == "llama":
        writer.add_token_scores(vocabulary.scores)
        writer.add_add_space_prefix(vocabulary.add_space_prefix)
    else:
        writer.add_token_merges(vocabulary.merges)
    for token_id, add in (
        (vocabulary.bos_id, writer.add_bos_token_id),
        (vocabulary.eos_id, writer.add_eos_token_id),
        (vocabulary.eot_id, writer.add_eot_token_id),
        (vocabulary.unk_id, writer.add_unk_token_id),
        (vocabulary.pad_id, writer.add_pad_token_id),
    ):
        if token_id is not None:
            add(token_id)
    writer.add_add_bos_token(vocabulary.add_bos)
    writer.add_add_eos_token(value=False)
    if vocabulary.chat_template is not None:
        writer.add_chat_template(vocabulary.chat_template)


def tensor_name(weight_name: str) -> str:
    """Return what a file calls a weight of the network.

    Parameters
    ----------
    weight_name : str
        As in ``Network.state_dict()``.

    Returns
    -------
    str
    """
    if weight_name == "embedding.weight":
        return "token_embd.weight"
    if weight_name == "output_norm.weight":
        return weight_name
    _, layer, rest = weight_name.split(".", 2)
    return f"blk.{layer}.{_BLOCK_TENSORS[rest.removesuffix('.weight')]}.weight"


def _named_tensors(network: Network) -> list[tuple[str, np.ndarray]]:
    """Pair the file's name of every tensor with its float32 values, in the order of layers."""
    return [
        (tensor_name(name), np.ascontiguousarray(weight.detach().numpy(), dtype=np.float32))
        for name, weight in network.state_dict().items()
    ]
