"""What ``%%realm generate`` and ``%%realm chat`` do with their cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import MagicError
from realm_jupyter.human import cut_note, status_line
from realm_jupyter.magics.commands import checked_name
from realm_jupyter.magics.interpolation import interpolate
from realm_jupyter.types import ChatMessage
from realm_jupyter.worker import Interrupts, TextStream, follow

if TYPE_CHECKING:
    from collections.abc import Callable

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.magics.display import Screen
    from realm_jupyter.magics.parsers import Call
    from realm_jupyter.magics.session import Session
    from realm_jupyter.types import GenerationResponse

__all__ = ["chat_cell", "generate_cell"]


def generate_cell(session: Session, call: Call, prompt: str, screen: Screen) -> None:
    """Answer a prompt, or complete it with ``--raw``."""
    checked_name(call.args.var)
    if call.args.raw and call.args.system is not None:
        raise MagicError("--system needs the chat template, which --raw leaves out: drop one")
    prompt, system = _interpolated(session, call, prompt)
    model, notes = session.ensure_model(call.args.model, screen)
    # The setting is a wish that some models cannot meet; the flag is an order.
    if system is None and not call.args.raw and model.has_chat_template:
        system = session.settings.system or None
    options: dict[str, Any] = _fields(session, call)
    if system is not None:
        options["system"] = system

    realm = session.realm_of(call.args.guest)

    def start() -> GenerationHandle:
        handle: GenerationHandle = realm.stream(
            prompt, model=model.id, raw=call.args.raw, **options
        )
        return handle

    _stream(session, call, screen, start, notes)


def chat_cell(session: Session, call: Call, prompt: str, screen: Screen) -> None:
    """Answer a message in a conversation, which grows by both."""
    checked_name(call.args.var)
    name = call.args.conversation
    prompt, system = _interpolated(session, call, prompt)
    past = [] if call.args.reset else list(session.conversations.get(name, []))
    if system is None and not past:
        system = session.settings.system or None
    if system is not None:
        past = [turn for turn in past if turn.role != "system"]
        past.insert(0, ChatMessage("system", system))
    messages = [*past, ChatMessage("user", prompt)]
    model, notes = session.ensure_model(call.args.model, screen)
    options = _fields(session, call)
    realm = session.realm_of(call.args.guest)

    def start() -> GenerationHandle:
        handle: GenerationHandle = realm.stream_chat(messages, model=model.id, **options)
        return handle

    response = _stream(session, call, screen, start, notes)
    # A message that was stopped before its answer began is as if it was never asked.
    if response.text or response.finish_reason != "cancelled":
        messages.append(ChatMessage("assistant", response.text))
        session.remember(name, messages)
    elif call.args.reset:
        session.forget(name)


def _interpolated(session: Session, call: Call, prompt: str) -> tuple[str, str | None]:
    if not prompt:
        raise MagicError("the prompt is empty: write it on the lines below the first")
    if call.args.no_interpolate or not session.settings.interpolate:
        return prompt, call.args.system
    variables = session.variables()
    system = call.args.system
    return interpolate(prompt, variables), system and interpolate(system, variables)


def _fields(session: Session, call: Call) -> dict[str, Any]:
    return {**session.settings.generation, **call.fields}


def _stream(
    session: Session,
    call: Call,
    screen: Screen,
    start: Callable[[], GenerationHandle],
    notes: tuple[str, ...],
) -> GenerationResponse:
    """Show an answer as it comes; an interrupt ends it and keeps its text."""
    answer = screen.answer(call.args.format or session.settings.format)
    stream = TextStream(start)
    with Interrupts(stream.cancel):
        follow(stream, answer.show, answer.interval_s)
        try:
            response = stream.result()
        except Exception:
            answer.finish(stream.text, None, is_stopped=False)
            raise
        is_stopped = response.finish_reason == "cancelled"
        answer.finish(response.text, response, is_stopped=is_stopped)
        session.keep(response, call.args.var)
        notes = (*notes, *cut_note(response, _fields(session, call)))
        if session.settings.show_status:
            screen.status(status_line(response, notes=notes))
    return response
