"""What the cases are and what they cost at least."""

from __future__ import annotations

import pytest

from realm_jupyter.bench.cases import Case, make_cases, work_of
from realm_jupyter.bench.quant_mix import MIXES
from realm_jupyter.bench.random_model import write_random_model
from realm_jupyter.errors import ConfigError
from realm_jupyter.models import open_model
from support.small_shape import SMALL
from support.tiny_models import tiny_model

WANTED = {"prompts": (8, 64), "contexts": (0, 50), "streams": (1, 4), "max_steps": 8}


def test_several_streams_decode_at_the_shortest_context():
    assert make_cases(**WANTED, context_length=64) == [
        Case("prefill", 8),
        Case("prefill", 64),
        Case("decode", 1, 0),
        Case("decode", 1, 50),
        Case("decode", 4, 0),
    ]


def test_cases_have_names():
    names = [case.name for case in make_cases(**WANTED, context_length=64)]
    assert names == [
        "prefill 8",
        "prefill 64",
        "decode at 0",
        "decode at 50",
        "decode at 0, 4 streams",
    ]


@pytest.mark.parametrize(
    ("context_length", "message"),
    [
        (63, "prompt=64 does not fit: the model's context of 63 tokens leaves room for 63"),
        (56, "prompt=64 does not fit"),
    ],
)
def test_a_prompt_that_does_not_fit_is_an_error(context_length, message):
    with pytest.raises(ConfigError, match=message):
        make_cases(**WANTED, context_length=context_length)


def test_a_context_that_leaves_no_room_for_steps_is_an_error():
    with pytest.raises(ConfigError, match=r"context=50 does not fit.*leaves room for 49"):
        make_cases(**WANTED | {"prompts": ()}, context_length=57)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.gguf"
    write_random_model(path, SMALL, MIXES["Q8_0"])
    opened = open_model(path)
    yield opened
    opened.close()


def test_decoding_reads_every_matrix_but_the_embedding_once(model):
    sizes = {name: info.size_bytes for name, info in model.file.tensors.items()}
    matrices = sum(
        size for name, size in sizes.items() if "norm" not in name and name != "token_embd.weight"
    )
    work = work_of(model, Case("decode", 1, 0))
    assert work.weight_bytes == matrices
    assert work.compute_kind == "int8"
    assert work_of(model, Case("decode", 4, 0)).weight_bytes == matrices


def test_multiplications_count_rows_and_attention(model):
    shape = SMALL
    layer = 2 * 256 * 256 + 2 * 128 * 256 + 3 * 256 * 512
    output = shape.vocab_size * 256
    attention = shape.num_heads * 2 * shape.head_dim
    one = work_of(model, Case("decode", 1, 9)).macs
    assert one == 2 * (layer + 10 * attention) + output
    assert work_of(model, Case("decode", 3, 9)).macs == 3 * one
    # Of a prompt, only the last row goes through the last feed-forward layer and the output.
    prompt = work_of(model, Case("prefill", 5)).macs
    rest = 2 * 15 * attention + output
    assert prompt == 5 * (2 * layer - 3 * 256 * 512) + 3 * 256 * 512 + rest


def test_experts_count_as_far_as_a_token_uses_them():
    model = open_model(tiny_model("qwen3moe"))
    info = model.file.tensors["blk.0.ffn_gate_exps.weight"]
    found = work_of(model, Case("decode", 1, 0))
    dense = sum(
        item.size_bytes
        for name, item in model.file.tensors.items()
        if "attn_" in name and "norm" not in name
    )
    embedding = model.file.tensors["token_embd.weight"].size_bytes
    assert found.weight_bytes == dense + embedding + model.num_layers * 3 * info.size_bytes // 2
    assert found.compute_kind == "float32"
    model.close()
