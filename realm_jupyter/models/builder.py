"""The parts that all decoder architectures share, as ops of a graph."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from realm_jupyter.graph import (
    Add,
    Attention,
    Embedding,
    Geglu,
    Graph,
    Hyperparameters,
    Linear,
    MixtureOfExperts,
    RMSNorm,
    Rope,
    Scale,
    SelectRows,
    Slice,
    Softcap,
    Swiglu,
)
from realm_jupyter.models.hyperparameters import (
    MAX_CONTEXT_LENGTH,
    MAX_LAYERS,
    HyperparameterReader,
)

if TYPE_CHECKING:
    from realm_jupyter.gguf import GGUFFile
    from realm_jupyter.graph import Op
    from realm_jupyter.models.hyperparameters import Heads
    from realm_jupyter.models.rope import RopeSettings

__all__ = ["GraphBuilder"]

_EMBEDDING = "token_embd.weight"
_OUTPUT = "output.weight"


class GraphBuilder:
    """Emits ops in the order in which they run; methods return names of values.

    Parameters
    ----------
    file : GGUFFile
    architecture : str

    Attributes
    ----------
    read : HyperparameterReader
    num_layers, embedding_length, context_length, vocab_size : int
    eps : float
        Of all norms.

    Raises
    ------
    ModelFormatError
        If a hyperparameter is wrong or the first or last layer is not there.
    """

    def __init__(self, file: GGUFFile, architecture: str) -> None:
        self.file = file
        self.architecture = architecture
        self.read = read = HyperparameterReader(file, architecture)
        self.num_layers = read.count("block_count", high=MAX_LAYERS)
        self.embedding_length = read.count("embedding_length")
        self.context_length = read.count("context_length", high=MAX_CONTEXT_LENGTH)
        self.eps = read.number("attention.layer_norm_rms_epsilon", high=1.0)
        self.vocab_size = self._rows(_EMBEDDING)
        self._rows(f"blk.{self.num_layers - 1}.attn_norm.weight")
        self._ops: list[Op] = []

    def has(self, tensor: str) -> bool:
        """Return whether the file has this tensor."""
        return tensor in self.file.tensors

    def embedding(self) -> str:
        """Look the token ids up."""
        return self._add(
            Embedding(
                output="embedding",
                weight=_EMBEDDING,
                vocab_size=self.vocab_size,
                width=self.embedding_length,
            )
        )

    def norm(self, x: str, name: str, num_groups: int = 1) -> str:
        """Normalise with the weight of this name; each of the groups on its own."""
        return self._add(
            RMSNorm(
                output=name,
                input=x,
                weight=f"{name}.weight",
                num_groups=num_groups,
                eps=self.eps,
            )
        )

    def linear(self, x: str, name: str, num_outputs: int) -> str:
        """Multiply with the weight of this name, and add its bias if there is one."""
        bias = f"{name}.bias"
        return self._add(
            Linear(
                output=name,
                input=x,
                weight=f"{name}.weight",
                bias=bias if self.has(bias) else None,
                num_outputs=num_outputs,
            )
        )

    def slice(self, x: str, name: str, start: int, width: int) -> str:
        """Take some columns."""
        return self._add(Slice(output=name, input=x, start=start, width=width))

    def add(self, left: str, right: str, name: str) -> str:
        """Add two values."""
        return self._add(Add(output=name, left=left, right=right))

    def scale(self, x: str, name: str, factor: float) -> str:
        """Multiply with a number."""
        return self._add(Scale(output=name, input=x, factor=factor))

    def rope(self, x: str, name: str, num_heads: int, rope: RopeSettings) -> str:
        """Turn every head by its position."""
        return self._add(Rope(output=name, input=x, num_heads=num_heads, **asdict(rope)))

    def attention(
        self,
        x: str,
        layer: int,
        heads: Heads,
        rope: RopeSettings,
        *,
        scale: float | None = None,
        window: int = 0,
        softcap: float = 0.0,
    ) -> str:
        """Attend: project, normalise heads where the file has weights for it, turn, mix.

        Parameters
        ----------
        x : str
            The normalised row.
        layer : int
        heads : Heads
        rope : RopeSettings
        scale : float, optional
            ``1 / sqrt(D)`` by default.
        window : int
            Positions each query sees; 0 for all.
        softcap : float
            Of the scores; 0 is off.

        Returns
        -------
        str
            The mixed values, projected back to the width of the row.
        """
        prefix = f"blk.{layer}"
        query, key, value = self._queries_keys_values(x, prefix, heads)
        if self.has(f"{prefix}.attn_q_norm.weight"):
            query = self.norm(query, f"{prefix}.attn_q_norm", heads.num_heads)
        if self.has(f"{prefix}.attn_k_norm.weight"):
            key = self.norm(key, f"{prefix}.attn_k_norm", heads.num_kv_heads)
        query = self.rope(query, f"{prefix}.attn_q_rope", heads.num_heads, rope)
        key = self.rope(key, f"{prefix}.attn_k_rope", heads.num_kv_heads, rope)
        mixed = self._add(
            Attention(
                output=f"{prefix}.attn",
                query=query,
                key=key,
                value=value,
                layer=layer,
                num_heads=heads.num_heads,
                num_kv_heads=heads.num_kv_heads,
                key_dim=heads.key_dim,
                value_dim=heads.value_dim,
                scale=1 / math.sqrt(heads.key_dim) if scale is None else scale,
                window=window,
                softcap=softcap,
            )
        )
        return self.linear(mixed, f"{prefix}.attn_output", self.embedding_length)

    def feed_forward(self, x: str, layer: int, kind: Literal["swiglu", "geglu"]) -> str:
        """Run the gated feed-forward layer; gate and up may be fused in one tensor."""
        prefix = f"blk.{layer}"
        width = self.read.count("feed_forward_length")
        if self.has(f"{prefix}.ffn_gate.weight"):
            gate = self.linear(x, f"{prefix}.ffn_gate", width)
            up = self.linear(x, f"{prefix}.ffn_up", width)
        else:
            both = self.linear(x, f"{prefix}.ffn_up", 2 * width)
            gate = self.slice(both, f"{prefix}.ffn_gate", 0, width)
            up = self.slice(both, f"{prefix}.ffn_up_half", width, width)
        unit = Swiglu if kind == "swiglu" else Geglu
        hidden = self._add(unit(output=f"{prefix}.ffn_{kind}", gate=gate, up=up))
        return self.linear(hidden, f"{prefix}.ffn_down", self.embedding_length)

    def experts(self, x: str, layer: int) -> str:
        """Run a mixture of SiLU experts whose weights sum to 1 for each token."""
        prefix = f"blk.{layer}"
        num_experts = self.read.count("expert_count")
        width_key = "expert_feed_forward_length"
        if not self.read.has(width_key):
            width_key = "feed_forward_length"
        return self._add(
            MixtureOfExperts(
                output=f"{prefix}.ffn_moe",
                input=x,
                router=f"{prefix}.ffn_gate_inp.weight",
                gate=f"{prefix}.ffn_gate_exps.weight",
                up=f"{prefix}.ffn_up_exps.weight",
                down=f"{prefix}.ffn_down_exps.weight",
                num_experts=num_experts,
                num_used=self.read.count("expert_used_count", high=num_experts),
                hidden_width=self.read.count(width_key),
            )
        )

    def select_rows(self, layer: int, *values: str) -> tuple[str, ...]:
        """Drop the rows without logits, in the last layer; in others return the values."""
        if layer < self.num_layers - 1:
            return values
        return tuple(
            self._add(SelectRows(output=f"{value}.selected", input=value)) for value in values
        )

    def finish(self, x: str, *, softcap: float = 0.0) -> Graph:
        """Normalise, make the logits (with the embedding where the file has no output).

        Raises
        ------
        ModelFormatError
            If the ops do not fit each other.
        """
        x = self.norm(x, "output_norm")
        weight = _OUTPUT if self.has(_OUTPUT) else _EMBEDDING
        bias = "output.bias" if self.has("output.bias") else None
        x = self._add(
            Linear(output="logits", input=x, weight=weight, bias=bias, num_outputs=self.vocab_size)
        )
        if softcap:
            self._add(Softcap(output="capped_logits", input=x, cap=softcap))
        return Graph(
            Hyperparameters(
                architecture=self.architecture,
                vocab_size=self.vocab_size,
                context_length=self.context_length,
                embedding_length=self.embedding_length,
                num_layers=self.num_layers,
            ),
            tuple(self._ops),
        )

    def _queries_keys_values(self, x: str, prefix: str, heads: Heads) -> tuple[str, str, str]:
        """Project to queries, keys and values; the three may be fused in one tensor."""
        widths = (
            heads.num_heads * heads.key_dim,
            heads.num_kv_heads * heads.key_dim,
            heads.num_kv_heads * heads.value_dim,
        )
        names = (f"{prefix}.attn_q", f"{prefix}.attn_k", f"{prefix}.attn_v")
        if not self.has(f"{prefix}.attn_qkv.weight"):
            query, key, value = map(self.linear, (x, x, x), names, widths)
            return query, key, value
        fused = self.linear(x, f"{prefix}.attn_qkv", sum(widths))
        starts = (0, widths[0], widths[0] + widths[1])
        query, key, value = map(self.slice, (fused,) * 3, names, starts, widths)
        return query, key, value

    def _rows(self, tensor: str) -> int:
        if not self.has(tensor):
            raise self.file.error(f"the tensor {tensor!r} is missing")
        return self.file.tensors[tensor].shape[0]

    def _add(self, op: Op) -> str:
        self._ops.append(op)
        return op.output
