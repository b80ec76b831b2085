"""The largest logits alone must give what the whole row gives, or be refused."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realm_jupyter.errors import GuestError
from support.guest_vocabulary import plain_tokens
from support.sampling_guest import SamplingGuest

NUM_TOKENS = 500
EOG = [4, 77]


@pytest.fixture(scope="module")
def guest():
    with SamplingGuest(plain_tokens(NUM_TOKENS), eog=EOG) as guest:
        yield guest


def top(row, count):
    """The logits of a sparse step."""
    ids = np.lexsort((np.arange(len(row)), -row))[:count].astype(np.int32)
    wide = row.astype(np.float64)
    log_sum_exp = wide.max() + math.log(np.exp(wide - wide.max()).sum())
    return listed(ids, row[ids], log_sum_exp)


def listed(ids, logits, log_sum_exp):
    return struct.pack(f"<{len(ids)}i{len(ids) + 1}f", *ids, *logits, log_sum_exp)


def row_of(seed, spread=2.0):
    return (np.random.default_rng(seed).standard_normal(NUM_TOKENS) * spread).astype(np.float32)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32),
    top_k=st.integers(1, 60),
    more=st.sampled_from([0, 2, 20]),
    temperature=st.sampled_from([0.0, 0.7, 1.0]),
    top_p=st.sampled_from([1.0, 0.9, 0.3]),
    min_p=st.sampled_from([0.0, 0.1]),
    typical_p=st.sampled_from([1.0, 0.5]),
    xtc_probability=st.sampled_from([0.0, 0.5]),
    ignore_eos=st.booleans(),
    logprobs=st.sampled_from([None, 0, 1, 5]),
)
def test_sparse_equals_dense(guest, *, seed, top_k, more, ignore_eos, logprobs, **changes):
    # A forbidden token in the list leaves one fewer.
    count = max(top_k + more + (len(EOG) if ignore_eos else 0), logprobs or 0)
    changes |= {"top_k": top_k, "ignore_eos": ignore_eos, "logprobs": logprobs}
    dense, sparse = (guest.begin(seed=seed, **changes) for _ in range(2))
    for step in range(3):
        row = row_of([seed, step])
        expected = guest.step(dense, row)
        found = guest.instance.generate_step_sparse(sparse, top(row, count))
        assert found.token_id == expected.token_id
        assert found.finish == expected.finish
        assert found.text == expected.text
        assert found.logprob == pytest.approx(expected.logprob, abs=2e-6, nan_ok=True)
        assert [t for t, _ in found.alternatives] == [t for t, _ in expected.alternatives]
        assert [p for _, p in found.alternatives] == pytest.approx(
            [p for _, p in expected.alternatives], abs=2e-6
        )
        if found.finish:
            break
    guest.end(dense)
    guest.end(sparse)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"top_k": 40}, 39),
        ({"top_k": 0}, 100),
        ({"top_k": 0, "min_p": 0.5}, 100),
        ({"top_k": 10, "logit_bias": {1: 2.0}}, 100),
        ({"top_k": 10, "repetition_penalty": 1.1}, 100),
        ({"top_k": 10, "frequency_penalty": 0.1}, 100),
        ({"top_k": 10, "presence_penalty": 0.1}, 100),
        ({"top_k": 10, "dry_multiplier": 0.5}, 100),
        ({"top_k": 10, "mirostat": 2}, 100),
        ({"temperature": 0, "logit_bias": {1: 2.0}}, 100),
        ({"top_k": 10, "logprobs": 20}, 19),
    ],
)
def test_what_the_list_cannot_decide_is_refused(guest, changes, count):
    handle = guest.begin(prompt_ids=[1, 2], **changes)
    with pytest.raises(GuestError):
        guest.instance.generate_step_sparse(handle, top(row_of(0), count))
    # The generation is none the worse for it.
    assert guest.step(handle, row_of(0)).token_id >= 0
    guest.end(handle)


def test_forbidden_tokens_count_against_the_list(guest):
    row = row_of(1)
    row[EOG] = 50
    handle = guest.begin(top_k=10, min_tokens=5)
    with pytest.raises(GuestError):
        guest.instance.generate_step_sparse(handle, top(row, 11))
    event = guest.instance.generate_step_sparse(handle, top(row, 12))
    assert event.token_id not in EOG
    guest.end(handle)


def test_a_whole_row_as_a_list_serves_any_filter(guest):
    row = row_of(2)
    for changes in ({"top_k": 0, "top_p": 0.8}, {"top_k": 0, "min_p": 0.01}, {"typical_p": 0.6}):
        dense, sparse = (guest.begin(seed=8, **changes) for _ in range(2))
        expected = guest.step(dense, row)
        found = guest.instance.generate_step_sparse(sparse, top(row, NUM_TOKENS))
        assert found.token_id == expected.token_id


@pytest.mark.parametrize(
    ("ids", "logits", "log_sum_exp"),
    [
        ([-1, 3], [1, 0], 2),
        ([NUM_TOKENS, 3], [1, 0], 2),
        ([3, 3], [1, 1], 2),
        ([3, 1], [1, 0], math.nan),
        ([3, 1], [1, 0], math.inf),
        ([3, 1], [math.nan, -math.inf], 2),
    ],
    ids=["negative", "no token", "twice", "nan", "inf", "impossible"],
)
def test_lists_that_make_no_sense_are_refused(guest, ids, logits, log_sum_exp):
    handle = guest.begin(top_k=2)
    with pytest.raises(GuestError):
        guest.instance.generate_step_sparse(handle, listed(ids, logits, log_sum_exp))
    guest.end(handle)
