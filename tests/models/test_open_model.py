"""Opening a model: what it says of itself, and what is refused before anything is loaded."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realm_jupyter.errors import (
    ModelError,
    ModelFormatError,
    ModelNotFoundError,
    UnsupportedArchitectureError,
    UnsupportedQuantizationError,
)
from realm_jupyter.gguf import QuantType
from realm_jupyter.models import open_model
from support.tiny_gguf import (
    STRING,
    U32,
    Tensor,
    bpe_vocabulary,
    f32_tensor,
    field,
    gguf_bytes,
    write_split,
)
from support.tiny_models import ARCHITECTURES, tiny_fields, tiny_model, tiny_tensors


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_opens(architecture):
    model = open_model(tiny_model(architecture))
    assert model.architecture == architecture
    assert model.name == f"tiny {architecture}"
    assert model.num_layers == (6 if architecture == "gemma3" else 2)
    assert (model.vocab_size, model.context_length, model.embedding_length) == (320, 256, 32)
    assert set(model.graph.weight_names) == set(model.file.tensors)
    assert model.quant_type == "F32"
    assert model.file_bytes == len(tiny_model(architecture))
    elements = [info.num_elements for info in model.file.tensors.values()]
    assert model.num_parameters == sum(elements)
    assert model.vocabulary.num_tokens == 320
    assert model.chat_template is None
    model.close()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_an_output_of_its_own_is_used(architecture):
    tied = open_model(tiny_model(architecture)).graph
    untied = open_model(tiny_model(architecture, tied=False)).graph
    assert "output.weight" not in tied.weight_names
    assert "output.weight" in untied.weight_names


def test_the_chat_template_is_that_of_the_file():
    template = field("tokenizer.chat_template", STRING, "{{ messages }}")
    assert open_model(tiny_model(changes={"t": template})).chat_template == "{{ messages }}"
    number = field("tokenizer.chat_template", U32, 3)
    assert open_model(tiny_model(changes={"t": number})).chat_template is None


def test_a_split_model_opens_by_its_first_file(tmp_path):
    tensors = tiny_tensors("llama")
    fields = [*tiny_fields("llama"), *bpe_vocabulary()]
    first, *_ = write_split(tmp_path, fields, [tensors[:3], tensors[3:10], tensors[10:]])
    model = open_model(first)
    assert len(model.file.paths) == 3
    assert set(model.graph.weight_names) == {tensor.name for tensor in tensors}
    model.close()


def test_unknown_architectures_are_refused_with_those_that_are_known():
    with pytest.raises(UnsupportedArchitectureError, match="'mamba' is not supported") as caught:
        open_model(tiny_model(changes={}, tensors=[]).replace(b"llama", b"mamba"))
    assert set(caught.value.supported) == set(ARCHITECTURES)
    assert "gemma2, gemma3, llama, phi3, qwen2, qwen3, qwen3moe" in str(caught.value)


def test_a_file_without_an_architecture_is_refused():
    with pytest.raises(ModelFormatError, match=r"general\.architecture is missing"):
        open_model(gguf_bytes([field("general.name", STRING, "x")]))
    with pytest.raises(ModelFormatError, match=r"general\.architecture is missing"):
        open_model(gguf_bytes([field("general.architecture", U32, 1)]))


def test_unsupported_quant_types_are_refused_with_the_tensor():
    tensors = tiny_tensors("llama")
    odd = Tensor(tensors[0].name, (320, 32), QuantType.I8, bytes(320 * 32))
    with pytest.raises(UnsupportedQuantizationError, match=r"I8 of tensor 'token_embd\.weight'"):
        open_model(tiny_model(tensors=[odd, *tensors[1:]]))


def change_tensors(kind):
    tensors = tiny_tensors("llama")
    names = [tensor.name for tensor in tensors]
    index = names.index("blk.1.attn_k.weight")
    if kind == "missing":
        del tensors[index]
    elif kind == "misshapen":
        tensors[index] = Tensor(names[index], (16, 64), 0, bytes(4 * 16 * 64))
    elif kind == "extra":
        tensors.append(Tensor("blk.0.attn_q_scale.weight", (4,), 0, bytes(16)))
    elif kind == "extra norm":
        tensors.append(Tensor("output_norm.bias", (32,), 0, bytes(128)))
    elif kind == "no embedding":
        del tensors[0]
    elif kind == "embedding in one dimension":
        tensors[0] = Tensor("token_embd.weight", (320,), 0, bytes(4 * 320))
    elif kind == "more rows than tokens":
        tensors[0] = Tensor("token_embd.weight", (321, 32), 0, bytes(4 * 321 * 32))
    return tensors


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("missing", r"'blk\.1\.attn_k\.weight' is missing"),
        ("misshapen", r"'blk\.1\.attn_k\.weight' has the shape \(16, 64\)"),
        ("extra", r"'blk\.0\.attn_q_scale\.weight' has no place in a 'llama' model"),
        ("extra norm", r"'output_norm\.bias' has no place"),
        ("no embedding", r"'token_embd\.weight' is missing"),
        ("embedding in one dimension", r"'token_embd\.weight' has the shape \(320,\)"),
        ("more rows than tokens", "320 tokens, but the embedding 321 rows"),
    ],
)
def test_tensors_that_do_not_make_the_model_are_refused(kind, problem, tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_model(tensors=change_tensors(kind)))
    with pytest.raises(ModelFormatError, match=problem) as caught:
        open_model(path)
    assert str(path) in str(caught.value)


def test_tensors_that_mean_nothing_here_are_ignored():
    extra = [
        Tensor(name, (4,), 0, bytes(16))
        for name in ("rope_factors_long.weight", "cls.output.weight", "blk.0.attn_rot_embd")
    ]
    open_model(tiny_model(tensors=[*tiny_tensors("llama"), *extra]))


def test_optional_biases_are_used():
    bias = f32_tensor("blk.0.attn_output.bias", np.ones(32))
    model = open_model(tiny_model(tensors=[*tiny_tensors("llama"), bias]))
    assert "blk.0.attn_output.bias" in model.graph.weight_names


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(ModelNotFoundError):
        open_model(tmp_path / "none.gguf")
    with pytest.raises(ModelFormatError, match="folder"):
        open_model(tmp_path)


SOUND = tiny_model()
HEADER_BYTES = len(SOUND) - sum(len(tensor.data) for tensor in tiny_tensors("llama"))


@settings(max_examples=300, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, HEADER_BYTES - 1), st.integers(0, 255)), min_size=1, max_size=4
    )
)
def test_changed_bytes_in_the_header_open_or_are_refused(changes):
    data = bytearray(SOUND)
    for position, byte in changes:
        data[position] = byte
    with suppress(ModelError):
        open_model(bytes(data)).close()


@pytest.mark.parametrize("module", ["realm_jupyter.models", "realm_jupyter.compute"])
def test_importing_needs_no_torch(module):
    script = f"import sys, {module}\nassert 'torch' not in sys.modules"
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", script], check=True, cwd=root, timeout=60)
