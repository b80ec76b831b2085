"""What a user decides about an exported page."""

from __future__ import annotations

from dataclasses import dataclass, field

from realm_jupyter.errors import ConfigError
from realm_jupyter.types import GenerationConfig
from realm_jupyter.widget.sampling import SETTABLE

__all__ = ["MAX_FILE_BYTES", "PageSettings"]

MAX_FILE_BYTES = 25_000_000
"""Largest file by default: what every common static host takes."""

_LEAST_FILE_BYTES, _MOST_FILE_BYTES = 1_000_000, 512_000_000
_MOST_THREADS = 64
_MAX_TITLE_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """How an exported page looks and answers.

    Parameters
    ----------
    title : str, default ""
        Heading of the page; the model's name by default.
    system : str, default ""
        System prompt at first; readers can change it.
    threads : int, optional
        Threads of the kernels, 1 to 64; by default what suits the reader's machine.
    config : GenerationConfig
        Sampling settings at first; readers can change them.
    max_file_bytes : int
        A model that is larger is written in parts, 1 MB to 512 MB each.

    Raises
    ------
    ConfigError
        If a value is out of its range.
    """

    title: str = ""
    system: str = ""
    threads: int | None = None
    config: GenerationConfig = field(default_factory=GenerationConfig)
    max_file_bytes: int = MAX_FILE_BYTES

    def __post_init__(self) -> None:
        if len(self.title) > _MAX_TITLE_LENGTH:
            allowed = f"at most {_MAX_TITLE_LENGTH} characters"
            raise ConfigError.not_allowed("title", f"{self.title[:40]}…", allowed)
        if self.threads is not None and not 1 <= self.threads <= _MOST_THREADS:
            allowed = f"a whole number from 1 to {_MOST_THREADS}"
            raise ConfigError.not_allowed("threads", self.threads, allowed)
        if not _LEAST_FILE_BYTES <= self.max_file_bytes <= _MOST_FILE_BYTES:
            allowed = f"from {_LEAST_FILE_BYTES} to {_MOST_FILE_BYTES} bytes"
            raise ConfigError.not_allowed("max_file_bytes", self.max_file_bytes, allowed)
        default = GenerationConfig()
        for name in GenerationConfig.__dataclass_fields__:
            is_changed = getattr(self.config, name) != getattr(default, name)
            if is_changed and name not in SETTABLE:
                raise ConfigError(
                    f"{name} cannot be set in an exported page; what can is {', '.join(SETTABLE)}",
                    field=name,
                )
