"""The generate loop: handles, finishing, text of whole characters, hostile configurations."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realm_jupyter.errors import GuestError
from realm_jupyter.sandbox import (
    GuestInstance,
    GuestLimits,
    GuestModule,
    abi,
    encode_config,
)
from realm_jupyter.types import GenerationConfig
from support.guest_vocabulary import (
    BYTE,
    BYTE_TOKENS,
    CONTROL,
    NORMAL,
    SPACE,
    UNKNOWN,
    USER_DEFINED,
    vocabulary_blob,
)
from support.sampling_guest import PLAIN, SamplingGuest

TOKENS = [
    *BYTE_TOKENS,
    b"<unk>",
    b"<s>",
    b"</s>",
    SPACE + b"Hello",
    b"<|user|>",
    "\u00e9".encode(),
]
UNK, BOS, EOS, HELLO, USER, ACUTE = range(256, 262)
TYPES = [BYTE] * 256 + [UNKNOWN, CONTROL, CONTROL, NORMAL, USER_DEFINED, NORMAL]

ERROR_ARGUMENT, ERROR_HANDLE, ERROR_VOCAB, ERROR_STATE = -1, -3, -4, -5


@pytest.fixture(scope="module")
def guest():
    with SamplingGuest(TOKENS, types=TYPES, eog=[EOS]) as guest:
        yield guest


def texts(guest, token_ids, **changes):
    handle = guest.begin(**changes)
    pieces = [event.text for event in guest.say(handle, token_ids)]
    return [*pieces, guest.end(handle)]


def call(guest, name, *arguments):
    """A raw call, without the host's checks."""
    return guest.instance._call(name, *arguments)


def begin_raw(guest, data: bytes) -> int:
    pointer = call(guest, "realm_alloc", max(len(data), 1))
    guest.instance._memory.write(guest.instance._live_store(), pointer, data)
    result = call(guest, "realm_generate_begin", pointer, len(data))
    call(guest, "realm_free", pointer)
    if result >= 0:
        guest.end(result)
    return result


# ---- Finishing ----


def test_a_generation_goes_on_until_max_tokens(guest):
    handle = guest.begin(max_tokens=3)
    events = guest.say(handle, [HELLO, ord("a"), ord("b"), ord("c")])
    assert [event.token_id for event in events] == [HELLO, ord("a"), ord("b")]
    assert [event.finish for event in events] == [0, 0, 2]
    assert [event.next_ids for event in events] == [(HELLO,), (ord("a"),), ()]
    assert [event.text for event in events] == [" Hello", "a", "b"]
    assert guest.end(handle) == ""


def test_an_end_of_generation_token_ends_it_and_has_no_text(guest):
    handle = guest.begin()
    (event,) = guest.say(handle, [EOS])
    assert event.finish == 1
    assert event.is_eog
    assert event.text == ""
    assert event.next_ids == ()
    assert guest.end(handle) == ""


def test_an_end_of_generation_token_at_max_tokens_is_a_stop(guest):
    handle = guest.begin(max_tokens=1)
    assert guest.say(handle, [EOS])[0].finish == 1
    guest.end(handle)


@pytest.mark.parametrize("last", [EOS, ord("a")])
def test_no_step_follows_the_end(guest, last):
    handle = guest.begin(max_tokens=1)
    guest.say(handle, [last])
    call(guest, "realm_logits", len(TOKENS))
    assert call(guest, "realm_generate_step", handle, 0, len(TOKENS)) == ERROR_STATE
    assert guest.end(handle) == ""


def test_with_max_tokens_0_there_is_no_step_to_take(guest):
    handle = guest.begin(max_tokens=0)
    call(guest, "realm_logits", len(TOKENS))
    assert call(guest, "realm_generate_step", handle, 0, len(TOKENS)) == ERROR_STATE
    assert guest.end(handle) == ""


# ---- Text ----


def test_byte_tokens_make_whole_characters(guest):
    assert texts(guest, [0xE2, 0x82, 0xAC]) == ["", "", "\u20ac", ""]
    assert texts(guest, [0xF0, 0x9F, 0x98, 0x80, ACUTE]) == ["", "", "", "\U0001f600", "\u00e9", ""]


def test_broken_characters_become_replacement_characters(guest):
    assert texts(guest, [0xE2, ord("a")]) == ["", "\ufffda", ""]
    assert texts(guest, [0x80]) == ["\ufffd", ""]
    assert texts(guest, [0xC0, 0x80]) == ["\ufffd", "\ufffd", ""]
    assert texts(guest, [0xE2, 0x82, HELLO]) == ["", "", "\ufffd Hello", ""]


