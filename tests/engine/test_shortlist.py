"""A token from the largest logits must be the one that the whole row gives."""

from __future__ import annotations

import pytest

from realm_jupyter import GenerationConfig, Realm
from realm_jupyter.engine import local_backend
from realm_jupyter.engine.shortlist import num_largest_logits
from realm_jupyter.sandbox import GuestInstance

PROMPT = "What is the capital of France?"


@pytest.fixture(scope="module")
def realm():
    with Realm("paris") as realm:
        realm.generate(PROMPT, max_tokens=1)
        yield realm


def loaded_of(realm):
    return realm._backend.engine.get("paris")


@pytest.fixture
def steps(monkeypatch):
    """Count the steps that had a whole row, and those that had a list."""
    counts = {"generate_step": 0, "generate_step_sparse": 0}
    for name in counts:
        whole = getattr(GuestInstance, name)

        def step(*args, _name=name, _whole=whole):
            counts[_name] += 1
            return _whole(*args)

        monkeypatch.setattr(GuestInstance, name, step)
    return counts


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"temperature": 0},
        {"temperature": 0, "ignore_eos": True},
        {"temperature": 1.5, "top_k": 7, "top_p": 0.7, "min_p": 0.05},
        {"temperature": 1.2, "typical_p": 0.6, "min_tokens": 20},
        {"temperature": 1.2, "xtc_probability": 0.5, "ignore_eos": True},
    ],
)
def test_a_list_gives_the_same_tokens(realm, steps, monkeypatch, changes):
    options = {"max_tokens": 40, **changes}
    short = [realm.generate(PROMPT, seed=seed, **options).token_ids for seed in range(4)]
    assert steps["generate_step_sparse"] > 0
    assert steps["generate_step"] == 0
    monkeypatch.setattr(local_backend, "num_largest_logits", lambda *_: 0)
    whole = [realm.generate(PROMPT, seed=seed, **options).token_ids for seed in range(4)]
    assert steps["generate_step"] > 0
    assert short == whole


@pytest.mark.parametrize(
    "changes",
    [
        {"top_k": 0},
        {"top_k": 257},
        {"mirostat": 2},
        {"logprobs": 0},
        {"logit_bias": {5: 1.0}},
        {"repetition_penalty": 1.1},
        {"frequency_penalty": 0.1},
        {"presence_penalty": -0.1},
        {"dry_multiplier": 0.5},
        {"json_schema": {"type": "object"}},
    ],
)
def test_what_needs_the_whole_row_gets_it(realm, steps, changes):
    assert num_largest_logits(loaded_of(realm), GenerationConfig(**changes)) == 0
    if "json_schema" not in changes:
        realm.generate(PROMPT, max_tokens=2, **changes)
        assert steps["generate_step"] > 0
        assert steps["generate_step_sparse"] == 0


def test_tokens_that_may_be_forbidden_lengthen_the_list(realm):
    loaded = loaded_of(realm)
    num_eog = len(loaded.eog_ids)
    lengths = [
        num_largest_logits(loaded, GenerationConfig(**changes))
        for changes in ({}, {"ignore_eos": True}, {"min_tokens": 3}, {"temperature": 0})
    ]
    assert lengths == [40, 40 + num_eog, 40 + num_eog, 1]
