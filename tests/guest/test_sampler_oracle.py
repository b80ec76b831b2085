"""The whole sampler against an independent one, token by token, on random configurations."""

from __future__ import annotations

from itertools import islice, product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realm_jupyter.errors import GuestError
from realm_jupyter.types import GenerationConfig
from support.sampler_oracle import SamplerOracle, log_softmax
from support.sampling_guest import SamplingGuest

# Small enough to be all edge cases; a few blocks; and more blocks than most top_k.
SIZES = (7, 130, 3000)
NUM_STEPS = 6
# Closer decisions than this are rounding's.
MARGIN = 2e-5


def tokens_of(size: int) -> list[bytes]:
    """Texts of few letters, so that breakers occur in them and across them."""
    texts = ("".join(letters) for n in range(1, 9) for letters in product("abcd", repeat=n))
    return [text.encode() for text in islice(texts, size)]


def eog_of(size: int) -> list[int]:
    return [2, size - 1]


@pytest.fixture(scope="module")
def guests():
    guests = {size: SamplingGuest(tokens_of(size), eog=eog_of(size)) for size in SIZES}
    yield guests
    for guest in guests.values():
        guest.instance.close()


def mostly(off, on):
    """A parameter that is off in half of the cases."""
    return st.one_of(st.just(off), on)


@st.composite
def configs(draw, size):
    ids = st.integers(0, size - 1)
    bias = st.one_of(st.floats(-20, 20, width=16), st.just(float("-inf")))
    unit = st.floats(0, 1, width=16)
    return GenerationConfig(
        max_tokens=1000,
        min_tokens=draw(st.sampled_from([0, 0, 3])),
        temperature=draw(st.sampled_from([0.0, 0.3, 0.8, 1.0, 1.0, 2.5])),
        top_k=draw(st.one_of(st.sampled_from([0, 0, 40]), st.integers(1, size + 2))),
        top_p=draw(mostly(1.0, unit)),
        min_p=draw(mostly(0.0, unit)),
        typical_p=draw(mostly(1.0, unit)),
        repetition_penalty=draw(mostly(1.0, st.floats(0.5, 3, width=16))),
        frequency_penalty=draw(mostly(0.0, st.floats(-2, 2, width=16))),
        presence_penalty=draw(mostly(0.0, st.floats(-2, 2, width=16))),
        repeat_last_n=draw(st.sampled_from([-1, 0, 1, 5, 64])),
        dry_multiplier=draw(mostly(0.0, st.floats(0.5, 3, width=16))),
        dry_base=draw(st.floats(1, 3, width=16)),
        dry_allowed_length=draw(st.integers(0, 3)),
        dry_penalty_last_n=draw(st.sampled_from([-1, 0, 4, 30])),
        dry_sequence_breakers=tuple(
            draw(st.lists(st.sampled_from(["d", "ab", "bb", "cab", "dada"]), max_size=3))
        ),
        xtc_probability=draw(mostly(0.0, unit)),
        xtc_threshold=draw(st.floats(0, 0.625, width=16)),
        mirostat=draw(st.sampled_from([0, 0, 0, 2])),
        mirostat_tau=draw(st.floats(0, 8, width=16)),
        mirostat_eta=draw(st.floats(0, 1, width=16)),
        logit_bias=draw(mostly({}, st.dictionaries(ids, bias, max_size=5))),
        ignore_eos=draw(st.sampled_from([False, False, True])),
        logprobs=draw(st.sampled_from([None, 0, 3, 100])),
    )


@st.composite
def cases(draw):
    size = draw(st.sampled_from(SIZES))
    # Few tokens in a prompt, so that they repeat.
    prompt = draw(st.lists(st.integers(0, min(size, 6) - 1), max_size=24))
    return (
        size,
        draw(configs(size)),
        prompt,
        draw(st.integers(0, 2**64 - 1)),
        draw(st.integers(0, 2**32)),
        draw(st.sampled_from([0.0, 0.3, 2.0, 6.0])),
        draw(st.booleans()),
    )


def rows(size, seed, spread, *, has_ties):
    """Logits without end; with ties, NaN and -inf among them where asked for."""
    rng = np.random.default_rng(seed)
    while True:
        row = (rng.standard_normal(size) * spread).astype(np.float32)
        if has_ties:
            row = np.round(row * 2) / 2
            row[rng.integers(0, size, 2)] = [np.nan, -np.inf]
        yield row


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=cases())
def test_the_guest_chooses_what_the_oracle_chooses(guests, case):
    size, config, prompt, seed, row_seed, spread, has_ties = case
    guest = guests[size]
    oracle = SamplerOracle(config, prompt, seed=seed, tokens=tokens_of(size), eog=eog_of(size))
    handle = guest.begin(config, prompt, seed=seed)
    try:
        for row in islice(rows(size, row_seed, spread, has_ties=has_ties), NUM_STEPS):
            try:
                expected = oracle.sample(row)
            except ValueError:
                with pytest.raises(GuestError):
                    guest.step(handle, row)
                return
            event = guest.step(handle, row)
            if expected.margin > MARGIN:
                assert event.token_id == expected.token_id
            elif event.token_id not in expected.probs:
                return
            check_logprobs(event, row, config)
            oracle.accept(event.token_id, expected.probs)
            if event.finish:
                assert event.token_id in eog_of(size)
                return
    finally:
        guest.end(handle)


def check_logprobs(event, row, config):
    if config.logprobs is None:
        assert np.isnan(event.logprob)
        return
    logprobs = log_softmax(row)
    assert event.logprob == pytest.approx(logprobs[event.token_id], abs=2e-6, rel=2e-6)
    ranked = np.lexsort((np.arange(len(row)), -logprobs))[: config.logprobs]
    ranked = ranked[logprobs[ranked] > -np.inf]
    assert [token_id for token_id, _ in event.alternatives] == ranked.tolist()
    found = [logprob for _, logprob in event.alternatives]
    assert found == pytest.approx(logprobs[ranked].tolist(), abs=2e-6, rel=2e-6)


STAGES = {
    "defaults": {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05},
    "no top_k": {"top_p": 0.95},
    "top_p and min_p": {"top_p": 0.9, "min_p": 0.01},
    "large top_k": {"top_k": 1500},
    "typical_p": {"typical_p": 0.7},
    "mirostat": {"mirostat": 2, "mirostat_tau": 4.0},
    "all": {"temperature": 1.5},
    "xtc": {"xtc_probability": 0.5, "xtc_threshold": 0.01},
    "penalties": {"repetition_penalty": 1.3, "frequency_penalty": 0.2, "repeat_last_n": -1},
}


@pytest.mark.parametrize("stage", STAGES)
def test_long_runs_agree_but_for_a_few_close_calls(guests, stage):
    size = SIZES[-1]
    guest = guests[size]
    base = {"temperature": 1, "top_k": 0, "top_p": 1, "min_p": 0, "max_tokens": 1000}
    config = GenerationConfig(**(base | {"ignore_eos": True} | STAGES[stage]))
    oracle = SamplerOracle(config, [], seed=9, tokens=tokens_of(size), eog=eog_of(size))
    handle = guest.begin(config, seed=9)
    num_differing = 0
    for row in islice(rows(size, 4, 2.5, has_ties=False), 200):
        expected = oracle.sample(row)
        event = guest.step(handle, row)
        num_differing += event.token_id != expected.token_id
        oracle.accept(event.token_id, expected.probs)
    guest.end(handle)
    assert num_differing <= 2
