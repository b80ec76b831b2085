"""``realm demo``: the models that ship with the package answer and tell a story."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realm_jupyter.cli import session
from realm_jupyter.human import model_line, status_line, terminal_text
from realm_jupyter.types import ChatMessage

if TYPE_CHECKING:
    import argparse

    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.options import OptionParser

QUESTIONS = ("What is the capital of France?", "And of Italy?", "What are you?")
OPENING = "Once upon a time"
EPILOG = "Nothing is downloaded: both models are part of the package."
_STORY_TOKENS = 480
# Warmer, so small a model mixes up who is who.
_STORY_TEMPERATURE = 0.5
_SEED = 3


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument("--seed", type=int, default=_SEED, metavar="N", help="another story")
    session.add_model_options(parser)


def run(args: argparse.Namespace) -> int:
    """Show both models; return the exit code."""
    args.quiet = False
    with session.open_realm() as realm:
        model = session.load(realm, "paris", args)
        print(f"{model.id} ships with this package and runs in a sandbox on this machine.")
        print(terminal_text(f"{model_line(model)}\n"))
        messages: list[ChatMessage] = []
        for question in QUESTIONS:
            print(f"> {question}")
            messages.append(ChatMessage("user", question))
            text = _show(_chat(realm, messages))
            messages.append(ChatMessage("assistant", text))
        model = session.load(realm, "tales", args)
        print(f"{model.id} ships as well; it continues a story.")
        print(terminal_text(f"{model_line(model)}\n"))
        print(OPENING, end="")
        _show(_story(realm, args.seed))
    print("Next: realm chat paris, realm run MODEL.gguf PROMPT, or %load_ext realm_jupyter")
    return 0


def _chat(realm: Any, messages: list[ChatMessage]) -> Any:
    return lambda: realm.stream_chat(messages, model="paris", temperature=0)


def _story(realm: Any, seed: int) -> Any:
    def start() -> GenerationHandle:
        handle: GenerationHandle = realm.stream(
            OPENING,
            model="tales",
            raw=True,
            seed=seed,
            temperature=_STORY_TEMPERATURE,
            max_tokens=_STORY_TOKENS,
        )
        return handle

    return start


def _show(start: Any) -> str:
    response, is_interrupted = session.stream_answer(start, session.Printer().show)
    print(flush=True)
    if is_interrupted:
        raise KeyboardInterrupt
    print(terminal_text(f"{status_line(response)}\n"), flush=True)
    return response.text
