"""Which quant type each tensor of a file has: ``Q4_K_M`` and its kin are mixtures.

References
----------
``llama-quant.cpp`` of llama.cpp, ``llama_tensor_get_type``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from realm_jupyter.errors import ConfigError
from realm_jupyter.gguf import QuantType

if TYPE_CHECKING:
    from realm_jupyter.bench.shapes import Shape, TensorShape

__all__ = ["MIXES", "QuantMix", "find_mix", "tensor_quant_types"]

_K_TYPES = (QuantType.Q2_K, QuantType.Q3_K, QuantType.Q4_K, QuantType.Q5_K, QuantType.Q6_K)

# For rows that do not fill blocks of 256 elements.
_FALLBACKS = {
    QuantType.Q2_K: QuantType.IQ4_NL,
    QuantType.Q3_K: QuantType.IQ4_NL,
    QuantType.IQ4_XS: QuantType.IQ4_NL,
    QuantType.Q4_K: QuantType.Q5_0,
    QuantType.Q5_K: QuantType.Q5_1,
    QuantType.Q6_K: QuantType.Q8_0,
}
# Query heads for each key/value head from which values of Q2_K files get more bits.
_MANY_HEADS_SHARE = 4


class QuantMix(NamedTuple):
    """A way to quantize a model: its name, the type of most weights, ``general.file_type``."""

    name: str
    base: QuantType
    file_type: int


MIXES: dict[str, QuantMix] = {
    name: QuantMix(name, base, file_type)
    for name, base, file_type in (
        ("F32", QuantType.F32, 0),
        ("F16", QuantType.F16, 1),
        ("BF16", QuantType.BF16, 32),
        ("Q8_0", QuantType.Q8_0, 7),
        ("Q6_K", QuantType.Q6_K, 18),
        ("Q5_K_M", QuantType.Q5_K, 17),
        ("Q5_K_S", QuantType.Q5_K, 16),
        ("Q5_1", QuantType.Q5_1, 9),
        ("Q5_0", QuantType.Q5_0, 8),
        ("Q4_K_M", QuantType.Q4_K, 15),
        ("Q4_K_S", QuantType.Q4_K, 14),
        ("Q4_1", QuantType.Q4_1, 3),
        ("Q4_0", QuantType.Q4_0, 2),
        ("IQ4_NL", QuantType.IQ4_NL, 25),
        ("IQ4_XS", QuantType.IQ4_XS, 30),
        ("Q3_K_L", QuantType.Q3_K, 13),
        ("Q3_K_M", QuantType.Q3_K, 12),
        ("Q3_K_S", QuantType.Q3_K, 11),
        ("Q2_K", QuantType.Q2_K, 10),
    )
}
"""The mixtures that a random model can have, by name."""


def find_mix(name: str) -> QuantMix:
    """Return the mixture of this name, in upper or lower case.

    Raises
    ------
    ConfigError
        If there is none; the message lists them.
    """
    found = MIXES.get(name.upper())
    if found is None:
        allowed = ", ".join(MIXES)
        raise ConfigError(
            f"quant={name!r} is unknown; use one of {allowed}",
            field="quant",
            value=name,
            allowed=allowed,
        )
    return found


def tensor_quant_types(shape: Shape, mix: QuantMix) -> dict[str, QuantType]:
    """Return the quant type of every tensor, as llama.cpp would choose without a calibration.

    Parameters
    ----------
    shape : Shape
    mix : QuantMix

    Returns
    -------
    dict of str to QuantType
        By tensor name, in the file's order.
    """
    return {
        tensor.name: _tensor_type(tensor, shape, mix) if tensor.is_matrix else QuantType.F32
        for tensor in shape.tensors()
    }


def _tensor_type(tensor: TensorShape, shape: Shape, mix: QuantMix) -> QuantType:
    if mix.base in {QuantType.F32, QuantType.F16, QuantType.BF16}:
        return mix.base
    num_columns = tensor.shape[-1]
    is_output = tensor.role == "output" or (shape.is_tied and tensor.role == "token_embd")
    if is_output:
        fits = num_columns % QuantType.Q6_K.block_size == 0
        chosen = QuantType.Q6_K if fits and mix.base is not QuantType.Q8_0 else QuantType.Q8_0
    else:
        chosen = _layer_type(tensor, shape, mix)
    return chosen if num_columns % chosen.block_size == 0 else _FALLBACKS[chosen]


def _layer_type(tensor: TensorShape, shape: Shape, mix: QuantMix) -> QuantType:
    layer, num_layers = tensor.layer, shape.num_layers
    choose = {"attn_v": _values, "ffn_down": _down, "attn_output": _attention_output}
    chosen = None
    if tensor.role in choose:
        chosen = choose[tensor.role](mix.name, layer, num_layers)
    if chosen is None:
        return mix.base
    is_shared_widely = shape.num_heads // shape.num_kv_heads >= _MANY_HEADS_SHARE
    if mix.name == "Q2_K" and tensor.role == "attn_v" and is_shared_widely:
        return QuantType.Q4_K
    return chosen


def _has_more_bits(layer: int, num_layers: int) -> bool:
    """Whether a layer is among those that the mixtures ``_M`` give more bits."""
    eighth = num_layers // 8
    return layer < eighth or layer >= 7 * num_layers // 8 or (layer - eighth) % 3 == 2  # noqa: PLR2004


def _values(name: str, layer: int, num_layers: int) -> QuantType | None:
    if name in {"Q4_K_M", "Q5_K_M"}:
        return QuantType.Q6_K if _has_more_bits(layer, num_layers) else None
    first_two, first_four = layer < 2, layer < 4  # noqa: PLR2004
    return {
        "Q2_K": QuantType.Q3_K,
        "Q3_K_M": QuantType.Q5_K if first_two else QuantType.Q4_K,
        "Q3_K_L": QuantType.Q5_K,
        "Q4_K_S": QuantType.Q5_K if first_four else None,
    }.get(name)


def _down(name: str, layer: int, num_layers: int) -> QuantType | None:
    if name in {"Q4_K_M", "Q5_K_M"}:
        return QuantType.Q6_K if _has_more_bits(layer, num_layers) else None
    is_early = layer < num_layers // 8
    return {
        "Q2_K": QuantType.Q3_K,
        "Q3_K_M": QuantType.Q5_K if layer < num_layers // 16 else QuantType.Q4_K,
        "Q3_K_L": QuantType.Q5_K,
        "Q4_K_S": QuantType.Q5_K if is_early else None,
    }.get(name)


def _attention_output(name: str, _layer: int, _num_layers: int) -> QuantType | None:
    return {
        "Q2_K": QuantType.Q3_K,
        "Q3_K_M": QuantType.Q4_K,
        "Q3_K_L": QuantType.Q5_K,
    }.get(name)