def test_an_incomplete_character_at_the_end_becomes_one_replacement_character(guest):
    assert texts(guest, [0xE2, 0x82]) == ["", "", "\ufffd"]
    assert texts(guest, [0xE2, 0x82], max_tokens=2) == ["", "\ufffd", ""]
    assert texts(guest, [0xE2, 0x82, EOS]) == ["", "", "\ufffd", ""]


def test_control_and_unknown_tokens_have_no_text_and_user_defined_ones_do(guest):
    assert texts(guest, [BOS, UNK, USER]) == ["", "", "<|user|>", ""]
    assert texts(guest, [0xE2, BOS, 0x82, 0xAC]) == ["", "", "", "\u20ac", ""]


def test_the_space_of_the_first_token_is_text(guest):
    assert texts(guest, [HELLO, HELLO]) == [" Hello", " Hello", ""]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)))
def test_any_bytes_come_out_as_python_decodes_them(guest, data):
    pieces = texts(guest, data, max_tokens=1000)
    assert "".join(pieces) == data.decode(errors="replace")


# ---- Handles ----


def test_handles_that_are_none_are_refused(guest):
    call(guest, "realm_logits", len(TOKENS))
    handle = guest.begin()
    guest.end(handle)
    for bad in (handle, handle + 1, -1, 2**31 - 1, -(2**31)):
        assert call(guest, "realm_generate_step", bad, 0, len(TOKENS)) == ERROR_HANDLE
        assert call(guest, "realm_generate_end", bad) == ERROR_HANDLE


def test_a_handle_is_not_used_again_soon(guest):
    handles = set()
    for _ in range(100):
        handle = guest.begin()
        guest.end(handle)
        assert handle >= 0
        handles.add(handle)
    assert len(handles) == 100


def test_generations_side_by_side_do_not_touch_each_other(guest):
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((30, len(TOKENS))).astype(np.float32) * 3
    configs = [
        {"seed": 1, "repetition_penalty": 1.5, "frequency_penalty": 0.4},
        {"seed": 2, "mirostat": 2, "mirostat_tau": 3.0},
        {"seed": 3, "dry_multiplier": 2.0, "dry_allowed_length": 1, "stop": ("zz",)},
        {"seed": 4, "logit_bias": {5: 3.0, 9: float("-inf")}, "logprobs": 3},
        {"seed": 5, "xtc_probability": 0.5, "typical_p": 0.9, "ignore_eos": True},
        {"seed": 6, "temperature": 0, "presence_penalty": 2},
    ]

    def steps(handle):
        events = []
        for row in rows:
            events.append(guest.step(handle, row))
            yield events
            if events[-1].finish:
                return

    alone = []
    for config in configs:
        handle = guest.begin(prompt_ids=[1, 2, 3], **config)
        *_, events = steps(handle)
        alone.append((events, guest.end(handle)))
    handles = [guest.begin(prompt_ids=[1, 2, 3], **config) for config in configs]
    running = {handle: steps(handle) for handle in handles}
    found = {}
    while running:
        for handle, events in list(running.items()):
            try:
                found[handle] = next(events)
            except StopIteration:
                del running[handle]
    together = [(found[handle], guest.end(handle)) for handle in handles]
    assert repr(together) == repr(alone)  # NaN is not equal to itself


# ---- Memory ----


def test_ten_thousand_generations_leave_no_memory_behind():
    config = GenerationConfig(
        stop=("stop", "halt"),
        repetition_penalty=1.1,
        dry_multiplier=0.8,
        logit_bias=dict.fromkeys(range(50), 0.5),
        logprobs=5,
    )
    data = encode_config(config, list(range(256)), seed=1, max_tokens=100)
    row = np.zeros(len(TOKENS), dtype=np.float32)
    with SamplingGuest(TOKENS, types=TYPES, eog=[EOS]) as guest:
        instance = guest.instance

        def cycle():
            handle = instance.generate_begin(data)
            instance.generate_step(handle, row)
            instance.generate_end(handle)

        for _ in range(100):
            cycle()
        size = instance.memory_bytes
        for _ in range(10_000):
            cycle()
        assert instance.memory_bytes == size
        # Hostile configurations leave nothing behind either.
        for _ in range(1000):
            with pytest.raises(GuestError):
                instance.generate_begin(data[:-4])
        assert instance.memory_bytes == size


