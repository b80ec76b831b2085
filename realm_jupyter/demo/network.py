"""The decoder that the shipped models are trained as: plain torch, float32, token ids only.

It is the published llama and qwen3 block, small: RMSNorm, grouped-query attention with rotary
positions, SwiGLU and tied embeddings. The two variants differ where the files differ:

* ``llama`` rotates neighbouring pairs ``(2i, 2i + 1)`` of a head. A GGUF file of this
  architecture stores queries and keys in exactly that order, so the trained matrices are
  exported as they are, without the permutation that other trainers need.
* ``qwen3`` rotates ``(i, i + D / 2)`` and normalises every query and key head before that.

Axes: B batch, S positions, H query heads, K key/value heads, D head dim, E embedding, V vocabulary.

References
----------
RoPE: Su et al. 2021, arXiv:2104.09864. SwiGLU: Shazeer 2020, arXiv:2002.05202.
GQA: Ainslie et al. 2023, arXiv:2305.13245. QK norm: Qwen3 report, arXiv:2505.09388.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """The shape of a network; the fields carry the names of the GGUF keys.

    Parameters
    ----------
    architecture : {"llama", "qwen3"}
    vocab_size : int
        V, the number of token ids.
    num_layers, embedding_length, num_heads, num_kv_heads, head_dim, feed_forward_length : int
        ``num_heads`` is a multiple of ``num_kv_heads``; ``head_dim`` is even. For files whose
        matrices are all Q8_0, every one of them that is a row length is a multiple of 32.
    context_length : int
        Positions that the file promises; training rows are never longer.
    rope_base : float
        The base of the rotation frequencies.
    rms_epsilon : float
        Added to the mean square in every norm.
    """

    architecture: Literal["llama", "qwen3"]
    vocab_size: int
    num_layers: int
    embedding_length: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    feed_forward_length: int
    context_length: int
    rope_base: float = 10_000.0
    rms_epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if self.architecture not in ("llama", "qwen3"):
            raise ValueError(f"architecture is {self.architecture!r}, not 'llama' or 'qwen3'")
        if self.num_heads % self.num_kv_heads:
            raise ValueError("num_heads must be a multiple of num_kv_heads")
        if self.head_dim % 2:
            raise ValueError("head_dim must be even: positions rotate pairs")


class KeyValueCache:
    """Keys and values of the positions seen so far, one pair of tensors (B, K, C, D) a layer.

    Parameters
    ----------
    num_layers : int
    """

    def __init__(self, num_layers: int) -> None:
        self.layers: list[tuple[Tensor, Tensor] | None] = [None] * num_layers

    def extend(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append new positions of one layer and return all of its keys and values."""
        held = self.layers[layer]
        if held is not None:
            keys = torch.cat((held[0], keys), dim=2)
            values = torch.cat((held[1], values), dim=2)
        self.layers[layer] = (keys, values)
        return keys, values


def rotate(heads: Tensor, cosine: Tensor, sine: Tensor, *, interleaved: bool) -> Tensor:
    """Turn every pair of a head by the angle of its position.

    Parameters
    ----------
    heads : Tensor, shape (B, H, S, D), float32
    cosine, sine : Tensor, shape (S, D/2) or (B, 1, S, D/2), float32
    interleaved : bool
        True: the pairs are ``(2i, 2i + 1)`` (llama files); False: ``(i, i + D/2)`` (qwen3 files).

    Returns
    -------
    Tensor, shape (B, H, S, D), float32
    """
    if interleaved:
        first, second = heads[..., 0::2], heads[..., 1::2]
        turned = (first * cosine - second * sine, first * sine + second * cosine)
        return torch.stack(turned, dim=-1).flatten(-2)
    first, second = heads.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, first * sine + second * cosine), dim=-1)


