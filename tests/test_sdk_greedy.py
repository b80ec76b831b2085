"""Greedy texts that Python, Node and Chromium must give alike; js/sdk/test reads the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from realm_jupyter import Realm

GOLDEN = Path(__file__).parent / "golden" / "greedy.json"
STORIES = "stories260K-f32.gguf"
QUESTIONS = (
    "What is the capital of France?",
    "Which city is the capital of Japan?",
    "Hello, who are you?",
)
CASES: list[dict[str, Any]] = [
    *({"model": "paris", "prompt": text, "raw": False, "max_tokens": 32} for text in QUESTIONS),
    {"model": "tales", "prompt": "Once upon a time", "raw": True, "max_tokens": 64},
    {"model": STORIES, "prompt": "Once upon a time", "raw": True, "max_tokens": 128},
]


def _answer(realm: Realm, case: dict[str, Any]) -> dict[str, Any]:
    response = realm.generate(
        case["prompt"], raw=case["raw"], max_tokens=case["max_tokens"], temperature=0, seed=1
    )
    return {
        **case,
        "prompt_ids": list(response.prompt_ids),
        "token_ids": list(response.token_ids),
        "text": response.text,
        "finish_reason": response.finish_reason,
    }


def _answers(model: str, source: str | Path) -> list[dict[str, Any]]:
    with Realm() as realm:
        realm.load_model(source, model.removesuffix(".gguf"))
        return [_answer(realm, case) for case in CASES if case["model"] == model]


def _check(model: str, source: str | Path, *, update: bool) -> None:
    kept = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else []
    answers = _answers(model, source)
    if update:
        order = [case["model"] for case in CASES]
        others = [answer for answer in kept if answer["model"] != model]
        merged = sorted([*others, *answers], key=lambda answer: order.index(answer["model"]))
        GOLDEN.write_text(json.dumps(merged, indent=1) + "\n", encoding="utf-8")
        return
    assert [answer for answer in kept if answer["model"] == model] == answers


@pytest.mark.parametrize("model", ["paris", "tales"])
def test_greedy_texts_of_shipped_models(model: str, update_golden: bool) -> None:  # noqa: FBT001
    _check(model, model, update=update_golden)


@pytest.mark.conformance
def test_greedy_text_of_stories(conformance_dir: Path, update_golden: bool) -> None:  # noqa: FBT001
    _check(STORIES, conformance_dir / "models" / STORIES, update=update_golden)
