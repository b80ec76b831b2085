"""A guest with a small vocabulary, for tests that feed it logits by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from realm_jupyter.sandbox import GuestInstance, GuestModule, encode_config
from realm_jupyter.types import GenerationConfig
from support.guest_vocabulary import vocabulary_blob

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from realm_jupyter.sandbox import GuestEvent

# Every stage of the sampler off.
PLAIN = GenerationConfig(temperature=1, top_k=0, top_p=1, min_p=0)


class SamplingGuest:
    """A guest over some tokens; a context manager."""

    def __init__(
        self,
        tokens: Sequence[bytes],
        *,
        types: Sequence[int] | None = None,
        eog: Iterable[int] = (),
    ) -> None:
        self.tokens = list(tokens)
        self.instance = GuestInstance(GuestModule.shipped())
        self.instance.load_vocabulary(vocabulary_blob(self.tokens, types=types, eog=eog))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.instance.close()

    def begin(
        self,
        config: GenerationConfig = PLAIN,
        prompt_ids: Sequence[int] = (),
        *,
        seed: int = 0,
        **changes: Any,
    ) -> int:
        """Start a generation; keywords change the configuration."""
        config = config.with_changes(**changes)
        data = encode_config(config, prompt_ids, seed=seed, max_tokens=config.max_tokens)
        return self.instance.generate_begin(data)

    def step(self, handle: int, logits: Sequence[float] | np.ndarray) -> GuestEvent:
        return self.instance.generate_step(handle, np.asarray(logits, dtype=np.float32))

    def end(self, handle: int) -> str:
        return self.instance.generate_end(handle)

    def sample(
        self,
        logits: Sequence[float] | np.ndarray,
        count: int = 1,
        *,
        prompt_ids: Sequence[int] = (),
        seed: int = 0,
        **changes: Any,
    ) -> list[int]:
        """Draw count tokens one after the other from the same logits."""
        row = np.asarray(logits, dtype=np.float32)
        handle = self.begin(prompt_ids=prompt_ids, seed=seed, **{"max_tokens": count} | changes)
        try:
            return [self.instance.generate_step(handle, row).token_id for _ in range(count)]
        finally:
            self.end(handle)

    def say(self, handle: int, token_ids: Iterable[int]) -> list[GuestEvent]:
        """Make the guest choose these tokens, until it finishes."""
        events = []
        for token_id in token_ids:
            logits = np.full(len(self.tokens), -1e9, dtype=np.float32)
            logits[token_id] = 0
            events.append(self.instance.generate_step(handle, logits))
            if events[-1].finish:
                break
        return events
