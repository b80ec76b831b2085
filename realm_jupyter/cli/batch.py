"""``realm batch MODEL PROMPTS -o ANSWERS``: offline work that goes on where it ended."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from realm_jupyter.cli import session
from realm_jupyter.errors import ConfigError
from realm_jupyter.human import batch_line, progress_bar, terminal_text
from realm_jupyter.options import add_batch_options, batch_options
from realm_jupyter.types import CancelToken
from realm_jupyter.worker import Interrupts, Worker

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.batch import BatchProgress, BatchResult
    from realm_jupyter.options import OptionParser

EPILOG = """PROMPTS has a prompt on each line or, as .jsonl, lines of JSON: a text, a list of chat
messages, or an object with "prompt" or "messages". ANSWERS gets a line of JSON for each, as it
is done; its first line says what they answer. The same command again goes on where ANSWERS
ends: what is answered is not run again, what failed is. The exit code is 1 if some failed."""

_UPDATE_S = 0.1


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "model", metavar="MODEL", help="a GGUF file, paris or tales, or a model of --base-url"
    )
    parser.add_argument("prompts", metavar="PROMPTS", help="file with the prompts")
    parser.add_argument("-o", "--output", metavar="ANSWERS", required=True, help="file to write")
    parser.add_argument(
        "--raw", action="store_true", help="complete the texts as they stand, without chat template"
    )
    parser.add_argument("--base-url", metavar="URL", help="ask the models of a server instead")
    parser.add_argument("--api-key", metavar="KEY", help="its key; better in REALM_API_KEY")
    add_batch_options(parser)
    session.add_prompt_options(parser)


def check(args: argparse.Namespace) -> None:
    """Refuse arguments that do not go together."""
    session.check_sampling(args)
    args.batch = batch_options(args)
    if args.raw and args.system is not None:
        raise ConfigError("--system needs the chat template, which --raw leaves out: drop one")
    if args.api_key is not None and args.base_url is None:
        raise ConfigError("--api-key is for a server: add --base-url")


def run(args: argparse.Namespace) -> int:
    """Answer the prompts; return the exit code."""
    from realm_jupyter.batch import prompts_of, read_items  # noqa: PLC0415 - help is quick

    prompts = prompts_of(read_items(args.prompts))
    with _realm(args) as realm:
        model = args.model
        if args.base_url is None:
            model = session.load(realm, args.model, args).id
        cancel = CancelToken()
        latest: list[BatchProgress] = []

        def answer() -> BatchResult:
            result: BatchResult = realm.map(
                prompts,
                output=args.output,
                model=model,
                raw=args.raw,
                system=args.system,
                on_progress=latest.append,
                cancel=cancel,
                **args.batch,
                **args.fields,
            )
            return result

        with Interrupts(cancel.cancel):
            worker = Worker(answer, "realm-batch")
            _follow(worker, latest, args)
            result = worker.result()
    if latest and not args.quiet:
        _say(f"{batch_line(latest[-1])}; answers in {result.path}")
    if cancel.is_cancelled:
        raise KeyboardInterrupt
    for row in result.failed:
        _say(f"prompt {row.index} failed: {row.error}")
    return 0 if result.is_complete else 1


def _realm(args: argparse.Namespace) -> Any:
    if args.base_url is None:
        return session.open_realm()
    from realm_jupyter.realm import Realm  # noqa: PLC0415 - as above

    return Realm(mode="server", base_url=args.base_url, api_key=args.api_key)


def _follow(
    worker: Worker[BatchResult], latest: list[BatchProgress], args: argparse.Namespace
) -> None:
    """Show on a terminal how far it is, until it ends."""
    is_shown = sys.stderr.isatty() and not args.quiet
    next_s = time.monotonic()
    while not worker.wait(_UPDATE_S):
        if is_shown and latest and time.monotonic() >= next_s:
            next_s = time.monotonic() + _UPDATE_S
            line = f"{progress_bar(latest[-1].share)} {batch_line(latest[-1])}"
            print(f"\r\x1b[K{terminal_text(line)}", end="", file=sys.stderr, flush=True)
        del latest[:-1]
    if is_shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _say(message: str) -> None:
    print(terminal_text(f"realm: {message}"), file=sys.stderr, flush=True)
