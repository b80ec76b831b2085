"""What is asked of a model for every prompt of a batch."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from realm_jupyter.backend import GenerationRequest
from realm_jupyter.batch.prompts import messages_of, token_ids_of
from realm_jupyter.types import ChatMessage

if TYPE_CHECKING:
    from realm_jupyter.types import GenerationConfig, ModelInfo

__all__ = ["BatchJob"]

_SEED_BITS = 32
_SEEDS = 1 << 64


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJob:
    """The prompts of a batch, and what they have in common.

    Parameters
    ----------
    model : ModelInfo
    prompts : list, or dict of int to prompt
        As `checked_prompts` returns them; a worker of a cluster has some of them only.
    config : GenerationConfig
        Its seed is the first prompt's; each prompt has the next one.
    raw : bool
        Complete texts as they stand, without chat template.
    system : str, optional
        System turn before every prompt but token ids.
    """

    model: ModelInfo
    prompts: list[Any] | dict[int, Any]
    config: GenerationConfig
    raw: bool = False
    system: str | None = None

    def with_seed(self, seed: int | None = None) -> BatchJob:
        """Return the job with a seed: its own, else ``seed``, else a new one."""
        if self.config.seed is not None:
            return self
        if seed is None:
            seed = secrets.randbits(_SEED_BITS)
        return replace(self, config=self.config.with_changes(seed=seed))

    def request(self, index: int) -> GenerationRequest:
        """Return the request for a prompt; the job must have a seed."""
        prompt = self.prompts[index]
        seed = ((self.config.seed or 0) + index) % _SEEDS
        request = GenerationRequest(
            model=self.model.id, config=self.config.with_changes(seed=seed), raw=self.raw
        )
        messages, token_ids = messages_of(prompt), token_ids_of(prompt)
        if token_ids is not None:
            return replace(request, token_ids=token_ids)
        if messages is None:
            return replace(request, text=prompt, system=self.system)
        if self.system is not None:
            messages = (ChatMessage("system", self.system), *messages)
        return replace(request, messages=messages, raw=False)

    def identity(self) -> dict[str, Any]:
        """Return what tells this job from another one, as JSON gives it back.

        The model is told by what its file says, not by a digest, which would cost a read of
        all of it. The prompts are not in here: each row has its own.
        """
        model = self.model
        names = ("id", "name", "architecture", "quant_type", "num_parameters", "file_bytes")
        values = {f"model {name}": getattr(model, name) for name in names}
        values |= {"raw": self.raw, "system": self.system, **asdict(self.config)}
        plain: dict[str, Any] = json.loads(json.dumps(values))
        return plain
