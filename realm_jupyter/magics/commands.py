"""What each subcommand of the magic line does with its arguments."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import MagicError
from realm_jupyter.human import (
    format_bytes,
    format_count,
    model_line,
    one_line,
    versions,
)
from realm_jupyter.magics import servers
from realm_jupyter.magics.export import export_web
from realm_jupyter.magics.interpolation import interpolate
from realm_jupyter.magics.parsers import help_text, overview
from realm_jupyter.magics.session import guest_names, shipped_names
from realm_jupyter.magics.table import Table, Tokens, Transcript
from realm_jupyter.magics.tenants import tenants_table, watch_tenants
from realm_jupyter.types import CancelToken
from realm_jupyter.worker import Interrupts, Worker

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from realm_jupyter.magics.display import Screen
    from realm_jupyter.magics.session import Session
    from realm_jupyter.types import ModelInfo

__all__ = ["LINE_COMMANDS", "checked_name", "guest_cell", "show_overview", "tokenize"]

_MAX_TOKENS_SHOWN = 200
_FIRST_CODE_LINE = 2  # of a cell, below %%realm guest
_MAX_VALUE_SHOWN = 80


def checked_name(name: str | None) -> str | None:
    """Return the name of a variable for ``-v``.

    Raises
    ------
    MagicError
        If Python could not have a variable of this name.
    """
    if name is not None and (not name.isidentifier() or keyword.iskeyword(name)):
        raise MagicError(f"-v {one_line(name)}: this is not a name for a variable")
    return name


def show_overview(session: Session, screen: Screen) -> None:
    """Show in a few lines what is loaded and which subcommands there are."""
    loaded = session.loaded()
    for info in loaded:
        screen.note(f"{'* ' if info.is_current else '  '}{info.id}: {model_line(info)}")
    if not loaded:
        default = session.settings.default_model
        screen.note(f"no model is loaded; {default} answers until %realm load PATH loads another")
    screen.note("\n" + overview())


def load(session: Session, args: argparse.Namespace, screen: Screen) -> None:
    """Load a model."""
    source = interpolate(args.source, session.variables())
    session.load(
        source,
        screen,
        model_id=args.id,
        device=args.device,
        executor=args.executor,
        kv_type=args.kv_type,
    )


def use(session: Session, args: argparse.Namespace, screen: Screen) -> None:
    """Make a loaded model current."""
    _need_loaded(session, args.model)
    session.realm.use_model(args.model)
    screen.note(f"{session.realm.current_model} answers from now on")


def models(session: Session, args: argparse.Namespace, _screen: Screen) -> object:
    """List loaded and shipped models, or open the panel of them."""
    if args.widget:
        return session.models_widget()
    loaded = session.loaded()
    rows = [
        (
            f"{'* ' if info.is_current else ''}{info.id}",
            info.architecture,
            info.quant_type,
            format_count(info.num_parameters),
            format_bytes(info.memory_bytes),
            f"{info.device} ({info.executor})",
        )
        for info in loaded
    ]
    ids = {info.id for info in loaded}
    rows += [
        (name, "", "", "", "", "ships, not loaded") for name in shipped_names() if name not in ids
    ]
    columns = ("model", "architecture", "quant type", "parameters", "memory", "where")
    note = "* answers by default" if loaded else "%realm load NAME loads one"
    return Table(columns, rows, loaded, note)


def info(session: Session, args: argparse.Namespace, _screen: Screen) -> Table:
    """Show what a loaded model is."""
    found = _need_loaded(session, args.model)
    rows = [
        ("id", found.id + (" (current)" if found.is_current else "")),
        ("name", found.name),
        ("file", found.path),
        ("architecture", found.architecture),
        ("quant type", found.quant_type),
        ("parameters", format_count(found.num_parameters)),
        ("layers", str(found.num_layers)),
        ("embedding length", str(found.embedding_length)),
        ("vocabulary", f"{found.vocab_size} tokens"),
        ("context", f"{found.context_length} tokens"),
        ("file size", format_bytes(found.file_bytes)),
        ("memory", format_bytes(found.memory_bytes)),
        ("device", found.device),
        ("executor", found.executor),
        ("chat template", "yes" if found.has_chat_template else "no"),
    ]
    if found.sha256:
        rows.append(("sha256", found.sha256))
    if args.metadata:
        rows += [(key, _short(value)) for key, value in found.metadata.items()]
    return Table(("", ""), rows, found)


def unload(session: Session, args: argparse.Namespace, screen: Screen) -> None:
    """Unload one model or all."""
    if args.all and args.model:
        raise MagicError("unload either one model or --all")
    if args.all:
        ids = [item.id for item in session.loaded()]
    else:
        ids = [_need_loaded(session, args.model).id]
    for model_id in ids:
        freed = session.realm.unload_model(model_id)
        screen.note(f"{model_id} is unloaded: {format_bytes(freed)} freed")
    if not ids:
        screen.note("no model is loaded")


def tenants(_session: Session, args: argparse.Namespace, screen: Screen) -> Table | None:
    """List who uses the models of this process, once or again and again."""
    if args.watch is None:
        return tenants_table()
    watch_tenants(screen, args.watch)
    return None


def chat(session: Session, args: argparse.Namespace, screen: Screen) -> object:
    """Open, show or forget a conversation."""
    name = args.conversation
    if args.reset:
        was_there = session.forget(name)
        screen.note(f"the conversation {name} {'is forgotten' if was_there else 'was empty'}")
        return None
    if session.has_widgets and not args.text:
        return session.chat_widget(name)
    messages = session.conversations.get(name, [])
    if not messages:
        others = ", ".join(key for key, value in session.conversations.items() if value)
        screen.note(
            f"the conversation {name} is empty; write %%realm chat and a message below"
            + (f" (there are {others})" if others else "")
        )
        return None
    return Transcript(messages)


def generate(_session: Session, _args: argparse.Namespace, _screen: Screen) -> None:
    """Explain that this one needs a cell."""
    raise MagicError("generate takes the cell as prompt: write %%realm generate, the prompt below")


def guest(_session: Session, _args: argparse.Namespace, screen: Screen) -> list[str] | None:
    """List the guests of this process."""
    names = guest_names()
    if not names:
        screen.note("there is no guest of yours; %%realm guest --name NAME compiles its cell")
        return None
    return names


def guest_cell(args: argparse.Namespace, source: str, screen: Screen) -> None:
    """Compile the cell into a guest; the stop button stops the compiler.

    Raises
    ------
    MagicError
        If the guest has no name, or its source does not compile: the compiler's lines,
        with the numbers that the cell's lines have.
    """
    from realm_jupyter.sandbox import add_guest, compile_guest  # noqa: PLC0415 - wasmtime waits

    if not args.name:
        raise MagicError("give the guest a name: %%realm guest --name NAME")
    cancel = CancelToken()

    def compiled() -> bytes:
        return compile_guest(
            source, args.name, language=args.language, first_line=_FIRST_CODE_LINE, cancel=cancel
        )

    with Interrupts(cancel.cancel):
        wasm = Worker(compiled, "realm-compile").result()
    add_guest(args.name, wasm)
    screen.note(
        f"{args.name} is a guest now ({format_bytes(len(wasm))}): "
        f"%%realm generate --guest {args.name}, or Realm(guest={args.name!r})"
    )


def tokenize_line(session: Session, args: argparse.Namespace, screen: Screen) -> Tokens | int:
    """Show the tokens of the rest of the line."""
    if not args.text:
        raise MagicError("give a text: %realm tokenize TEXT, or %%realm tokenize with a cell")
    return tokenize(session, args, " ".join(args.text), screen)


def tokenize(session: Session, args: argparse.Namespace, text: str, screen: Screen) -> Tokens | int:
    """Return the tokens of ``text``, or how many there are."""
    found, notes = session.ensure_model(args.model, screen)
    token_ids = session.realm.tokenize(text, model=found.id)
    for note in notes:
        screen.status(note)
    if args.count:
        return len(token_ids)
    texts = [
        session.realm.detokenize([token_id], model=found.id, render_special=True)
        for token_id in token_ids[:_MAX_TOKENS_SHOWN]
    ]
    return Tokens(token_ids, texts)


def config(session: Session, args: argparse.Namespace, screen: Screen) -> Table | None:
    """Show or change settings."""
    settings: Any = session.settings
    if args.reset:
        settings.reset(args.name)
        screen.note("back to the default" if args.name else "all settings are back to the defaults")
        return None
    if args.value is not None:
        settings.change(args.name, args.value)
    rows = settings.describe(args.name)
    return Table(("setting", "value", "meaning"), rows, {row[0]: row[1] for row in rows})


def help_(_session: Session, args: argparse.Namespace, screen: Screen) -> None:
    """Explain a subcommand."""
    screen.note(help_text(args.topic))


def version(_session: Session, _args: argparse.Namespace, _screen: Screen) -> Table:
    """Show versions."""
    found = versions()
    return Table(("", ""), found, dict(found))


LINE_COMMANDS: dict[str, Callable[[Session, argparse.Namespace, Screen], object]] = {
    "load": load,
    "use": use,
    "models": models,
    "info": info,
    "unload": unload,
    "tenants": tenants,
    "generate": generate,
    "chat": chat,
    "guest": guest,
    "tokenize": tokenize_line,
    "connect": servers.connect,
    "disconnect": servers.disconnect,
    "serve": servers.serve,
    "export-web": export_web,
    "config": config,
    "help": help_,
    "version": version,
}


def _need_loaded(session: Session, name: str | None) -> ModelInfo:
    if name is None:
        if not session.loaded() or session.realm.current_model is None:
            raise MagicError("no model is loaded; %realm load PATH|NAME loads one")
        name = session.realm.current_model
    elif not session.has_realm or not session.realm.is_model_loaded(name):
        raise session.unknown_model(name)
    found: ModelInfo = session.realm.model_info(name)
    return found


def _short(value: object) -> str:
    text = one_line(value)
    return text if len(text) <= _MAX_VALUE_SHOWN else text[: _MAX_VALUE_SHOWN - 1] + "…"