def test_out_of_memory_is_an_error_and_not_a_trap():
    limits = GuestLimits(memory_bytes=4 << 20)
    with GuestInstance(GuestModule.shipped(), limits=limits) as instance:
        instance.load_vocabulary(vocabulary_blob(TOKENS, types=TYPES, eog=[EOS]))
        config = GenerationConfig(repetition_penalty=1.1)
        data = encode_config(config, [1] * 100_000, seed=0, max_tokens=10)
        handles: list[int] = []

        def fill():
            while True:
                handles.append(instance.generate_begin(data))

        with pytest.raises(GuestError):
            fill()
        assert handles
        assert not instance.is_broken
        for handle in handles:
            instance.generate_end(handle)
        instance.generate_end(instance.generate_begin(data))


# ---- The logits buffer ----


def test_the_logits_buffer_stays_in_its_place(guest):
    first = call(guest, "realm_logits", len(TOKENS))
    assert first % 16 == 0
    for size in (len(TOKENS), 1, 0, len(TOKENS) - 1):
        assert call(guest, "realm_logits", size) == first
    assert call(guest, "realm_logits", 2**31 - 1) == 0
    assert call(guest, "realm_logits", -1) == 0  # 2**32 - 1
    assert call(guest, "realm_logits", len(TOKENS)) == first


@pytest.mark.parametrize("form", [0, 1])
def test_counts_that_do_not_fit_the_buffer_are_refused(form):
    with SamplingGuest(TOKENS, types=TYPES) as guest:
        handle = guest.begin(top_k=1)
        assert call(guest, "realm_generate_step", handle, form, 5) == ERROR_ARGUMENT  # no buffer
        call(guest, "realm_logits", 5)
        for count in (0, 6, len(TOKENS), len(TOKENS) + 1, 2**31 - 1, -1, -(2**31)):
            assert call(guest, "realm_generate_step", handle, form, count) == ERROR_ARGUMENT
        assert call(guest, "realm_generate_step", handle, 2, 1) == ERROR_ARGUMENT
        assert call(guest, "realm_generate_step", handle, -1, 1) == ERROR_ARGUMENT
        guest.end(handle)


def test_fewer_logits_than_tokens_are_a_smaller_choice(guest):
    handle = guest.begin(logit_bias={ACUTE: 100.0}, prompt_ids=[ACUTE], repetition_penalty=2)
    event = guest.step(handle, [0.0, 0.0, 50.0])
    assert event.token_id == 2
    guest.end(handle)


def test_a_guest_without_a_vocabulary_begins_nothing():
    with GuestInstance(GuestModule.shipped()) as instance:
        data = encode_config(PLAIN, [], seed=0, max_tokens=1)
        pointer = instance._call("realm_alloc", len(data))
        assert instance._call("realm_generate_begin", pointer, len(data)) == ERROR_VOCAB


# ---- Hostile configurations ----

FULL = GenerationConfig(stop=("abc", "d"), logit_bias={1: 2.0, 3: -1.0}, logprobs=2)
DATA = encode_config(FULL, [1, 2, 3], seed=2**63 + 1, max_tokens=10)
HEADER = abi.CONFIG
FIELDS = [
    "header_bytes",
    "max_tokens",
    "min_tokens",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "repetition_penalty",
    "frequency_penalty",
    "presence_penalty",
    "repeat_last_n",
    "dry_multiplier",
    "dry_base",
    "dry_allowed_length",
    "dry_penalty_last_n",
    "xtc_probability",
    "xtc_threshold",
    "mirostat",
    "mirostat_tau",
    "mirostat_eta",
    "seed_low",
    "seed_high",
    "num_alternatives",
    "flags",
    "num_prompt",
    "num_bias",
    "num_stops",
    "num_breakers",
]
FLOATS = {
    "temperature",
    "top_p",
    "min_p",
    "typical_p",
    "repetition_penalty",
    "frequency_penalty",
    "presence_penalty",
    "dry_multiplier",
    "dry_base",
    "xtc_probability",
    "xtc_threshold",
    "mirostat_tau",
    "mirostat_eta",
}


def with_field(name, value):
    values = list(HEADER.unpack_from(DATA))
    values[FIELDS.index(name)] = value
    return HEADER.pack(*values) + DATA[HEADER.size :]


def test_the_configuration_is_sound_as_it_stands(guest):
    assert len(FIELDS) == HEADER.size // 4
    assert begin_raw(guest, DATA) >= 0


