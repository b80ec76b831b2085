"""Marks a paris file and writes its figures and its model card.

``python -m realm_jupyter.demo.paris.report trained`` for the folder of a training run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realm_jupyter.demo.paris.card import render_card
from realm_jupyter.demo.paris.evaluation import Examiner, evaluate
from realm_jupyter.demo.paris.recipe import LEARNING_RATE, SHARPNESS
from realm_jupyter.demo.paris.shipped import load_shipped
from realm_jupyter.demo.trainer import load_checkpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).resolve().parent.parent
FIGURES_PATH = FOLDER / "paris.evaluation.json"
CARD_PATH = FOLDER / "PARIS.md"


def measure(path: Path, checkpoint: Path) -> dict[str, Any]:
    """Mark a file on the held-out questions and tell how it was trained.

    Parameters
    ----------
    path : Path
        The GGUF file.
    checkpoint : Path
        Where its training ended.

    Returns
    -------
    dict
        The figures of the model card, ready for JSON.
    """
    network, tokenizer = load_shipped(path)
    state = load_checkpoint(checkpoint)[1]["state"]
    config = network.config
    minutes = round(state["elapsed_s"] / 60, 1)
    return {
        "model": {
            "parameters": network.num_parameters,
            "layers": config.num_layers,
            "embedding_length": config.embedding_length,
            "heads": config.num_heads,
            "kv_heads": config.num_kv_heads,
            "feed_forward_length": config.feed_forward_length,
            "vocab_size": config.vocab_size,
            "context_length": config.context_length,
            "file_bytes": path.stat().st_size,
            "sharpness": SHARPNESS,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        },
        "training": {
            "steps": state["step"],
            "tokens": state["num_tokens"],
            "minutes": minutes,
            "phases": state.get("phases")
            or [
                {
                    "minutes": minutes,
                    "steps": state["step"],
                    "rate": f"{LEARNING_RATE:g}, falling",
                    "text": "the present one",
                }
            ],
            "last_loss": state["losses"][-1][1],
        },
        "held_out": evaluate(network, tokenizer, Examiner().questions()),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the figures and the card beside the shipped file."""
    parser = argparse.ArgumentParser(description="Mark a paris file and write its model card.")
    parser.add_argument("folder", type=Path, help="--out of realm_jupyter.demo.train")
    folder: Path = parser.parse_args(arguments).folder
    figures = measure(folder / "paris.gguf", folder / "paris.checkpoint.pt")
    text = json.dumps(figures, indent=1, ensure_ascii=False) + "\n"
    FIGURES_PATH.write_text(text, encoding="utf-8")
    CARD_PATH.write_text(render_card(figures), encoding="utf-8")
    marks = figures["held_out"]
    print(f"{marks['right']} of {marks['total']} right, mean of kinds {marks['mean_of_kinds']:.1%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
