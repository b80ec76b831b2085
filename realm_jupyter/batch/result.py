"""The answers of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from realm_jupyter.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from realm_jupyter.batch.row import BatchRow

__all__ = ["BatchResult"]


class BatchResult(Sequence["BatchRow"]):
    """A row for each prompt, in their order.

    Parameters
    ----------
    rows : sequence of BatchRow
    path : Path, optional
        The file that the rows are in as well.
    """

    def __init__(self, rows: Sequence[BatchRow], path: Path | None = None) -> None:
        self._rows = tuple(rows)
        self.path = path

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> BatchRow: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[BatchRow, ...]: ...
    def __getitem__(self, index: int | slice) -> BatchRow | tuple[BatchRow, ...]:
        return self._rows[index]

    def __repr__(self) -> str:
        answered = f"{self.num_answered} of {len(self)} prompts answered"
        failed = f", {len(self.failed)} failed" if self.failed else ""
        where = f", in {self.path}" if self.path is not None else ""
        return f"<BatchResult: {answered}{failed}{where}>"

    @property
    def texts(self) -> list[str | None]:
        """The answers, in the order of the prompts; None where there is none."""
        return [row.text if row.is_answered else None for row in self._rows]

    @property
    def num_answered(self) -> int:
        """How many prompts have an answer."""
        return sum(row.is_answered for row in self._rows)

    @property
    def failed(self) -> list[BatchRow]:
        """The rows that ended with an error."""
        return [row for row in self._rows if row.is_failed]

    @property
    def is_complete(self) -> bool:
        """Whether every prompt has an answer."""
        return self.num_answered == len(self._rows)

    def to_pandas(self) -> Any:
        """Return the rows as a DataFrame: a column for each field of `BatchRow`.

        Returns
        -------
        pandas.DataFrame
            Its index is the prompts'; ``text`` is missing where there is no answer.

        Raises
        ------
        ConfigError
            If pandas is not installed.
        """
        try:
            import pandas as pd  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise ConfigError(
                "a DataFrame needs pandas: pip install 'realm-jupyter[batch]'"
            ) from error
        rows = [{**row.to_dict(), "text": text} for row, text in zip(self, self.texts, strict=True)]
        return pd.DataFrame(rows).set_index("index") if rows else pd.DataFrame()
