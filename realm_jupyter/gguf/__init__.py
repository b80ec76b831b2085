"""GGUF files: what is in them, where it lies, and what the quantized numbers are.

Knows the file format and nothing of models or torch. Every file is taken to be
hostile: whatever is wrong with one ends in `ModelFormatError` with the file and
the byte offset, and reading one never needs more than 64 MiB beyond its mapping.
"""

from realm_jupyter.gguf.array import GGUFArray, ValueType
from realm_jupyter.gguf.dequantize import SUPPORTED_QUANT_TYPES, dequantize
from realm_jupyter.gguf.file import GGUFFile
from realm_jupyter.gguf.metadata import Metadata
from realm_jupyter.gguf.quant_type import QuantType
from realm_jupyter.gguf.summary import FileSummary, summarize
from realm_jupyter.gguf.tensor_info import TensorInfo
from realm_jupyter.gguf.vocabulary import Vocabulary

__all__ = [
    "SUPPORTED_QUANT_TYPES",
    "FileSummary",
    "GGUFArray",
    "GGUFFile",
    "Metadata",
    "QuantType",
    "TensorInfo",
    "ValueType",
    "Vocabulary",
    "dequantize",
    "summarize",
]
