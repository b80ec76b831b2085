"""Weights: one copy, views where the file allows it, reported and cancelled in pieces."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch

from realm_jupyter.compute import create_executor, weights
from realm_jupyter.compute.weights import load_weights
from realm_jupyter.errors import LoadCancelledError
from realm_jupyter.gguf import GGUFFile, QuantType
from realm_jupyter.models import open_model
from realm_jupyter.types import CancelToken
from support.tiny_gguf import Tensor
from support.tiny_models import tiny_model, tiny_tensors

CPU = torch.device("cpu")


def as_f16(tensor):
    if len(tensor.shape) == 1:
        return tensor
    numbers = np.frombuffer(tensor.data, "<f4").astype("<f2")
    return Tensor(tensor.name, tensor.shape, QuantType.F16, numbers.tobytes())


@pytest.fixture
def f16_bytes():
    return tiny_model(tensors=[as_f16(tensor) for tensor in tiny_tensors("llama")])


def test_float32_weights_are_views_of_the_file(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_model())
    with GGUFFile.open(path) as file:
        model = open_model(path)
        found = load_weights(model, CPU)
        assert set(found) == set(file.tensors)
        for name, tensor in found.items():
            assert tensor.data_ptr() == model.file.data(name).ctypes.data
            np.testing.assert_array_equal(tensor.numpy(), file.tensor(name))


def test_views_keep_the_mapping_alive_after_the_file_is_closed(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_model())
    model = open_model(path)
    found = load_weights(model, CPU)
    expected = {name: tensor.clone() for name, tensor in found.items()}
    model.close()
    del model
    gc.collect()
    path.unlink()
    for name, tensor in found.items():
        assert torch.equal(tensor, expected[name])


def test_float32_weights_at_odd_places_are_copied():
    # Bytes in memory may begin anywhere; torch must not look at floats across words.
    data = b"\0" + tiny_model()
    model = open_model(memoryview(data)[1:])
    found = load_weights(model, CPU)
    straight = load_weights(open_model(tiny_model()), CPU)
    for name, tensor in found.items():
        assert torch.equal(tensor, straight[name])


def test_other_types_are_dequantized_once(f16_bytes):
    model = open_model(f16_bytes)
    found = load_weights(model, CPU)
    for name, tensor in found.items():
        assert tensor.dtype == torch.float32
        np.testing.assert_array_equal(tensor.numpy(), model.file.tensor(name))


@pytest.mark.parametrize("piece_bytes", [1, 100, 1 << 20])
def test_pieces_of_any_size_give_the_same_weights(f16_bytes, piece_bytes, monkeypatch):
    model = open_model(f16_bytes)
    expected = load_weights(model, CPU)
    monkeypatch.setattr(weights, "_PIECE_BYTES", piece_bytes)
    found = load_weights(model, torch.device("cpu"))
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_tied_weights_are_one():
    tied = create_executor(open_model(tiny_model()), device="cpu", executor="reference")
    untied = create_executor(open_model(tiny_model(tied=False)), device="cpu", executor="reference")
    assert untied.memory_bytes - tied.memory_bytes == 320 * 32 * 4
    model = open_model(tiny_model())
    sizes = [info.size_bytes for info in model.file.tensors.values()]
    assert tied.memory_bytes == sum(sizes)


def test_progress_counts_the_bytes_of_the_file(f16_bytes):
    model = open_model(f16_bytes)
    seen = []
    load_weights(model, CPU, on_progress=lambda done, total: seen.append((done, total)))
    total = sum(info.size_bytes for info in model.file.tensors.values())
    assert seen[0] == (0, total)
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {t for _, t in seen} == {total}
    assert len(seen) > len(model.file.tensors)


@pytest.mark.parametrize("after", [0, 1, 10])
def test_cancelling_stops_at_the_next_piece_and_leaves_nothing(f16_bytes, after, monkeypatch):
    monkeypatch.setattr(weights, "_PIECE_BYTES", 256)
    model = open_model(f16_bytes)
    cancel, calls, made = CancelToken(), [], []
    real = torch.empty

    def empty(*args, **options):
        tensor = real(*args, **options)
        made.append(weakref.ref(tensor))
        return tensor

    monkeypatch.setattr(torch, "empty", empty)

    def on_progress(done, _total):
        calls.append(done)
        if len(calls) == after:
            cancel.cancel()

    if not after:
        cancel.cancel()
    with pytest.raises(LoadCancelledError):
        create_executor(
            model, device="cpu", executor="reference", on_progress=on_progress, cancel=cancel
        )
    assert len(calls) == after
    gc.collect()
    assert [ref for ref in made if ref() is not None] == []


def test_an_error_in_the_progress_callback_ends_the_load(f16_bytes):
    def on_progress(_done, _total):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        create_executor(
            open_model(f16_bytes), device="cpu", executor="reference", on_progress=on_progress
        )