class Attention(nn.Module):
    """Grouped-query causal attention; with per-head norms of queries and keys for qwen3."""

    def __init__(self, config: NetworkConfig, layer: int) -> None:
        super().__init__()
        self.config = config
        self.layer = layer
        query_length = config.num_heads * config.head_dim
        kv_length = config.num_kv_heads * config.head_dim
        self.query = nn.Linear(config.embedding_length, query_length, bias=False)
        self.key = nn.Linear(config.embedding_length, kv_length, bias=False)
        self.value = nn.Linear(config.embedding_length, kv_length, bias=False)
        self.output = nn.Linear(query_length, config.embedding_length, bias=False)
        if config.architecture == "qwen3":
            self.query_norm = nn.RMSNorm(config.head_dim, eps=config.rms_epsilon)
            self.key_norm = nn.RMSNorm(config.head_dim, eps=config.rms_epsilon)

    def forward(
        self,
        hidden: Tensor,
        cosine: Tensor,
        sine: Tensor,
        cache: KeyValueCache | None,
        visible: Tensor | None,
    ) -> Tensor:
        """Attend from new positions (B, S, E) to all that they may see."""
        config = self.config
        queries = self.query(hidden).unflatten(-1, (config.num_heads, config.head_dim))
        keys = self.key(hidden).unflatten(-1, (config.num_kv_heads, config.head_dim))
        values = self.value(hidden).unflatten(-1, (config.num_kv_heads, config.head_dim))
        if config.architecture == "qwen3":
            queries, keys = self.query_norm(queries), self.key_norm(keys)
        interleaved = config.architecture == "llama"
        queries = rotate(queries.transpose(1, 2), cosine, sine, interleaved=interleaved)
        keys = rotate(keys.transpose(1, 2), cosine, sine, interleaved=interleaved)
        values = values.transpose(1, 2)
        if cache is not None:
            keys, values = cache.extend(self.layer, keys, values)
        group = config.num_heads // config.num_kv_heads
        if group > 1:
            keys = keys.repeat_interleave(group, dim=1)
            values = values.repeat_interleave(group, dim=1)
        mixed = functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=visible, is_causal=visible is None
        )
        output: Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return output


class FeedForward(nn.Module):
    """SwiGLU: ``down(silu(gate(x)) * up(x))``."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.gate = nn.Linear(config.embedding_length, config.feed_forward_length, bias=False)
        self.up = nn.Linear(config.embedding_length, config.feed_forward_length, bias=False)
        self.down = nn.Linear(config.feed_forward_length, config.embedding_length, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (B, S, E) to (B, S, E), each position by itself."""
        output: Tensor = self.down(functional.silu(self.gate(hidden)) * self.up(hidden))
        return output


class Block(nn.Module):
    """One layer: attention and feed-forward, each behind a norm and added to the stream."""

    def __init__(self, config: NetworkConfig, layer: int) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(config.embedding_length, eps=config.rms_epsilon)
        self.attention = Attention(config, layer)
        self.feed_forward_norm = nn.RMSNorm(config.embedding_length, eps=config.rms_epsilon)
        self.feed_forward = FeedForward(config)

    def forward(
        self,
        hidden: Tensor,
        cosine: Tensor,
        sine: Tensor,
        cache: KeyValueCache | None,
        visible: Tensor | None,
    ) -> Tensor:
        """Map the stream (B, S, E) to itself."""
        hidden = hidden + self.attention(self.attention_norm(hidden), cosine, sine, cache, visible)
        output: Tensor = hidden + self.feed_forward(self.feed_forward_norm(hidden))
        return output


