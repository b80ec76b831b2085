"""``realm tokenize FILE``: text to token ids with a file's vocabulary; no torch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from realm_jupyter.cli.jsonl import BadLineError, answer_lines
from realm_jupyter.errors import ConfigError
from realm_jupyter.gguf import GGUFFile, Vocabulary
from realm_jupyter.models import resolve_source
from realm_jupyter.sandbox import GuestInstance, GuestModule

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.options import OptionParser

EPILOG = """With --jsonl each line is an object with text and, if they are true, add_special
(add BOS and EOS as the vocabulary says) and parse_special (recognise control tokens in
the text); the answer is an object with ids. Files with only a vocabulary will do."""
_FLAGS = ("add_special", "parse_special")


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", metavar="FILE", help="a GGUF file, or paris or tales")
    parser.add_argument("text", metavar="TEXT", nargs="?", help="the text")
    parser.add_argument("--jsonl", action="store_true", help="read lines of JSON instead")
    parser.add_argument("--add-special", action="store_true", help="add BOS and EOS to TEXT")
    parser.add_argument("--parse-special", action="store_true", help="read control tokens in TEXT")


def check(args: argparse.Namespace) -> None:
    """Refuse arguments that do not go together."""
    if args.jsonl == (args.text is not None):
        raise ConfigError("give either a TEXT or --jsonl")


def run(args: argparse.Namespace) -> int:
    """Tokenize; return the exit code."""
    with GGUFFile.open(resolve_source(args.file)) as file:
        vocabulary = Vocabulary.from_file(file)
        with GuestInstance(GuestModule.shipped()) as guest:
            guest.load_vocabulary(vocabulary.to_blob())
            if args.jsonl:
                return answer_lines(lambda line: _answer(guest, line))
            print(json.dumps(_tokenize(guest, args.text, args.add_special, args.parse_special)))
    return 0


def _answer(guest: GuestInstance, line: dict[str, Any]) -> dict[str, Any]:
    unknown = [key for key in line if key not in {"text", *_FLAGS}]
    if unknown:
        raise BadLineError(f"unknown key {unknown[0]!r}; there are text, {', '.join(_FLAGS)}")
    if not isinstance(line.get("text"), str):
        raise BadLineError('"text" must be a string')
    flags = [line.get(name, False) for name in _FLAGS]
    if not all(isinstance(flag, bool) for flag in flags):
        raise BadLineError(f"{' and '.join(_FLAGS)} must be true or false")
    return {"ids": _tokenize(guest, line["text"], *flags)}


def _tokenize(
    guest: GuestInstance,
    text: str,
    add_special: bool,  # noqa: FBT001 - as the file's own words
    parse_special: bool,  # noqa: FBT001
) -> list[int]:
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise BadLineError(f"the text is not valid Unicode (at character {error.start})") from error
    ids = guest.tokenize(data, add_special=add_special, parse_special=parse_special)
    return [int(item) for item in ids]