def test_every_shorter_configuration_is_refused(guest):
    for size in range(len(DATA)):
        assert begin_raw(guest, DATA[:size]) == ERROR_ARGUMENT, size


def test_bytes_left_over_are_refused(guest):
    assert begin_raw(guest, DATA + bytes(4)) == ERROR_ARGUMENT


@pytest.mark.parametrize("name", sorted(FLOATS))
@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), -1e30, 1e30])
def test_numbers_out_of_range_are_refused(guest, name, value):
    if (name, value) == ("temperature", 1e30):
        return  # absurd, and harmless
    if (name, value) == ("repetition_penalty", 1e30):
        return
    assert begin_raw(guest, with_field(name, value)) == ERROR_ARGUMENT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("header_bytes", 0),
        ("header_bytes", HEADER.size + 4),
        ("header_bytes", 0xFFFFFFFF),
        ("max_tokens", -1),
        ("min_tokens", -1),
        ("top_k", -1),
        ("repeat_last_n", -2),
        ("repeat_last_n", -(2**31)),
        ("dry_allowed_length", -1),
        ("dry_penalty_last_n", -2),
        ("mirostat", 1),
        ("mirostat", 3),
        ("repetition_penalty", 0.0),
        ("dry_base", 0.5),
        ("flags", 4),
        ("flags", 0xFFFFFFFF),
    ],
)
def test_wrong_values_are_refused(guest, name, value):
    assert begin_raw(guest, with_field(name, value)) == ERROR_ARGUMENT


@pytest.mark.parametrize("name", ["num_prompt", "num_bias", "num_stops", "num_breakers"])
@pytest.mark.parametrize("value", [0, 1000, 0x20000000, 0x40000000, 0x80000000, 0xFFFFFFFF])
def test_counts_that_overflow_are_refused(guest, name, value):
    assert begin_raw(guest, with_field(name, value)) == ERROR_ARGUMENT


def patched(offset, data):
    return DATA[:offset] + data + DATA[offset + len(data) :]


@pytest.mark.parametrize("token_id", [-1, len(TOKENS), 2**31 - 1])
def test_ids_out_of_range_are_refused(guest, token_id):
    prompt, bias = HEADER.size + 4, HEADER.size + 12 + 8
    assert begin_raw(guest, patched(prompt, struct.pack("<i", token_id))) == ERROR_ARGUMENT
    assert begin_raw(guest, patched(bias, struct.pack("<i", token_id))) == ERROR_ARGUMENT


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_biases_that_are_no_numbers_are_refused(guest, value):
    offset = HEADER.size + 12 + 4
    assert begin_raw(guest, patched(offset, struct.pack("<f", value))) == ERROR_ARGUMENT
    assert begin_raw(guest, patched(offset, struct.pack("<f", float("-inf")))) >= 0


@pytest.mark.parametrize("size", [0, 5, 1000, 0x7FFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF])
def test_stop_lengths_that_lie_are_refused(guest, size):
    offset = HEADER.size + 12 + 16
    assert DATA[offset : offset + 8] == b"\x03\0\0\0abc\0"
    assert begin_raw(guest, patched(offset, struct.pack("<I", size))) == ERROR_ARGUMENT


def test_stops_that_are_no_text_are_refused(guest):
    offset = HEADER.size + 12 + 16 + 4
    assert begin_raw(guest, patched(offset, b"\xff")) == ERROR_ARGUMENT


@pytest.mark.parametrize(
    ("pointer", "size"),
    [(-16, 2**31 - 1), (-16, 16), (0, -1), (2**31 - 1, -1), (-1, 1000), (1 << 30, HEADER.size)],
)
def test_pointers_outside_of_memory_are_refused(guest, pointer, size):
    assert call(guest, "realm_generate_begin", pointer, size) == ERROR_ARGUMENT


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    offset=st.integers(0, len(DATA) // 4 - 1),
    value=st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 2**31, 2**32 - 1])),
)
def test_any_word_of_a_configuration_may_lie(guest, offset, value):
    """Refused or run, but never a trap."""
    data = patched(4 * offset, struct.pack("<I", value))
    row = np.linspace(-5, 5, len(TOKENS), dtype=np.float32)
    try:
        handle = guest.instance.generate_begin(data)
    except GuestError:
        assert not guest.instance.is_broken
        return
    try:
        for _ in range(3):
            if guest.step(handle, row).finish:
                break
    except GuestError:
        assert not guest.instance.is_broken
    guest.end(handle)