class Network(nn.Module):
    """A decoder-only transformer with tied input and output embeddings.

    Parameters
    ----------
    config : NetworkConfig
    seed : int
        Of the first weights; the global torch generator is left alone.
    """

    def __init__(self, config: NetworkConfig, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_length)
        self.blocks = nn.ModuleList(Block(config, layer) for layer in range(config.num_layers))
        self.output_norm = nn.RMSNorm(config.embedding_length, eps=config.rms_epsilon)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if weight.ndim == 2:  # noqa: PLR2004
                    # Layers that write to the stream start smaller, so that depth adds no noise.
                    into_stream = name.endswith(("output.weight", "down.weight"))
                    scale = (2 * config.num_layers) ** -0.5 if into_stream else 1.0
                    weight.normal_(0.0, 0.02 * scale, generator=generator)

    @property
    def num_parameters(self) -> int:
        """All trained numbers; the shared embedding counts once."""
        return sum(weight.numel() for weight in self.parameters())

    def hidden(
        self,
        token_ids: Tensor,
        positions: Tensor | None = None,
        cache: KeyValueCache | None = None,
        visible: Tensor | None = None,
    ) -> Tensor:
        """Run the layers and the last norm.

        Parameters
        ----------
        token_ids : Tensor, shape (B, S), int64
        positions : Tensor, shape (S,) or (B, S), int64, optional
            ``0 .. S - 1`` when left out.
        cache : KeyValueCache, optional
            Extended by S positions in place.
        visible : Tensor, shape (B, 1, S, C + S), bool, optional
            Which positions each new one sees; plain causal order when left out.

        Returns
        -------
        Tensor, shape (B, S, E), float32
        """
        if positions is None:
            positions = torch.arange(token_ids.shape[1])
        half = torch.arange(0, self.config.head_dim, 2, dtype=torch.float32)
        frequencies = self.config.rope_base ** (-half / self.config.head_dim)
        angles = positions[..., None].float() * frequencies
        if angles.ndim == 3:  # noqa: PLR2004 - one row of positions a sequence
            angles = angles[:, None]
        cosine, sine = angles.cos(), angles.sin()
        stream = self.embedding(token_ids)
        for block in self.blocks:
            stream = block(stream, cosine, sine, cache, visible)
        output: Tensor = self.output_norm(stream)
        return output

    def forward(self, token_ids: Tensor) -> Tensor:
        """Return the logits (B, S, V) of every position of ``token_ids`` (B, S)."""
        return functional.linear(self.hidden(token_ids), self.embedding.weight)

    def loss(self, token_ids: Tensor, weights: Tensor | None = None) -> Tensor:
        """Mean negative log likelihood of each next token.

        Parameters
        ----------
        token_ids : Tensor, shape (B, S + 1), int64
        weights : Tensor, shape (B, S + 1), float32, optional
            What predicting each token counts; the first column is never predicted. Tokens of
            weight 0 cost no output projection.

        Returns
        -------
        Tensor, shape (), float32
        """
        hidden = self.hidden(token_ids[:, :-1]).flatten(0, 1)
        targets = token_ids[:, 1:].flatten()
        if weights is None:
            return functional.cross_entropy(
                functional.linear(hidden, self.embedding.weight), targets
            )
        counts = weights[:, 1:].flatten()
        kept = counts.nonzero().squeeze(1)
        logits = functional.linear(hidden[kept], self.embedding.weight)
        losses = functional.cross_entropy(logits, targets[kept], reduction="none")
        return (losses * counts[kept]).sum() / counts.sum()

    @torch.no_grad()
    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        choose: Callable[[Tensor], Tensor],
        *,
        max_tokens: int,
        stop_ids: Sequence[int] = (),
    ) -> list[list[int]]:
        """Continue several prompts at once, each to its own end.

        Parameters
        ----------
        prompts : sequence of sequences of int
            Not empty; of any lengths.
        choose : callable
            From logits (B, V) of each row's last position to token ids (B,), int64.
        max_tokens : int
            Ends a row that meets no stop id.
        stop_ids : sequence of int
            End a row; they are part of its completion.

        Returns
        -------
        list of list of int
            The completion of each prompt, without the prompt.

        Notes
        -----
        Rows are aligned at their ends; the padding before a short prompt is seen by nobody.
        """
        longest = max(len(prompt) for prompt in prompts)
        token_ids = torch.zeros(len(prompts), longest, dtype=torch.int64)
        padding = torch.tensor([longest - len(prompt) for prompt in prompts])
        for row, prompt in enumerate(prompts):
            token_ids[row, longest - len(prompt) :] = torch.tensor(prompt, dtype=torch.int64)
        places = torch.arange(longest)
        # A padding place sees itself alone, so that no row of the softmax is empty.
        real = places >= padding[:, None]
        causal = places[:, None] >= places
        visible = causal & (real[:, None, :] | torch.eye(longest, dtype=torch.bool))
        cache = KeyValueCache(self.config.num_layers)
        positions = (places - padding[:, None]).clamp(min=0)
        last = self.hidden(token_ids, positions, cache, visible[:, None])[:, -1]
        completions: list[list[int]] = [[] for _ in prompts]
        running = [True] * len(prompts)
        for step in range(max_tokens):
            chosen = choose(functional.linear(last, self.embedding.weight))
            for row, token_id in enumerate(chosen.tolist()):
                if running[row]:
                    completions[row].append(token_id)
                    running[row] = token_id not in stop_ids
            if not any(running) or step == max_tokens - 1:
                break
            real = torch.cat((real, torch.ones(len(prompts), 1, dtype=torch.bool)), dim=1)
            positions = (longest + step - padding)[:, None]
            last = self.hidden(chosen[:, None], positions, cache, real[:, None, None])[:, -1]
        return completions

    def generate_greedy(
        self,
        prompts: Sequence[Sequence[int]],
        *,
        max_tokens: int,
        stop_ids: Sequence[int] = (),
    ) -> list[list[int]]:
        """Continue several prompts with the likeliest token each time; see `generate`."""
        return self.generate(
            prompts,
            lambda logits: logits.argmax(dim=-1),
            max_tokens=max_tokens,
            stop_ids=stop_ids,
        )
