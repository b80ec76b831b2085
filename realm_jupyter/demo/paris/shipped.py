"""Reads a paris file back into a network and a tokenizer: what is marked is what is shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from tokenizers import AddedToken, Tokenizer, models

import gguf
from realm_jupyter.demo.export import tensor_name
from realm_jupyter.demo.network import Network, NetworkConfig
from realm_jupyter.demo.paris.tokenizer import CONTROL_TOKENS, as_text, split_like_qwen2

if TYPE_CHECKING:
    from pathlib import Path


def load_shipped(path: Path) -> tuple[Network, Tokenizer]:
    """Read a file that `export_gguf` wrote for paris, of any quant type.

    Parameters
    ----------
    path : Path

    Returns
    -------
    network : Network
        With the dequantized weights, float32.
    tokenizer : Tokenizer
    """
    reader = gguf.GGUFReader(path)

    def value(key: str) -> Any:
        return reader.fields[key].contents()

    config = NetworkConfig(
        architecture="llama",
        vocab_size=value("llama.vocab_size"),
        num_layers=value("llama.block_count"),
        embedding_length=value("llama.embedding_length"),
        num_heads=value("llama.attention.head_count"),
        num_kv_heads=value("llama.attention.head_count_kv"),
        head_dim=value("llama.attention.key_length"),
        feed_forward_length=value("llama.feed_forward_length"),
        context_length=value("llama.context_length"),
        rope_base=value("llama.rope.freq_base"),
        rms_epsilon=value("llama.attention.layer_norm_rms_epsilon"),
    )
    network = Network(config)
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    weights = {}
    for name in network.state_dict():
        tensor = tensors[tensor_name(name)]
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        weights[name] = torch.tensor(values, dtype=torch.float32)
    network.load_state_dict(weights)
    tokens = {token: place for place, token in enumerate(value("tokenizer.ggml.tokens"))}
    merges = [tuple(merge.split(" ")) for merge in value("tokenizer.ggml.merges")]
    tokenizer = split_like_qwen2(Tokenizer(models.BPE(vocab=tokens, merges=merges)))
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in CONTROL_TOKENS])
    return network, as_text(tokenizer)
