"""``realm chat MODEL``: a conversation in the terminal."""

from __future__ import annotations

import contextlib
import importlib
import sys
from typing import TYPE_CHECKING, Any

from realm_jupyter.cli import session
from realm_jupyter.errors import PromptError, RealmError
from realm_jupyter.human import model_line, one_line, terminal_text
from realm_jupyter.types import ChatMessage

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.options import OptionParser

HELP = """/reset  forget the conversation
/help   show this
/exit   leave (or Ctrl-D)
Ctrl-C stops an answer and keeps what it said. A message that begins with a slash is
written with two: //like this."""
EPILOG = "In the conversation: /reset, /help, /exit; Ctrl-C stops an answer, Ctrl-D leaves."


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "model", metavar="MODEL", nargs="?", default="paris", help="default: paris, which ships"
    )
    session.add_prompt_options(parser)


def check(args: argparse.Namespace) -> None:
    """Check the sampling flags."""
    session.check_sampling(args)


def run(args: argparse.Namespace) -> int:
    """Talk until the user leaves; return the exit code."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    with session.open_realm() as realm:
        model = session.load(realm, args.model, args)
        conversation = _Conversation(realm, model.id, args)
        if is_terminal:
            with contextlib.suppress(ImportError):  # Windows has none
                importlib.import_module("readline")  # arrows and history in input()
            print(terminal_text(f"{model.id}: {model_line(model)}\n/help lists commands"))
        while True:
            try:
                line = input("> " if is_terminal else "")
            except EOFError:
                break
            except UnicodeDecodeError as error:
                raise PromptError("standard input is not UTF-8 text") from error
            except KeyboardInterrupt:
                if not is_terminal:
                    raise
                print("\nCtrl-D or /exit leaves")
                continue
            if not conversation.obey(line):
                return conversation.exit_code
    if is_terminal:
        print()
    return conversation.exit_code


class _Conversation:
    """The messages so far, and what a line does to them."""

    def __init__(self, realm: Any, model_id: str, args: argparse.Namespace) -> None:
        self._realm = realm
        self._model_id = model_id
        self._args = args
        self._messages: list[ChatMessage] = []
        self.exit_code = 0
        self._reset()

    def _reset(self) -> None:
        system = self._args.system
        self._messages = [ChatMessage("system", system)] if system is not None else []

    def obey(self, line: str) -> bool:
        """Do what a line says; return whether to go on."""
        command = line.strip()
        if command == "/exit":
            return False
        if command == "/reset":
            self._reset()
            print("the conversation is forgotten")
        elif command == "/help":
            print(HELP)
        elif command.startswith("/") and not command.startswith("//"):
            print(f"unknown command {one_line(command)}; /help lists them")
        elif command:
            self._answer(line.replace("//", "/", 1) if command.startswith("//") else line)
        return True

    def _answer(self, text: str) -> None:
        messages = [*self._messages, ChatMessage("user", text)]

        def start() -> GenerationHandle:
            handle: GenerationHandle = self._realm.stream_chat(
                messages, model=self._model_id, **self._args.fields
            )
            return handle

        printer = session.Printer()
        try:
            response, is_interrupted = session.stream_answer(start, printer.show)
        except RealmError as error:
            # The conversation goes on; a script still learns of it from the exit code.
            if printer.has_shown:
                print(flush=True)
            print(f"realm: error: {one_line(error)}", file=sys.stderr, flush=True)
            self.exit_code = 1
            return
        print(" [stopped]" if is_interrupted else "", flush=True)
        session.say_status(response, self._args)
        if response.text or not is_interrupted:
            self._messages = [*messages, ChatMessage("assistant", response.text)]
