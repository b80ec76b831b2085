"""From arguments to a subcommand, and from whatever happens to an exit code.

0 is success, 1 an error, 2 wrong usage, 130 an interrupt, 141 a closed pipe.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from realm_jupyter.errors import ConfigError, RealmError, SamplingParamsError
from realm_jupyter.human import one_line
from realm_jupyter.options import HelpRequestedError, OptionParser, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMMANDS", "main", "parser_of"]

COMMANDS: dict[str, str] = {
    "demo": "show the models that ship with the package at work",
    "run": "answer a prompt, or complete it with --raw",
    "chat": "talk to a model",
    "batch": "answer the prompts of a file, thousands if need be",
    "models": "list the models that ship and those in a folder",
    "serve": "answer OpenAI's clients and other notebooks over HTTP",
    "export-web": "write a page with a model that answers in the reader's browser",
    "bench": "measure how fast a model runs here",
    "info": "show what is in a GGUF file and what loading it takes",
    "tokenize": "turn text into token ids",
    "logits": "write the logits of given tokens to a file",
    "template": "render a chat template",
    "cache": "show or clear what is kept on disk to load faster",
    "version": "show the versions of everything involved",
}

# What the magics of a notebook call otherwise.
_MAGIC_WORDS = {"generate": "run"}

OK, FAILED, WRONG_USAGE, INTERRUPTED, CLOSED_PIPE = 0, 1, 2, 130, 141


def overview() -> str:
    """Return the list of subcommands."""
    width = max(map(len, COMMANDS))
    lines = ["usage: realm SUBCOMMAND ...", "", "Language models on this machine, in a sandbox."]
    lines += ["", *(f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items())]
    return "\n".join([*lines, "", "realm SUBCOMMAND --help explains one."])


def _module(name: str) -> Any:
    return importlib.import_module(f"realm_jupyter.cli.{name.replace('-', '_')}")


def parser_of(name: str) -> OptionParser:
    """Return the argument parser of a subcommand."""
    summary = COMMANDS[name]
    module = _module(name)
    epilog = getattr(module, "EPILOG", "")
    parser = OptionParser(f"realm {name}", f"{summary[0].upper()}{summary[1:]}.", epilog)
    module.add_options(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        ``sys.argv[1:]`` by default.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    # What cannot be written in the terminal's encoding becomes a question mark.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has left; Python must not complain about it when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except KeyboardInterrupt:
        _complain("interrupted")
        return INTERRUPTED
    return code


def _run(words: list[str]) -> int:
    try:
        run, args = _parse(words)
    except HelpRequestedError as request:
        print(request.text.rstrip())
        return OK
    except (ConfigError, SamplingParamsError) as error:
        _complain(f"error: {one_line(error)}")
        return WRONG_USAGE
    try:
        return int(run(args))
    except (RealmError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        _complain(f"error: {one_line(error)}")
        return FAILED


def _parse(words: list[str]) -> tuple[Any, Any]:
    if not words or words[0] in {"-h", "--help", "help"}:
        topic = words[1] if len(words) > 1 and words[0] == "help" else ""
        raise HelpRequestedError(
            parser_of(topic).format_help() if topic in COMMANDS else overview()
        )
    if words[0] == "--version":
        words = ["version"]
    name, *rest = words
    if name not in COMMANDS:
        known = _MAGIC_WORDS.get(name)
        hint = f"; realm {known} does that here" if known else did_you_mean(name, COMMANDS)
        hint = hint or "; realm --help lists them"
        raise ConfigError(f"unknown subcommand {name!r}{hint}")
    args = parser_of(name).parse(rest)
    module = _module(name)
    if hasattr(module, "check"):
        module.check(args)
    return module.run, args


def _complain(message: str) -> None:
    sys.stdout.flush()
    print(f"realm: {message}", file=sys.stderr, flush=True)
