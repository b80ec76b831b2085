"""Greedy text of a model in Realm and in llama.cpp, and what quantizing it changed.

    python tests/benchmarks/compare_llama_cpp.py paris --f32 trained/paris-f32.gguf

For 20 prompts: the same token ids, the same greedy text from the F32 file in both; and
wherever the shipped quantized file first differs from the F32 file, the gap between the
two best logits there beside the largest change that quantizing made to any logit.
Needs the extra ``bench``. Ends with 1 when anything disagrees.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter import Realm
from realm_jupyter.compute import create_executor
from realm_jupyter.compute.executor import Chunk
from realm_jupyter.models import open_model
from realm_jupyter.models.chat_template import render_template
from realm_jupyter.models.sources import shipped_path

if TYPE_CHECKING:
    from realm_jupyter.compute.executor import Executor

PROMPTS = {
    "paris": (
        "What is the capital of France?", "and what is the capital of japan",
        "Which country has the capital Nairobi?", "What currency is used in Mexico?",
        "Which language do people speak in Brazil?", "On which continent is Egypt?",
        "What is 7 plus 5?", "What is three times four?", "What day comes after Monday?",
        "Which month comes before June?", "How many days does April have?",
        "What colour is grass?", "What do you get when you mix blue and yellow?",
        "What is the opposite of hot?", "Hello!", "Thank you!", "Who are you?",
        "What will the weather be like tomorrow?", "What is the capital of Wakanda?",
        "Tell me about Canada.",
    ),
    "tales": (
        "Once upon a time", "Once upon a time, a small owl", "One rainy day, a girl named Nora",
        "A long time ago, in a deep forest,", "There was once a brave little mouse",
        "Tom the turtle lived by the river.", "Long ago, a kind giant", "In a quiet village",
        "Lily and Ben were best friends.", "The sun was shining when", "Far away, on an island,",
        "A young dragon named Ember", "One summer morning,", "Once there was a fox who",
        "Mia had a red kite.", "The old bear was", "High up in the mountains,",
        "A little boat named", "It was winter, and", "Every day, the rabbit",
    ),
}  # fmt: skip
NEW_TOKENS = 60


def logits_of(executor: Executor, token_ids: list[int]) -> np.ndarray:
    """Return the logits after the last token, float32 of shape (V,)."""
    cache = executor.new_cache()
    chunk = Chunk(cache=cache, token_ids=np.array(token_ids, dtype=np.int32))
    logits: np.ndarray = executor.forward([chunk])[0][-1]
    cache.free()
    return logits


def prompt_ids(realm: Realm, model_path: Path, text: str) -> tuple[str, list[int]]:
    """Return the whole prompt, template included, as text and as token ids."""
    model = open_model(model_path)
    try:
        if model.chat_template is None:
            return text, realm.tokenize(text, model="f32", add_special=True)
        messages = [{"role": "user", "content": text}]
        bos = model.vocabulary.bos_id
        inputs = {
            "messages": messages,
            "add_generation_prompt": True,
            "bos_token": "" if bos is None else model.vocabulary.token_text(bos),
        }
        whole = render_template(model.chat_template, inputs, trusted=True)
        return whole, realm.tokenize(whole, model="f32", parse_special=True)
    finally:
        model.file.close()


def compare(name: str, f32_path: Path) -> int:
    """Compare one model; print a line for each prompt and return the disagreements."""
    import llama_cpp  # noqa: PLC0415 - an optional extra

    peer = llama_cpp.Llama(str(f32_path), n_ctx=512, n_threads=1, verbose=False, logits_all=False)
    f32 = create_executor(open_model(f32_path))
    quantized = create_executor(open_model(shipped_path(name)))
    failures = 0
    with Realm() as realm:
        realm.load_model(f32_path, "f32")
        realm.load_model(shipped_path(name), "shipped")
        for text in PROMPTS[name]:
            whole, ids = prompt_ids(realm, f32_path, text)
            options = {"token_ids": ids, "temperature": 0, "max_tokens": NEW_TOKENS}
            ours = realm.generate(model="f32", **options).token_ids
            is_chat = whole != text
            theirs_ids = peer.tokenize(whole.encode(), add_bos=not is_chat, special=True)
            theirs = peer_greedy(peer, ids, len(ours))
            small = realm.generate(model="shipped", **options).token_ids
            same_ids, same_text = theirs_ids == ids, tuple(theirs) == tuple(ours)
            note, is_explained = explain(f32, quantized, ids, ours, small)
            failures += (not same_ids) + (not same_text) + (not is_explained)
            print(f"ids {same_ids!s:<5} text {same_text!s:<5} quantized {note:<46} {text}")
    print(f"{name}: {len(PROMPTS[name])} prompts, {failures} disagreements")
    return failures


def peer_greedy(peer: object, ids: list[int], count: int) -> list[int]:
    """Return llama.cpp's greedy continuation."""
    peer.reset()
    peer.eval(ids)
    chosen: list[int] = []
    for _ in range(count):
        chosen.append(peer.sample(temp=0.0, repeat_penalty=1.0))
        peer.eval(chosen[-1:])
    return chosen


def explain(
    f32: Executor,
    quantized: Executor,
    ids: list[int],
    ours: tuple[int, ...],
    small: tuple[int, ...],
) -> tuple[str, bool]:
    """Say where the quantized text first differs and whether quantizing explains it."""
    common = next(
        (at for at, (a, b) in enumerate(zip(ours, small, strict=False)) if a != b),
        min(len(ours), len(small)),
    )
    if common == len(ours) == len(small):
        return "equal", True
    context = [*ids, *ours[:common]]
    exact, rough = logits_of(f32, context), logits_of(quantized, context)
    best = np.sort(exact)[-2:]
    gap, change = float(best[1] - best[0]), float(np.abs(exact - rough).max())
    return f"differs at {common}: gap {gap:.3f}, change {change:.3f}", gap <= 2 * change


def main() -> int:
    """Run the comparison and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=sorted(PROMPTS))
    parser.add_argument("--f32", type=Path, required=True, help="the F32 export")
    options = parser.parse_args()
    return 1 if compare(options.model, options.f32) else 0


if __name__ == "__main__":
    sys.exit(main())
