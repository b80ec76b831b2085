"""What is measured: prompts, single tokens after a context, several streams together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from realm_jupyter.errors import ConfigError
from realm_jupyter.gguf import QuantType
from realm_jupyter.graph import Attention, Linear, MixtureOfExperts, SelectRows

if TYPE_CHECKING:
    from realm_jupyter.models.model import Model

__all__ = ["Case", "Side", "Work", "make_cases", "work_of"]

_KINDS = {QuantType.F32: "float32", QuantType.F16: "float32", QuantType.BF16: "float32"}


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to measure.

    Parameters
    ----------
    kind : {"prefill", "decode"}
        A whole prompt up to the logits after it; or steps of one token for each stream.
    tokens : int
        Length of the prompt; for decode the number of streams, which is the number of
        tokens in a step.
    context : int
        Tokens that each stream has in its cache before.
    """

    kind: Literal["prefill", "decode"]
    tokens: int
    context: int = 0

    @property
    def name(self) -> str:
        """What people read."""
        if self.kind == "prefill":
            return f"prefill {self.tokens}"
        streams = f", {self.tokens} streams" if self.tokens > 1 else ""
        return f"decode at {self.context}{streams}"


class Side(Protocol):
    """Something that runs cases: an executor of this package, or llama.cpp.

    Notes
    -----
    A unit of work is a prompt, or one step of decoding.
    """

    @property
    def name(self) -> str:
        """Who computes."""

    def prepare(self, case: Case, max_units: int) -> None:
        """Fill caches up to the context, with room for so many steps after it."""

    def run(self, case: Case, num_units: int) -> float:
        """Run units of work and return the seconds they took; caches are as before."""

    def close(self) -> None:
        """Release everything."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a unit of a case costs at least.

    Parameters
    ----------
    weight_bytes : int
        Weights that one step of decoding reads, as they are in the file.
    macs : int
        Multiply-accumulates of matrices and attention.
    compute_kind : {"int8", "float32"}
        In which numbers the matrices can be multiplied.
    """

    weight_bytes: int
    macs: int
    compute_kind: str


def make_cases(
    *,
    prompts: tuple[int, ...],
    contexts: tuple[int, ...],
    streams: tuple[int, ...],
    context_length: int,
    max_steps: int,
) -> list[Case]:
    """Return the cases of a run.

    Parameters
    ----------
    prompts, contexts, streams : tuple of int
        Lengths of prompts, lengths of contexts, numbers of streams. One stream decodes at
        every context, several at the shortest.
    context_length : int
        Of the model.
    max_steps : int
        Steps that decoding may take after its context.

    Raises
    ------
    ConfigError
        If the model's context is too short for one of them.
    """
    cases = [Case("prefill", length) for length in prompts]
    for count in streams:
        chosen = contexts if count == 1 else contexts[:1] and (min(contexts),)
        cases += [Case("decode", count, context) for context in chosen]
    for case in cases:
        needed = case.tokens if case.kind == "prefill" else case.context + max_steps
        if needed > context_length:
            field = "prompt" if case.kind == "prefill" else "context"
            asked = case.tokens if case.kind == "prefill" else case.context
            most = context_length - (needed - asked)
            raise ConfigError(
                f"{field}={asked} does not fit: the model's context of {context_length} tokens "
                f"leaves room for {most}",
                field=field,
                value=asked,
                allowed=f"at most {most}",
            )
    return cases


def work_of(model: Model, case: Case) -> Work:
    """Return what a unit of a case costs.

    Parameters
    ----------
    model : Model
    case : Case

    Notes
    -----
    Experts count as far as one token uses them; the embedding's one row, norms and biases
    do not count.
    """
    tensors = model.file.tensors
    num_rows = case.tokens
    num_bytes = macs = 0
    floats = 0
    for op in model.graph.ops:
        if isinstance(op, SelectRows):
            # From here on only the rows with logits go on: the last one of a prompt.
            num_rows = 1 if case.kind == "prefill" else case.tokens
        elif isinstance(op, Linear):
            info = tensors[op.weight]
            size = info.shape[0] * info.shape[1]
            num_bytes += info.size_bytes
            macs += size * num_rows
            floats += size * (info.quant_type in _KINDS)
        elif isinstance(op, MixtureOfExperts):
            for name in (op.gate, op.up, op.down):
                num_bytes += tensors[name].size_bytes * op.num_used // op.num_experts
            macs += 3 * num_rows * op.num_used * op.hidden_width * model.embedding_length
        elif isinstance(op, Attention):
            width = op.num_heads * (op.key_dim + op.value_dim)
            positions = _positions_seen(case, op.window)
            macs += width * positions
    is_float = 2 * floats > macs / max(case.tokens, 1)
    return Work(num_bytes, macs, "float32" if is_float else "int8")


def _positions_seen(case: Case, window: int) -> int:
    """Return how many positions all queries of a unit attend to together."""
    most = window or (1 << 62)
    if case.kind == "decode":
        return case.tokens * min(case.context + 1, most)
    if case.tokens <= most:
        return case.tokens * (case.tokens + 1) // 2
    return most * (most + 1) // 2 + (case.tokens - most) * most
