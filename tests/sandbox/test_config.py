"""Requests are laid out as ``realm_config`` of ``guest/realm.h``."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import pytest

from realm_jupyter.errors import SamplingParamsError
from realm_jupyter.sandbox import abi, encode_config
from realm_jupyter.types import GenerationConfig

HEADER = Path(__file__).resolve().parents[2] / "realm_jupyter" / "guest" / "realm.h"


def _fields():
    body = re.search(r"typedef struct \{([^{}]*)\} realm_config;", HEADER.read_text())[1]
    body = re.sub(r"/\*.*?\*/", "", body)
    return [
        name.strip() for names in re.findall(r"\w+\s+([^;]+);", body) for name in names.split(",")
    ]


def decode(data):
    """Read a config by the header's own list of fields."""
    fields = dict(zip(_fields(), abi.CONFIG.unpack_from(data), strict=True))
    at = fields["header_bytes"]
    prompt = struct.unpack_from(f"<{fields['num_prompt']}i", data, at)
    at += 4 * len(prompt)
    biases = [struct.unpack_from("<if", data, at + 8 * n) for n in range(fields["num_bias"])]
    at += 8 * len(biases)
    lists = []
    for name in ("num_stops", "num_breakers"):
        strings = []
        for _ in range(fields[name]):
            (length,) = struct.unpack_from("<I", data, at)
            strings.append(data[at + 4 : at + 4 + length].decode())
            at += 4 + length + -length % 4
        lists.append(strings)
    assert at == len(data)
    return fields, prompt, dict(biases), *lists


def test_every_field_arrives_under_its_name():
    config = GenerationConfig(
        min_tokens=3,
        temperature=0.5,
        top_k=41,
        top_p=0.75,
        min_p=0.125,
        typical_p=0.25,
        repetition_penalty=1.5,
        frequency_penalty=-0.5,
        presence_penalty=0.0625,
        repeat_last_n=-1,
        dry_multiplier=0.375,
        dry_base=1.25,
        dry_allowed_length=4,
        dry_penalty_last_n=99,
        dry_sequence_breakers=("\n", "é"),
        xtc_probability=0.625,
        xtc_threshold=0.1875,
        mirostat=2,
        mirostat_tau=4.5,
        mirostat_eta=0.875,
        logit_bias={5: float("-inf"), 7: 1.5},
        stop=("stop", "日本"),
        ignore_eos=True,
        logprobs=12,
    )
    seed = 0x0123456789ABCDEF
    data = encode_config(config, np.array([1, 2, 3]), seed=seed, max_tokens=77)
    fields, prompt, biases, stops, breakers = decode(data)
    assert len(data) % 4 == 0
    assert prompt == (1, 2, 3)
    assert biases == {5: float("-inf"), 7: 1.5}
    assert stops == ["stop", "日本"]
    assert breakers == ["\n", "é"]
    assert fields["header_bytes"] == abi.CONFIG.size
    assert fields["max_tokens"] == 77
    assert fields["seed_high"] << 32 | fields["seed_low"] == seed
    assert fields["num_alternatives"] == 12
    assert fields["flags"] == abi.IGNORE_EOS | abi.LOGPROBS
    for name, value in fields.items():
        if hasattr(config, name) and name != "max_tokens":
            assert value == getattr(config, name), name


def test_defaults_have_no_lists_but_the_breakers():
    fields, prompt, biases, stops, breakers = decode(
        encode_config(GenerationConfig(), [], seed=0, max_tokens=5)
    )
    assert (prompt, biases, stops, breakers) == ((), {}, [], ["\n", ":", '"', "*"])
    assert (fields["flags"], fields["num_alternatives"]) == (0, 0)


def test_logprobs_of_none_and_of_zero_differ():
    flags = [
        decode(encode_config(GenerationConfig(logprobs=n), [1], seed=1, max_tokens=1))[0]["flags"]
        for n in (None, 0)
    ]
    assert flags == [0, abi.LOGPROBS]


def test_min_tokens_is_clipped_with_max_tokens():
    config = GenerationConfig(min_tokens=10, max_tokens=20)
    assert decode(encode_config(config, [1], seed=1, max_tokens=4))[0]["min_tokens"] == 4


def test_numbers_that_float32_or_int32_cannot_hold():
    config = GenerationConfig(logit_bias={1: 1e300, 2: -1e300})
    biases = decode(encode_config(config, [1], seed=2**64 - 1, max_tokens=1))[2]
    largest = float(np.finfo(np.float32).max)
    assert biases == {1: largest, 2: -largest}
    with pytest.raises(SamplingParamsError, match="logit_bias"):
        encode_config(GenerationConfig(logit_bias={2**31: 1}), [1], seed=1, max_tokens=1)
