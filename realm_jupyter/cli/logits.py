"""``realm logits FILE``: the logits of given tokens, for comparing engines."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from realm_jupyter.errors import ConfigError

if TYPE_CHECKING:
    from realm_jupyter.options import OptionParser

EPILOG = "The output is a float32 array of shape (tokens, vocabulary): a row for each position."


def add_options(parser: OptionParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", metavar="FILE", help="a GGUF file, or paris or tales")
    parser.add_argument(
        "--token-ids", metavar="1,2,3", type=_ids, required=True, help="the tokens, with BOS if any"
    )
    parser.add_argument("--output", metavar="X.npy", required=True, help="where to write")
    parser.add_argument("--device", default="auto", metavar="NAME", help="default auto")
    parser.add_argument("--executor", default="auto", metavar="NAME", help="default auto")


def _ids(text: str) -> list[int]:
    try:
        return [int(item) for item in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"needs whole numbers with commas between, not {text!r}"
        ) from None


def run(args: argparse.Namespace) -> int:
    """Write the logits; return the exit code."""
    import numpy as np  # noqa: PLC0415 - help must not wait for them

    from realm_jupyter.compute import Chunk, create_executor  # noqa: PLC0415
    from realm_jupyter.models import open_model, resolve_source  # noqa: PLC0415

    source, output = resolve_source(args.file), Path(args.output)
    if output.exists() and output.samefile(source):
        raise ConfigError(f"{output} is the model itself; choose another file", field="output")
    model = open_model(source)
    try:
        wrong = [item for item in args.token_ids if not 0 <= item < model.vocab_size]
        if wrong:
            raise ConfigError(
                f"token id {wrong[0]} is not in the vocabulary, which has 0 to "
                f"{model.vocab_size - 1}",
                field="token_ids",
                value=wrong[0],
            )
        executor = create_executor(model, device=args.device, executor=args.executor)
        try:
            cache = executor.new_cache()
            ids = np.asarray(args.token_ids, dtype=np.int32)
            (logits,) = executor.forward([Chunk(cache, ids, "all")])
            with output.open("wb") as file:  # np.save would add .npy to a name
                np.save(file, np.asarray(logits, dtype=np.float32))
            cache.free()
        finally:
            executor.close()
    finally:
        model.close()
    return 0
