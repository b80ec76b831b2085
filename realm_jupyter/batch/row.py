"""One prompt of a batch and what became of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from realm_jupyter.types import FinishReason  # noqa: TC001 - read when rows are made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realm_jupyter.errors import RealmError
    from realm_jupyter.types import GenerationResponse

__all__ = ["BatchRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """A row of a `BatchResult`.

    Parameters
    ----------
    index : int
        Of the prompt, from 0.
    prompt : str or list
        Text, the messages of a conversation, or token ids.
    text : str
        The answer; empty if there is none.
    finish_reason : {"stop", "length"}, optional
        None if there is no answer.
    seed : int
    prompt_tokens, completion_tokens, cached_tokens : int
    total_ms : float
        From the request to the end of the answer.
    error : str
        Why there is no answer, in a line; empty if there is one, or the prompt was not run.
    error_code : str
        The stable ``code`` of the error's class.
    """

    index: int
    prompt: Any
    text: str = ""
    finish_reason: FinishReason | None = None
    seed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    total_ms: float = 0.0
    error: str = ""
    error_code: str = ""

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer."""
        return self.finish_reason is not None

    @property
    def is_failed(self) -> bool:
        """Whether the prompt was run and has no answer."""
        return bool(self.error_code)

    @classmethod
    def of(cls, index: int, prompt: Any, response: GenerationResponse) -> Self:
        """Return the row of an answer."""
        return cls(
            index=index,
            prompt=prompt,
            text=response.text,
            finish_reason=response.finish_reason,
            seed=response.seed,
            prompt_tokens=response.usage.prompt_tokens,
            completion_tokens=response.usage.completion_tokens,
            cached_tokens=response.usage.cached_tokens,
            total_ms=round(response.timings.total_ms, 3),
        )

    @classmethod
    def failed(cls, index: int, prompt: Any, error: RealmError) -> Self:
        """Return the row of a prompt that has no answer."""
        return cls(
            index=index, prompt=prompt, error=" ".join(str(error).split()), error_code=error.code
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values, as it is written to a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the row of `to_dict`; keys of later versions are passed over.

        Raises
        ------
        ValueError
            If the values are none of a row.
        """
        known = {item.name for item in fields(cls)}
        row = {name: value for name, value in values.items() if name in known}
        index = row.get("index")
        if not isinstance(index, int) or index < 0 or "prompt" not in row:
            raise ValueError("a row needs an index and a prompt")
        return cls(**row)
