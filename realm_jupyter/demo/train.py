"""The command line of the recipes: ``python -m realm_jupyter.demo.train paris|tales``.

Text, tokenizer, training, evaluation and export, in that order. A run that was stopped goes on
with ``--resume``; what it wrote so far lies in the folder of ``--out``. The vocabulary is kept
there as well: to go on with a checkpoint, or to export it, takes the one that it was trained with.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from realm_jupyter.demo.export import export_gguf
from realm_jupyter.demo.trainer import TrainingPlan, load_checkpoint, train

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realm_jupyter.demo.network import Network
    from realm_jupyter.demo.recipe import Prepared, Recipe

TOY_MINUTES = 0.5
RECIPES = ("paris", "tales")


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        ``sys.argv`` when left out.

    Returns
    -------
    argparse.Namespace
    """
    parser = argparse.ArgumentParser(
        prog="python -m realm_jupyter.demo.train",
        description="Train a shipped model again, from its text generator to its GGUF file.",
    )
    parser.add_argument("recipe", choices=RECIPES)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help="time to train (default: the recipe's)")
    length.add_argument("--steps", type=int, help="steps to train, instead of a time")
    parser.add_argument("--threads", type=int, default=1, help="processor threads (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the first weights (default: 0)")
    parser.add_argument("--out", type=Path, default=Path("trained"), help="folder of all files")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument("--toy", action="store_true", help="a tiny network, half a minute")
    parser.add_argument(
        "--export-only", action="store_true", help="evaluate and export the checkpoint as it is"
    )
    return parser.parse_args(arguments)


def export_and_evaluate(
    recipe: Recipe, prepared: Prepared, network: Network, state: dict[str, Any], folder: Path
) -> dict[str, Any]:
    """Write the F32 and the Q8_0 file and the figures of the model card.

    Parameters
    ----------
    recipe : Recipe
    prepared : Prepared
    network : Network
    state : dict
        Of the checkpoint: how long the network was trained.
    folder : Path
        Gets ``NAME.gguf``, ``NAME-f32.gguf`` and ``NAME.evaluation.json``.

    Returns
    -------
    dict
        The figures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = recipe.NAME
    for path, quant_type in (
        (folder / f"{name}-f32.gguf", "F32"),
        (folder / f"{name}.gguf", "Q8_0"),
    ):
        export_gguf(
            network,
            prepared.vocabulary,
            path,
            name=name,
            description=recipe.DESCRIPTION,
            quant_type=quant_type,  # type: ignore[arg-type]
            sharpness=prepared.sharpness,
        )
        print(f"wrote {path} ({path.stat().st_size / 1e6:.2f} MB)")
    network.eval()
    figures = {
        "training": {
            "num_parameters": network.num_parameters,
            "num_steps": state["step"],
            "num_tokens": state["num_tokens"],
            "minutes": round(state["elapsed_s"] / 60.0, 1),
        },
        **prepared.evaluate(network),
    }
    target = folder / f"{name}.evaluation.json"
    target.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {target}")
    return figures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a recipe; return the exit status.

    Parameters
    ----------
    arguments : sequence of str, optional

    Returns
    -------
    int
        0, or 2 when a checkpoint is in the way, or it or its vocabulary is missing.
    """
    options = parse_arguments(arguments)
    module = importlib.import_module(f"realm_jupyter.demo.{options.recipe}.recipe")
    recipe = cast("Recipe", module)
    checkpoint: Path = options.out / f"{recipe.NAME}.checkpoint.pt"
    if checkpoint.exists() and not (options.resume or options.export_only):
        print(f"{checkpoint} is there already: use --resume or another --out", file=sys.stderr)
        return 2
    if options.export_only and not checkpoint.exists():
        print(f"there is no {checkpoint} to export", file=sys.stderr)
        return 2
    vocabulary = options.out / recipe.VOCABULARY_FILE
    if checkpoint.exists() and not vocabulary.exists():
        print(f"{checkpoint} needs its vocabulary, {vocabulary}, which is missing", file=sys.stderr)
        return 2
    if not checkpoint.exists():
        vocabulary.unlink(missing_ok=True)  # of a run that ended before its first checkpoint
    prepared = recipe.prepare(is_toy=options.toy, folder=options.out)
    if options.export_only:
        network, saved = load_checkpoint(checkpoint)
    else:
        minutes = options.minutes or (TOY_MINUTES if options.toy else prepared.minutes)
        plan = TrainingPlan(
            steps=options.steps,
            minutes=None if options.steps is not None else minutes,
            learning_rate=prepared.learning_rate,
            optimizer="muon",
            seed=options.seed,
            threads=options.threads,
            checkpoint_path=checkpoint,
        )
        network = train(prepared.config, plan, prepared.batches)
        _, saved = load_checkpoint(checkpoint)
    figures = export_and_evaluate(recipe, prepared, network, saved["state"], options.out)
    for name, value in {**figures["training"], **figures}.items():
        if isinstance(value, (int, float, str)):
            print(f"{name}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
