"""Many streaming clients at once: every text is the one that it is alone."""

from __future__ import annotations

import asyncio
import itertools
import random
import time

import openai
import pytest

from realm_jupyter import Realm
from realm_jupyter.limits import TenantLimits
from support.live_server import GUARD_S, OTHER, STUDENT, live_server

NUM_CLIENTS = 64
STARTS = ("Once upon a time", "A small owl", "The king", "One day, a girl named Lily")


@pytest.fixture(scope="module")
def server():
    with live_server("tales", limits=TenantLimits(num_sequences=128)) as running:
        yield running


@pytest.fixture(scope="module")
def solo():
    """Texts that nothing runs beside, by prompt and seed."""
    texts = {}
    with Realm(default_model="tales") as realm:
        for prompt, seed in itertools.product(STARTS, range(4)):
            response = realm.generate(prompt, raw=True, seed=seed, max_tokens=40)
            texts[prompt, seed] = response.text
    return texts


async def client(api, solo, number, until):
    """Stream text after text, leave some of them early; return how many were right."""
    rng = random.Random(number)  # noqa: S311 - which texts, not whose
    count = 0
    while not count or time.monotonic() < until:
        prompt, seed = rng.choice(list(solo))
        stream = await api.completions.create(
            model="tales", prompt=prompt, seed=seed, max_tokens=40, stream=True
        )
        text, leaves_after = "", rng.choice([None, None, 5])
        async with stream:
            index = 0
            async for chunk in stream:
                if index == leaves_after:
                    break
                text += chunk.choices[0].text
                index += 1
        expected = solo[prompt, seed]
        assert text == expected if leaves_after is None else expected.startswith(text)
        count += 1
    return count


def run_all(server, solo, seconds):
    def of(key):
        return openai.AsyncOpenAI(
            base_url=f"{server.url}/v1", api_key=key.secret, max_retries=0, timeout=GUARD_S
        )

    async def together():
        until = time.monotonic() + seconds
        async with of(STUDENT) as first, of(OTHER) as second:
            apis = itertools.cycle([first, second])  # each has a connection for each stream
            clients = [client(next(apis), solo, number, until) for number in range(NUM_CLIENTS)]
            return await asyncio.gather(*clients)

    return asyncio.run(together())


def test_sixty_four_streams_are_not_mixed(server, solo):
    assert min(run_all(server, solo, 0)) == 1


def test_figures_have_no_series_of_when_they_were_made(http):
    assert http.get("/v1/models").status_code == 200
    text = http.get("/metrics").text
    assert "realm_requests_total{" in text
    assert "_created" not in text


# Clients that leave early drop generators inside httpx, which may complain when collected.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <async_generator object:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.soak
def test_sixty_four_streams_for_two_minutes(server, solo, http):
    def texts_left():
        lines = http.get("/metrics").text.splitlines()
        return [line for line in lines if line.startswith('realm_model_running{model="tales"}')]

    run_all(server, solo, 5)
    before = memory_bytes()
    counts = run_all(server, solo, 120)
    assert min(counts) > 1
    assert texts_left() == ['realm_model_running{model="tales"} 0.0']
    assert memory_bytes() < before + (64 << 20)


def memory_bytes():
    import psutil  # noqa: PLC0415 - for the soak only

    return psutil.Process().memory_info().rss
