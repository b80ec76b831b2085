"""Each stage of the sampler, on distributions small enough to work out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from realm_jupyter.errors import GuestError
from support.guest_vocabulary import plain_tokens
from support.sampler_oracle import log_softmax
from support.sampling_guest import SamplingGuest

INF = math.inf
NAN = math.nan
DRAWS = 2000
# Upper bounds of the chi-square statistic by degrees of freedom (1 in 10,000 is above).
CHI_SQUARE = {1: 15.1, 2: 18.4, 3: 21.1}


@pytest.fixture(scope="module")
def guest():
    """Four tokens, the last of which ends a generation where a test says so."""
    with SamplingGuest(plain_tokens(4)) as guest:
        yield guest


@pytest.fixture(scope="module")
def guest_with_eog():
    with SamplingGuest(plain_tokens(4), eog=[3]) as guest:
        yield guest


def logits_of(*probs: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.array(probs, dtype=np.float64)).astype(np.float32)


def assert_drawn(guest, logits, expected, *, count=DRAWS, **changes) -> None:
    """Draws are spread as expected, and what has no probability is never drawn."""
    expected = np.array(expected, dtype=np.float64)
    expected /= expected.sum()
    drawn = np.bincount(guest.sample(logits, count, seed=20, **changes), minlength=len(expected))
    possible = expected > 0
    assert not drawn[~possible].any(), drawn
    freedom = int(possible.sum()) - 1
    if freedom:
        wanted = count * expected[possible]
        assert ((drawn[possible] - wanted) ** 2 / wanted).sum() < CHI_SQUARE[freedom], drawn


# ---- One stage at a time ----


def test_without_any_stage_the_models_own_distribution_is_drawn_from(guest):
    assert_drawn(guest, logits_of(0.1, 0.2, 0.3, 0.4), [0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"top_k": 1}, [0, 0, 0, 1]),
        ({"top_k": 2}, [0, 0, 3, 4]),
        ({"top_k": 4}, [1, 2, 3, 4]),
        ({"top_k": 1_000_000}, [1, 2, 3, 4]),
        ({"top_p": 0}, [0, 0, 0, 1]),
        ({"top_p": 0.3999}, [0, 0, 0, 1]),
        ({"top_p": 0.4001}, [0, 0, 3, 4]),
        ({"top_p": 0.6999}, [0, 0, 3, 4]),
        ({"top_p": 0.7001}, [0, 2, 3, 4]),
        ({"top_p": 0.8999}, [0, 2, 3, 4]),
        ({"top_p": 0.9001}, [1, 2, 3, 4]),
        ({"min_p": 1}, [0, 0, 0, 1]),
        ({"min_p": 0.7499}, [0, 0, 3, 4]),
        ({"min_p": 0.7501}, [0, 0, 0, 4]),
        ({"min_p": 0.2501}, [0, 2, 3, 4]),
        ({"min_p": 0.2499}, [1, 2, 3, 4]),
        ({"temperature": 0.5}, [1, 4, 9, 16]),
        ({"temperature": 2}, [1, 2**0.5, 3**0.5, 2]),
        ({"temperature": 1e-30}, [0, 0, 0, 1]),
        ({"temperature": 0}, [0, 0, 0, 1]),
    ],
)
def test_filters(guest, changes, expected):
    assert_drawn(guest, logits_of(0.1, 0.2, 0.3, 0.4), expected, **changes)


@pytest.mark.parametrize(
    ("typical_p", "expected"),
    [
        (0.0, [0, 1, 0, 0]),
        (0.1999, [0, 1, 0, 0]),
        (0.2001, [0, 1, 1, 0]),
        (0.4001, [0, 1, 1, 2.5]),
        (0.8999, [0, 1, 1, 2.5]),
        (0.9001, [0.5, 1, 1, 2.5]),
    ],
)
def test_typical_p_keeps_what_is_as_surprising_as_expected(guest, typical_p, expected):
    # The entropy is -(0.1 ln 0.1 + 0.4 ln 0.2 + 0.5 ln 0.5) = 1.2206 nats; the surprises are
    # 1.082, 0.389, 0.389 and 0.527 away from it: the likeliest token is not the most typical.
    assert_drawn(guest, logits_of(0.1, 0.2, 0.2, 0.5), expected, typical_p=typical_p)


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (0.0999, [1, 0, 0, 0]),  # all four are top choices: the least likely stays
        (0.1001, [1, 2, 0, 0]),
        (0.1999, [1, 2, 0, 0]),
        (0.2001, [1, 2, 3, 0]),
        (0.2999, [1, 2, 3, 0]),
        (0.3001, [1, 2, 3, 4]),  # one alone is no choice
        (0.6, [1, 2, 3, 4]),
    ],
)
def test_xtc_excludes_all_top_choices_but_the_least_likely(guest, threshold, expected):
    assert_drawn(
        guest,
        logits_of(0.1, 0.2, 0.3, 0.4),
        expected,
        xtc_probability=1,
        xtc_threshold=threshold,
    )


def test_xtc_acts_as_often_as_its_probability_says(guest):
    # Token 2 or 3 is possible only where it does not act, token 1 only where it does.
    drawn = guest.sample(
        logits_of(0.1, 0.2, 0.3, 0.4), DRAWS, xtc_probability=0.25, xtc_threshold=0.15, seed=1
    )
    expected = 0.75 * np.array([0.1, 0.2, 0.3, 0.4]) + 0.25 * np.array([1 / 3, 2 / 3, 0, 0])
    chi_square = ((np.bincount(drawn) - DRAWS * expected) ** 2 / (DRAWS * expected)).sum()
    assert chi_square < CHI_SQUARE[3]


def test_xtc_may_leave_a_token_that_no_float_could_weigh_against_the_likeliest(guest):
    assert_drawn(
        guest, [500, 10, -500, 0], [0, 0, 1, 0], xtc_probability=1, xtc_threshold=0, count=50
    )


def test_logit_bias_is_added(guest):
    row = logits_of(0.25, 0.25, 0.25, 0.25)
    assert_drawn(guest, row, [4, 1, 0.5, 0], logit_bias={0: math.log(4), 2: -math.log(2), 3: -INF})


def test_penalties_act_once_per_token_and_per_occurrence(guest):
    row = np.array([1.0, -1.0, 2.0, 0.0])
    prompt = [0, 1, 1, 1]
    cases = [
        ({"repetition_penalty": 2}, [0.5, -2, 2, 0]),
        ({"frequency_penalty": 0.5}, [0.5, -2.5, 2, 0]),
        ({"presence_penalty": 0.5}, [0.5, -1.5, 2, 0]),
        ({"frequency_penalty": -0.5, "presence_penalty": 0.25}, [1.25, 0.25, 2, 0]),
        (
            {"repetition_penalty": 2, "frequency_penalty": 0.5, "presence_penalty": 0.25},
            [-0.25, -3.75, 2, 0],
        ),
    ]
    for changes, expected in cases:
        # One draw per generation, so that what is drawn does not count.
        drawn = [
            guest.sample(row, 1, prompt_ids=prompt, seed=seed, **changes)[0] for seed in range(600)
        ]
        wanted = 600 * np.exp(log_softmax(np.array(expected)))
        counts = np.bincount(drawn, minlength=4)
        assert ((counts - wanted) ** 2 / wanted).sum() < CHI_SQUARE[3], (changes, counts)


@pytest.mark.parametrize(
    ("last_n", "expected"),
    [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (6, 1), (-1, 1), (1000, 1)],
)
def test_penalties_look_back_on_the_last_tokens_of_prompt_and_completion(guest, last_n, expected):
    # The prompt is 2 1 0 0; the first two steps are made to choose 3 and then 3 again.
    handle = guest.begin(
        prompt_ids=[2, 1, 0, 0], temperature=0, frequency_penalty=100, repeat_last_n=last_n
    )
    for _ in range(2):
        assert guest.step(handle, [0, 0, 0, 1e6]).token_id == 3
    assert guest.step(handle, [4, 3, 2, 1.5]).token_id == expected
    guest.end(handle)


def test_a_token_that_leaves_the_window_is_free_again(guest):
    drawn = guest.sample([0.5, 0.4, 0.3, 0], 8, temperature=0, presence_penalty=9, repeat_last_n=2)
    assert drawn == [0, 1, 2, 0, 1, 2, 0, 1]


# ---- DRY ----


@pytest.mark.parametrize(
    ("prompt", "changes", "expected"),
    [
        # After 0 1, a 2 followed: two tokens repeat, the allowed length is 2.
        ([0, 1, 2, 3, 0, 1], {}, {2: 1.0}),
        ([0, 1, 2, 3, 0, 1], {"dry_allowed_length": 3}, {}),
        ([0, 1, 2, 3, 0, 1], {"dry_allowed_length": 1}, {2: 2.0}),
        ([3, 0, 1, 2, 3, 0, 1], {}, {2: 2.0}),
        ([3, 0, 1, 2, 3, 0, 1], {"dry_multiplier": 0.5, "dry_base": 3}, {2: 1.5}),
        # Two places, two followers; and one follower of two places counts the longer one.
        ([0, 1, 2, 0, 1, 3, 0, 1], {}, {2: 1.0, 3: 1.0}),
        ([0, 1, 2, 3, 0, 1, 2, 1, 0, 1], {}, {2: 1.0}),
        # A run of one token repeats itself.
        ([1, 1, 1, 1], {}, {1: 2.0}),
        ([1, 1], {}, {}),
        # The window cuts the earlier place off, or part of it.
        ([0, 1, 2, 3, 0, 1], {"dry_penalty_last_n": 4}, {}),
        ([3, 0, 1, 2, 3, 0, 1], {"dry_penalty_last_n": 6}, {2: 1.0}),
        ([0, 1, 2, 3, 0, 1], {"dry_penalty_last_n": 0}, {}),
        ([0, 1, 2, 3, 0, 1], {"dry_multiplier": 0.0}, {}),
        # Breakers: no repetition reaches back over them, and they are never penalised.
        ([3, 0, 1, 2, 3, 0, 1], {"dry_sequence_breakers": ("t3",)}, {2: 1.0}),
        ([3, 0, 1, 2, 3, 0, 1], {"dry_sequence_breakers": ("t2",)}, {}),
        ([3, 0, 1, 2, 3, 0, 1], {"dry_sequence_breakers": ("t0",)}, {}),
        # A breaker that two tokens make up: t2 t3.
        ([3, 0, 1, 2, 3, 0, 1], {"dry_sequence_breakers": ("2t3",)}, {2: 1.0}),
        ([3, 0, 1, 2, 3, 0, 1], {"dry_sequence_breakers": ("3t0",)}, {}),
        # Nothing is penalised beyond all bounds.
        ([1] * 400, {"dry_base": 100.0}, {1: 1e30}),
    ],
)
def test_dry_penalises_what_would_prolong_a_repetition(guest, prompt, changes, expected):
    defaults = {"dry_multiplier": 1.0, "dry_base": 2.0, "dry_sequence_breakers": ()}
    changes = defaults | changes
    rival = min(set(range(4)) - expected.keys())
    for token_id in set(range(4)) - {rival}:
        penalty = expected.get(token_id, 0.0)
        slack = max(0.01, penalty * 0.001)
        # A lead above the penalty wins, one below loses.
        for lead, winner in ((penalty + slack, token_id), (penalty - slack, rival)):
            row = np.full(4, -2e32, dtype=np.float32)
            row[rival] = 0
            row[token_id] = lead
            drawn = guest.sample(row, prompt_ids=prompt, temperature=0, **changes)
            assert drawn == [winner], (token_id, lead)


# ---- Mirostat ----


def test_mirostat_cuts_at_mu_and_follows_the_surprise(guest):
    # tau = 1: mu starts at 2 bits, which is a probability of a quarter.
    row = logits_of(0.1, 0.2, 0.3, 0.4)
    drawn = [
        guest.sample(row, 1, mirostat=2, mirostat_tau=1, seed=seed, top_k=1, top_p=0.1)[0]
        for seed in range(300)
    ]
    assert set(drawn) == {2, 3}  # and top_k and top_p take no part
    # tau = 0: mu is 0 at first and nothing is unsurprising enough: the likeliest is taken.
    assert set(guest.sample(row, 50, mirostat=2, mirostat_tau=0)) == {3}
    # Ever less surprising tokens than tau = 2 asks for raise mu until all may come.
    tail = guest.sample(row, 400, mirostat=2, mirostat_tau=2, mirostat_eta=1)[50:]
    assert set(tail) == {0, 1, 2, 3}


def test_mirostat_reaches_the_surprise_it_aims_at():
    rng = np.random.default_rng(3)
    row = np.log(1 / np.arange(1, 2001)).astype(np.float32)  # Zipf, as language is
    rng.shuffle(row)
    with SamplingGuest(plain_tokens(2000)) as guest:
        logprobs = log_softmax(row)
        for tau in (3.0, 5.0):
            tokens = guest.sample(row, 2000, mirostat=2, mirostat_tau=tau, mirostat_eta=0.1)
            surprise = -logprobs[tokens[200:]].mean() / math.log(2)
            # Measured under the whole distribution, of which the cut one is a part.
            assert tau - 0.2 < surprise < tau + 1.5


def test_mirostat_applies_temperature_first(guest):
    # Squared: 1, 4, 9, 16 of 30, of which only the last two have less than 2 bits.
    row = logits_of(0.1, 0.2, 0.3, 0.4)
    drawn = [
        guest.sample(row, 1, mirostat=2, mirostat_tau=1, temperature=0.5, seed=seed)[0]
        for seed in range(DRAWS)
    ]
    counts = np.bincount(drawn, minlength=4)
    wanted = DRAWS * np.array([9, 16]) / 25
    assert not counts[:2].any()
    assert ((counts[2:] - wanted) ** 2 / wanted).sum() < CHI_SQUARE[1]


# ---- Order ----


def test_each_filter_sees_what_the_one_before_left(guest):
    row = logits_of(0.1, 0.2, 0.3, 0.4)
    # Among the two of top_k the likeliest has 4/7: it alone reaches 0.55.
    assert_drawn(guest, row, [0, 0, 0, 1], top_k=2, top_p=0.55, count=200)
    # Among the three of top_p, 0.25 of nine parts is what XTC looks at.
    assert_drawn(
        guest, row, [0, 1, 0, 0], top_p=0.85, xtc_probability=1, xtc_threshold=0.21, count=200
    )
    # Of a quarter each, typical_p keeps the first two, and top_k the first three of them.
    equal = logits_of(0.25, 0.25, 0.25, 0.25)
    assert_drawn(guest, equal, [1, 1, 0, 0], top_k=3, typical_p=0.6)


def test_temperature_comes_last_and_lets_nothing_back_in(guest):
    row = logits_of(0.1, 0.2, 0.3, 0.4)
    assert_drawn(guest, row, [0, 0, 3**0.01, 4**0.01], top_p=0.6, temperature=100)
    assert_drawn(guest, row, [0, 0, 3**0.01, 4**0.01], min_p=0.6, temperature=100)


def test_bias_comes_before_the_penalties(guest):
    # Biased to +2 and then divided: 1. The other way round it would be 3 - 0.5.
    row = [-1, 1.5, -9, -9]
    changes = {"repetition_penalty": 2, "logit_bias": {0: 3.0}, "temperature": 0}
    assert guest.sample(row, prompt_ids=[0], **changes) == [1]


# ---- Ties and edges ----


def test_of_equals_the_lower_id_stays(guest):
    equal = [1.0, 1.0, 1.0, 1.0]
    assert guest.sample(equal, temperature=0) == [0]
    assert guest.sample([0, 1, 1, 0], temperature=0) == [1]
    assert_drawn(guest, equal, [1, 1, 0, 0], top_k=2)
    assert_drawn(guest, equal, [1, 1, 1, 0], top_p=0.6)
    assert_drawn(guest, [0.0, -0.0, 0.0, -0.0], [1, 1, 1, 0], top_k=3)


@pytest.mark.parametrize("temperature", [0, 1])
@pytest.mark.parametrize("changes", [{}, {"top_k": 2}, {"top_p": 0.9}, {"typical_p": 0.9}])
def test_what_is_impossible_is_never_chosen(guest, temperature, changes):
    row = [NAN, -INF, 3, NAN]
    assert set(guest.sample(row, 50, temperature=temperature, **changes)) == {2}
    if changes != {}:
        return
    assert set(guest.sample([5, 1, NAN, 9], 50, mirostat=2, logit_bias={3: -INF, 0: -INF})) == {1}


def test_infinity_counts_as_the_largest_float(guest):
    assert guest.sample([0, INF, 1, 2], 3) == [1, 1, 1]
    assert set(guest.sample([0, INF, INF, 2], 50)) == {1, 2}
    assert guest.sample([3e38, 3.4e38, 0, 0], 3, logit_bias={0: 3e38}, temperature=0) == [0] * 3


@pytest.mark.parametrize(
    "row", [[-INF] * 4, [NAN] * 4, [-INF, NAN, -INF, -INF]], ids=["-inf", "nan", "both"]
)
@pytest.mark.parametrize("changes", [{}, {"temperature": 0}, {"top_k": 2}, {"mirostat": 2}])
def test_a_row_without_any_possible_token_is_refused_and_does_no_harm(guest, row, changes):
    handle = guest.begin(**changes)
    with pytest.raises(GuestError):
        guest.step(handle, row)
    assert guest.step(handle, [0, 0, 0, 1e6]).token_id == 3
    guest.end(handle)


def test_all_tokens_forbidden_by_bias_is_refused(guest):
    with pytest.raises(GuestError):
        guest.sample([1, 2, 3, 4], logit_bias=dict.fromkeys(range(4), -INF))


@pytest.mark.parametrize("temperature", [0, 1])
@pytest.mark.parametrize(
    "filters", [{}, {"top_k": 1}, {"top_p": 0.1}, {"min_p": 1}, {"mirostat": 2}]
)
def test_end_of_generation_is_forbidden_until_min_tokens(guest_with_eog, temperature, filters):
    # It is all but certain, and a bias favours it on top.
    handle = guest_with_eog.begin(
        temperature=temperature, min_tokens=3, logit_bias={3: 50.0}, **filters
    )
    events = [guest_with_eog.step(handle, [0, 1, 2, 1000]) for _ in range(4)]
    assert [event.is_eog for event in events] == [False, False, False, True]
    guest_with_eog.end(handle)


def test_end_of_generation_can_be_forbidden_for_good(guest_with_eog):
    assert 3 not in guest_with_eog.sample([0, 1, 2, 1000], 100, ignore_eos=True)
    with pytest.raises(GuestError):
        guest_with_eog.sample([-INF, -INF, -INF, 1], ignore_eos=True)


# ---- Log probabilities ----


def test_logprobs_are_the_models_own(guest):
    row = logits_of(0.1, 0.2, 0.3, 0.4) + 7
    changes = {
        "logit_bias": {0: 30.0},
        "repetition_penalty": 3,
        "presence_penalty": 1,
        "temperature": 0.3,
        "top_k": 1,
    }
    handle = guest.begin(prompt_ids=[2, 3], logprobs=3, **changes)
    event = guest.step(handle, row)
    guest.end(handle)
    assert event.token_id == 0
    assert event.logprob == pytest.approx(math.log(0.1), abs=1e-6)
    assert [token_id for token_id, _ in event.alternatives] == [3, 2, 1]
    assert [logprob for _, logprob in event.alternatives] == pytest.approx(
        [math.log(0.4), math.log(0.3), math.log(0.2)], abs=1e-6
    )


def test_alternatives_of_equal_likelihood_come_by_id(guest):
    handle = guest.begin(logprobs=3)
    event = guest.step(handle, [1, 2, 2, 1])
    assert [token_id for token_id, _ in event.alternatives] == [1, 2, 0]
    guest.end(handle)


@pytest.mark.parametrize(("logprobs", "expected"), [(None, 0), (0, 0), (2, 2), (100, 4)])
def test_as_many_alternatives_as_asked_for_and_there_are(guest, logprobs, expected):
    handle = guest.begin(logprobs=logprobs)
    event = guest.step(handle, [1, 2, 3, 4])
    assert len(event.alternatives) == expected
    assert math.isnan(event.logprob) == (logprobs is None)
    guest.end(handle)


def test_impossible_tokens_are_no_alternatives(guest):
    handle = guest.begin(logprobs=4)
    event = guest.step(handle, [1, NAN, -INF, 1])
    assert event.alternatives == (
        (0, pytest.approx(-math.log(2))),
        (3, pytest.approx(-math.log(2))),
    )
    guest.end(handle)
