"""``realm template FILE.jinja --jsonl``: render a chat template; no torch."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realm_jupyter.cli.jsonl import BadLineError, answer_lines
from realm_jupyter.errors import ChatTemplateError
from realm_jupyter.models.chat_template import render_template

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.options import OptionParser

EPILOG = """Each line of standard input is an object with the template's variables (messages,
add_generation_prompt, bos_token, ...) and perhaps now, an ISO date for strftime_now; the
answer is an object with text, or with error. Templates run in a limited process."""


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", metavar="FILE.jinja", help="the template")
    parser.add_argument(
        "--jsonl", action="store_true", required=True, help="read lines of JSON (the only form)"
    )


def run(args: argparse.Namespace) -> int:
    """Render; return the exit code."""
    try:
        template = Path(args.file).read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ChatTemplateError(f"{args.file} is not UTF-8 text (at byte {error.start})") from error
    return answer_lines(lambda line: _answer(template, line))


def _answer(template: str, line: dict[str, Any]) -> dict[str, Any]:
    now = line.pop("now", None)
    try:
        moment = None if now is None else datetime.fromisoformat(now)
    except (TypeError, ValueError) as error:
        raise BadLineError('"now" must be an ISO date, such as "2026-01-02"') from error
    return {"text": render_template(template, line, now=moment)}
