"""What line magics return: values that show themselves as a small table or transcript."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from realm_jupyter.human import terminal_text
from realm_jupyter.markdown import markdown_to_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realm_jupyter.types import ChatMessage

__all__ = ["Table", "Tokens", "Transcript"]

_ROLES = {"system": "System", "user": "You", "assistant": "Model", "tool": "Tool"}


class Table:
    """Rows of text.

    Parameters
    ----------
    columns : sequence of str
        Headings; all empty for none.
    rows : sequence of sequence of str
    value : object
        What the rows were made from, for further use.
    note : str
        Lines below.
    """

    def __init__(
        self, columns: Sequence[str], rows: Sequence[Sequence[str]], value: Any, note: str = ""
    ) -> None:
        self.columns = tuple(columns)
        self.rows = [tuple(map(str, row)) for row in rows]
        self.value = value
        self.note = note

    def __repr__(self) -> str:
        lines = [self.columns, *self.rows] if any(self.columns) else self.rows
        cells = [[terminal_text(" ".join(cell.split("\n"))) for cell in line] for line in lines]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        text = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in cells
        ]
        return "\n".join([*text, self.note] if self.note else text)

    def _repr_html_(self) -> str:
        head = "".join(f'<th style="text-align: left">{html.escape(c)}</th>' for c in self.columns)
        body = "".join(
            "<tr>"
            + "".join(f'<td style="text-align: left">{html.escape(c)}</td>' for c in row)
            + "</tr>"
            for row in self.rows
        )
        header = f"<thead><tr>{head}</tr></thead>" if any(self.columns) else ""
        style = "white-space: pre-wrap"
        note = f'<div style="{style}">{html.escape(self.note)}</div>' if self.note else ""
        return f'<table class="realm-table">{header}<tbody>{body}</tbody></table>{note}'

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


class Tokens(list[int]):
    """Token ids that show themselves with their texts.

    Parameters
    ----------
    token_ids : sequence of int
    texts : sequence of str
        The texts of the first tokens, as many as are shown.
    """

    def __init__(self, token_ids: Sequence[int], texts: Sequence[str]) -> None:
        super().__init__(token_ids)
        self._texts = tuple(texts)

    def _table(self) -> Table:
        rows = [
            (str(token_id), repr(text)) for token_id, text in zip(self, self._texts, strict=False)
        ]
        more = len(self) - len(rows)
        note = f"{len(self)} tokens" + (f", {more} of them not shown" if more else "")
        return Table(("id", "text"), rows, self, note)

    # IPython prints a list its own way unless told otherwise here.
    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # noqa: FBT001 - its signature
        printer.text(repr(self._table()))

    def _repr_html_(self) -> str:
        return self._table()._repr_html_()


class Transcript:
    """The turns of a conversation, readable without a kernel.

    Parameters
    ----------
    messages : sequence of ChatMessage
    """

    def __init__(self, messages: Sequence[ChatMessage]) -> None:
        self.messages = tuple(messages)

    def __repr__(self) -> str:
        return "\n\n".join(
            f"{_ROLES[message.role]}: {terminal_text(message.content)}" for message in self.messages
        )

    def _repr_html_(self) -> str:
        turns = (
            f"<p><strong>{_ROLES[message.role]}</strong></p>\n{markdown_to_html(message.content)}"
            for message in self.messages
        )
        return f'<div class="realm-cell-answer">{"".join(turns)}</div>'

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}
