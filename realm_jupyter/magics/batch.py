"""``%%realm batch``: one cell for many items, with a bar, kept when it is stopped."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realm_jupyter.batch import BatchProgress, BatchResult, prompts_of, read_items
from realm_jupyter.errors import ConfigError, MagicError
from realm_jupyter.human import batch_line, one_line, progress_bar
from realm_jupyter.magics.commands import checked_name
from realm_jupyter.magics.display import STOPPED
from realm_jupyter.magics.interpolation import interpolate
from realm_jupyter.magics.table import Table
from realm_jupyter.options import batch_options
from realm_jupyter.types import CancelToken
from realm_jupyter.worker import Interrupts, Worker

if TYPE_CHECKING:
    from realm_jupyter.magics.display import Screen
    from realm_jupyter.magics.parsers import Call
    from realm_jupyter.magics.session import Session

__all__ = ["run_batch_cell"]

_UPDATE_S = 0.25
_NUM_SHOWN = 5
_MAX_SHOWN = 80


class _Bar:
    """How far a batch is, as an output that is updated."""

    def __init__(self, progress: BatchProgress) -> None:
        self._share = progress.share
        self._line = batch_line(progress)

    def __str__(self) -> str:
        return f"{progress_bar(self._share)} {self._line}"

    def _repr_mimebundle_(self) -> dict[str, str]:
        line = html.escape(self._line)
        shown = (
            f'<div class="realm-cell-progress"><progress max="1" value="{self._share:.4f}" '
            f'aria-label="batch"></progress> {line}</div>'
        )
        return {"text/html": shown, "text/plain": str(self)}


def run_batch_cell(session: Session, call: Call, cell: str, screen: Screen) -> None:
    """Answer the cell for each item of a source, or each line of the cell.

    Raises
    ------
    MagicError
        If there is nothing to answer.
    RealmError
        Whatever ends the whole batch.
    """
    args = call.args
    checked_name(args.var)
    if args.raw and args.system is not None:
        raise MagicError("--system needs the chat template, which --raw leaves out: drop one")
    options = batch_options(args)
    prompts = _prompts(session, call, cell)
    model, notes = session.ensure_model(args.model, screen)
    system = args.system
    if system is None and not args.raw and model.has_chat_template:
        system = session.settings.system or None
    options |= {**session.settings.generation, **call.fields, "system": system, "raw": args.raw}
    if args.output is not None:
        options["output"] = interpolate(args.output, session.variables())

    cancel = CancelToken()
    latest: list[BatchProgress] = []
    realm = session.realm

    def answer() -> BatchResult:
        result: BatchResult = realm.map(
            prompts, model=model.id, on_progress=latest.append, cancel=cancel, **options
        )
        return result

    live = screen.live()
    with Interrupts(cancel.cancel):
        worker = Worker(answer, "realm-batch-cell")
        shown: BatchProgress | None = None
        while not worker.wait(_UPDATE_S):
            if latest and latest[-1] is not shown:
                shown = latest[-1]
                live.show(_Bar(shown))
            del latest[:-1]
        result = worker.result()
    line = batch_line(latest[-1]) if latest else ""
    live.show(_preview(result, STOPPED if cancel.is_cancelled else ""))
    value, more = _as_frame(result)
    session.keep(value, args.var)
    where = () if result.path is None else (f"in {result.path}",)
    screen.status(" · ".join([line, *where, *notes, *(more if args.var else ())]))


def _prompts(session: Session, call: Call, cell: str) -> list[Any]:
    source = call.args.source
    if source is None:
        lines = [line for line in cell.splitlines() if line.strip()]
        if not lines:
            raise MagicError("there is no prompt: write one on each line, or name a SOURCE")
        return [_filled(session, call, line, {}) for line in lines]
    items = _items(session, source)
    if not cell.strip():
        return prompts_of(items)
    return [_filled(session, call, cell, _fields(item)) for item in items]


def _filled(session: Session, call: Call, text: str, item: dict[str, Any]) -> str:
    """Return a text with the fields of an item, and with variables where those may be used."""
    if call.args.no_interpolate or not session.settings.interpolate:
        return text
    return interpolate(text, {**session.variables(), **item})


def _fields(item: Any) -> dict[str, Any]:
    named = item if isinstance(item, dict) else {}
    return {"item": item, **{str(name): value for name, value in named.items()}}


def _items(session: Session, source: str) -> list[Any]:
    """Return the items of a variable or a file."""
    variables = session.variables()
    if source not in variables:
        if not Path(source).expanduser().is_file():
            raise MagicError(f"{one_line(source)} is neither a variable nor a file")
        try:
            return read_items(source)
        except ConfigError as error:
            raise MagicError(one_line(error)) from error
    value = variables[source]
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return list(value.to_dict("records"))
    if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__iter__"):
        kind = type(value).__name__
        raise MagicError(f"{source} is of the type {kind}, which has no items: a list is needed")
    return list(value)


def _preview(result: BatchResult, mark: str) -> Table:
    rows = [
        (str(row.index), _short(row.prompt), _short(row.error or row.text))
        for row in result[:_NUM_SHOWN]
    ]
    more = len(result) - len(rows)
    note = [f"and {more} more"] if more > 0 else []
    return Table(("", "prompt", "answer"), rows, result, "\n".join([*note, *filter(None, [mark])]))


def _short(value: object) -> str:
    text = one_line(value)
    return text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 1] + "…"


def _as_frame(result: BatchResult) -> tuple[Any, tuple[str, ...]]:
    """Return a DataFrame where pandas is installed, else the rows and what to install."""
    try:
        return result.to_pandas(), ()
    except ConfigError as error:
        return result, (f"kept as rows: {one_line(error)}",)
