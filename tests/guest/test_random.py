"""The guest's random numbers: published vectors, and that a draw depends on seed and place only.

The guest itself refuses to compile unless its generator gives the published vectors.
"""

from __future__ import annotations

import numpy as np
import pytest

from support import philox
from support.guest_vocabulary import plain_tokens
from support.sampling_guest import SamplingGuest

NUM_TOKENS = 4096


@pytest.fixture(scope="module")
def guest():
    with SamplingGuest(plain_tokens(NUM_TOKENS)) as guest:
        yield guest


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        # kat_vectors of Random123 1.14, philox4x32 with 10 rounds.
        ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (0xFFFFFFFF,) * 4,
            (0xFFFFFFFF,) * 2,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_the_oracle_gives_the_published_vectors(counter, key, expected):
    assert philox.philox4x32(counter, key) == expected


@pytest.mark.parametrize("seed", [0, 1, 0xDEADBEEF, 2**32, 2**63 + 12345, 2**64 - 1])
def test_the_guest_draws_what_the_oracle_draws(guest, seed):
    # All tokens are equally likely: the draw's leading 12 bits are the token.
    tokens = guest.sample(np.zeros(NUM_TOKENS), 300, seed=seed, prompt_ids=[7, 7, 7])
    expected = [
        int(philox.uniform(seed, 3 + i, philox.TOKEN) * NUM_TOKENS) for i in range(len(tokens))
    ]
    assert tokens == expected


def test_a_draw_depends_on_its_position_not_on_how_the_sequence_came_about(guest):
    row = np.zeros(NUM_TOKENS)
    whole = guest.sample(row, 20, seed=5, prompt_ids=[1, 2])
    resumed = guest.sample(row, 10, seed=5, prompt_ids=[1, 2, *whole[:10]])
    assert resumed == whole[10:]


def test_two_seeds_and_two_positions_have_draws_of_their_own(guest):
    row = np.zeros(NUM_TOKENS)
    one, other = (guest.sample(row, 500, seed=seed) for seed in (1, 2))
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 5
    assert len(set(one)) > 450


def test_draws_are_spread_evenly_and_are_independent_of_their_neighbours(guest):
    tokens = np.array(guest.sample(np.zeros(NUM_TOKENS), 6400, seed=11)) / NUM_TOKENS
    counts = np.bincount((tokens * 64).astype(int), minlength=64)
    chi_square = ((counts - 100) ** 2 / 100).sum()
    assert 25 < chi_square < 115  # 63 degrees of freedom: 1e-5 on either side
    assert abs(np.corrcoef(tokens[:-1], tokens[1:])[0, 1]) < 0.05
