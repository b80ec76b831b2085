"""The guest that ships with the package, in the sandbox."""

from __future__ import annotations

import struct
import threading

import numpy as np
import pytest

from realm_jupyter.errors import GuestError, GuestLimitError, ModelFormatError, RealmError
from realm_jupyter.sandbox import GuestInstance, GuestLimits, GuestModule, encode_config
from realm_jupyter.sandbox.module import SHIPPED_PATH
from realm_jupyter.types import GenerationConfig
from support.guest_vocabulary import BYTE, NORMAL, SPACE, byte_token, vocabulary_blob

pytestmark = pytest.mark.skipif(not SHIPPED_PATH.is_file(), reason="the guest is not built")

# A space is a token of its own: bytes of the character that stands for it stay as they are.
TOKENS = [byte_token(value) for value in range(256)] + [b"</s>", SPACE]
TYPES = [BYTE] * 256 + [3, NORMAL]
EOS = 256


@pytest.fixture(scope="module")
def module():
    return GuestModule.from_bytes(SHIPPED_PATH.read_bytes(), "guest.wasm")


@pytest.fixture
def instance(module):
    with GuestInstance(module) as instance:
        instance.load_vocabulary(vocabulary_blob(TOKENS, types=TYPES, eog=[EOS]))
        yield instance


def logits_of(token_id):
    logits = np.zeros(len(TOKENS), np.float32)
    logits[token_id] = 20
    return logits


def test_it_is_resumable_and_asks_for_nothing_but_a_log(module):
    assert module.kind == "resumable"
    assert module.has_vocabulary
    assert set(module.imports) <= {"log"}


def test_text_comes_back(instance):
    for text in ("", "a", "héllo wörld", "日本語\n\t\0", "🙂" * 10_000):
        ids = instance.tokenize(text.encode())
        assert len(ids) == len(text.encode())
        assert instance.detokenize(ids) == text.encode()


def test_a_generation_runs_and_holds_back_half_characters(instance):
    config = encode_config(
        GenerationConfig(temperature=0, logprobs=2), [1, 2], seed=1, max_tokens=10
    )
    handle = instance.generate_begin(config)
    texts = []
    for byte in "aé".encode():
        event = instance.generate_step(handle, logits_of(byte))
        assert (event.token_id, event.next_ids, event.finish) == (byte, (byte,), 0)
        assert event.alternatives[0] == (byte, event.logprob)
        assert len(event.alternatives) == 2
        texts.append(event.text)
    assert texts == ["a", "", "é"]
    end = instance.generate_step(handle, logits_of(EOS))
    assert (end.finish, end.is_eog, end.text) == (1, True, "")
    assert instance.generate_end(handle) == ""
    with pytest.raises(GuestError):
        instance.generate_end(handle)


def test_what_was_held_back_comes_with_the_end(instance):
    config = encode_config(
        GenerationConfig(temperature=0, stop=("stop",)), [1], seed=1, max_tokens=10
    )
    handle = instance.generate_begin(config)
    for byte in b"st":
        assert instance.generate_step(handle, logits_of(byte)).text == ""
    assert instance.generate_end(handle) == "st"


def test_several_generations_in_one_instance_do_not_meet(instance):
    config = encode_config(GenerationConfig(temperature=0), [1], seed=1, max_tokens=3)
    handles = [instance.generate_begin(config) for _ in range(4)]
    assert len(set(handles)) == 4
    for _ in range(2):
        for number, handle in enumerate(handles):
            event = instance.generate_step(handle, logits_of(65 + number))
            assert event.text == chr(65 + number)
    for handle in reversed(handles):
        instance.generate_end(handle)


@pytest.mark.parametrize(
    "blob", [b"", b"RVOC", bytes(52), struct.pack("<13I", *([0xFFFFFFFF] * 13))]
)
def test_a_malformed_vocabulary_is_refused_and_breaks_nothing(module, blob):
    with GuestInstance(module) as instance:
        with pytest.raises((ModelFormatError, GuestError)):
            instance.load_vocabulary(blob)
        assert not instance.is_broken


@pytest.mark.parametrize("config", [b"", b"x" * 7, bytes(120), b"\xff" * 120, b"\xff" * 4000])
def test_a_malformed_config_is_refused_and_breaks_nothing(instance, config):
    with pytest.raises(RealmError):
        instance.generate_begin(config)
    assert not instance.is_broken
    assert instance.detokenize(instance.tokenize(b"still here")) == b"still here"


def test_hostile_handles_ids_and_logits_break_nothing(instance):
    for handle in (-1, 0, 5, 2**31 - 1, -(2**31)):
        with pytest.raises(RealmError):
            instance.generate_step(handle, logits_of(1))
        with pytest.raises(RealmError):
            instance.generate_end(handle)
    for ids in ([-1], [2**31 - 1], [-(2**31)], [len(TOKENS)]):
        try:
            instance.detokenize(ids)
        except RealmError:
            assert not instance.is_broken
    config = encode_config(GenerationConfig(temperature=1), [1], seed=1, max_tokens=100)
    handle = instance.generate_begin(config)
    for value in (np.nan, np.inf, -np.inf):
        row = np.full(len(TOKENS), value, np.float32)
        try:
            assert 0 <= instance.generate_step(handle, row).token_id < len(TOKENS)
        except RealmError:
            assert not instance.is_broken
    assert instance.detokenize(instance.tokenize(b"still here")) == b"still here"


def test_a_vocabulary_beyond_its_memory_is_a_limit(module):
    blob = vocabulary_blob([b"x" * 1000] * 4000, types=[NORMAL] * 4000)
    with GuestInstance(module, limits=GuestLimits(memory_bytes=2 << 20)) as instance:
        with pytest.raises(GuestLimitError) as caught:
            instance.load_vocabulary(blob)
        assert caught.value.limit == "memory"


def test_instances_in_threads_give_what_one_gives_alone(module):
    config = encode_config(GenerationConfig(temperature=1, top_k=0), [1], seed=5, max_tokens=40)
    rows = np.random.default_rng(0).normal(size=(30, len(TOKENS))).astype(np.float32)
    blob = vocabulary_blob(TOKENS, types=TYPES, eog=[])

    def run():
        with GuestInstance(module) as instance:
            instance.load_vocabulary(blob)
            handle = instance.generate_begin(config)
            return [instance.generate_step(handle, row).token_id for row in rows]

    alone = run()
    results = []
    threads = [threading.Thread(target=lambda: results.append(run())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone] * 6
