"""``realm run MODEL PROMPT``: one answer, streamed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from realm_jupyter.cli import session
from realm_jupyter.errors import ConfigError, PromptError
from realm_jupyter.human import cut_note

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.options import OptionParser

EPILOG = "The text goes to standard output, everything else to standard error."


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument("model", metavar="MODEL", help="a GGUF file, or paris or tales")
    parser.add_argument("prompt", metavar="PROMPT", help="the prompt; - reads standard input")
    parser.add_argument(
        "--raw", action="store_true", help="complete the text as it stands, without chat template"
    )
    parser.add_argument("--json", action="store_true", help="write the whole response as JSON")
    session.add_prompt_options(parser)


def check(args: argparse.Namespace) -> None:
    """Refuse arguments that do not go together."""
    session.check_sampling(args)
    if args.raw and args.system is not None:
        raise ConfigError("--system needs the chat template, which --raw leaves out: drop one")


def run(args: argparse.Namespace) -> int:
    """Answer the prompt; return the exit code."""
    prompt = _standard_input() if args.prompt == "-" else args.prompt
    options = dict(args.fields)
    if args.system is not None:
        options["system"] = args.system
    with session.open_realm() as realm:
        model = session.load(realm, args.model, args)

        def start() -> GenerationHandle:
            handle: GenerationHandle = realm.stream(prompt, model=model.id, raw=args.raw, **options)
            return handle

        printer = session.Printer()
        response, is_interrupted = session.stream_answer(
            start, (lambda _text: None) if args.json else printer.show
        )
    if args.json:
        print(json.dumps(session.response_json(response)))
    elif not response.text.endswith("\n"):
        print(flush=True)
    session.say_status(response, args)
    for note in cut_note(response, args.fields):
        print(f"realm: the answer was {note}", file=sys.stderr)
    if is_interrupted:
        raise KeyboardInterrupt
    return 0


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise PromptError(f"standard input is not UTF-8 text (at byte {error.start})") from error
