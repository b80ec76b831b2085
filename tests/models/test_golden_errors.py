"""What is said of hostile hyperparameters, as golden JSON that TypeScript is held to.

``pytest tests/models --update-golden`` writes the file; read the difference.
"""

from __future__ import annotations

import json
import math
from itertools import product
from pathlib import Path

import pytest

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.models import open_model
from support.tiny_gguf import spm_vocabulary
from support.tiny_models import tiny_model, tiny_tensors

PATH = Path(__file__).resolve().parents[1] / "golden" / "model_errors.json"
VALUES = (None, 0, 3, 7, 2**31, 2.0, -1.0, math.nan, math.inf, "text")
KEYS = {
    "llama": (
        "block_count",
        "context_length",
        "embedding_length",
        "feed_forward_length",
        "attention.head_count",
        "attention.head_count_kv",
        "attention.key_length",
        "attention.value_length",
        "attention.layer_norm_rms_epsilon",
        "rope.dimension_count",
        "rope.freq_base",
        "rope.scaling.type",
        "rope.scaling.factor",
        "rope.scaling.original_context_length",
        "expert_count",
    ),
    "gemma2": ("attention.sliding_window", "final_logit_softcapping"),
    "gemma3": ("attention.sliding_window_pattern", "rope.freq_base_swa"),
    "phi3": ("attention.sliding_window",),
    "qwen3moe": ("expert_count", "expert_used_count"),
}


def said(architecture, changes, **parts):
    try:
        open_model(tiny_model(architecture, changes, **parts)).close()
    except ModelFormatError as error:
        return str(error)
    return ""


def as_json(value):
    """Tell a float from a whole number, and write what JSON cannot."""
    return {"float": str(value)} if isinstance(value, float) else value


@pytest.fixture(scope="module")
def cases():
    found = []
    vocabulary = spm_vocabulary()
    for architecture, keys in KEYS.items():
        tensors = tiny_tensors(architecture)
        for key, value in product(keys, VALUES):
            message = said(architecture, {key: value}, tensors=tensors, vocabulary=vocabulary)
            case = {"architecture": architecture, "key": key, "value": as_json(value)}
            found.append({**case, "message": message})
    return found


def test_the_messages_are_the_golden_ones(cases, update_golden):
    if update_golden:
        lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
        PATH.write_text(f"[\n{lines}\n]\n", encoding="utf-8", newline="\n")
    assert json.loads(PATH.read_text(encoding="utf-8")) == cases
