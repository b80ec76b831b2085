"""Reads a paris file back into a network and a tokenizer: what is marked is what is shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gguf
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from realm_jupyter.demo.export import TENSOR_NAMES
from realm_jupyter.demo.network import Network, NetworkConfig
from realm_jupyter.demo.paris.tokenizer import CONTROL_TOKENS, QWEN2_PATTERN, as_text

if TYPE_CHECKING:
    from pathlib import Path


def load_shipped(path: Path) -> tuple[Network, Tokenizer]:
    ...
