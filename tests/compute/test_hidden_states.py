"""Hidden states: what the output layer reads, from every executor that makes them."""

from __future__ import annotations

import numpy as np
import pytest

from realm_jupyter.compute import create_executor
from realm_jupyter.compute.executor import Chunk, EmbeddingExecutor
from realm_jupyter.errors import ContextLengthError, PromptError
from realm_jupyter.models import open_model
from realm_jupyter.models.sources import shipped_path

IDS = np.array([1, 403, 407, 12, 99, 7, 7, 300], np.int32)


@pytest.fixture(scope="module")
def model():
    found = open_model(shipped_path("paris"))
    yield found
    found.file.close()


@pytest.fixture(scope="module", params=["native", "reference"])
def executor(request, model):
    found = create_executor(model, executor=request.param)
    yield found
    found.close()


def hidden(executor, *chunks, outputs="all"):
    cache = executor.new_hidden_cache()
    rows = [executor.forward_hidden([Chunk(cache, ids, outputs)])[0] for ids in chunks]
    cache.free()
    return np.concatenate(rows)


def test_the_output_layer_makes_the_logits_of_them(model, executor):
    assert isinstance(executor, EmbeddingExecutor)
    names = model.file.tensors
    weight = "output.weight" if "output.weight" in names else "token_embd.weight"
    output = model.file.tensor(weight).astype(np.float64)
    cache = executor.new_cache()
    (logits,) = executor.forward([Chunk(cache, IDS, "all")])
    cache.free()
    found = hidden(executor, IDS).astype(np.float64) @ output.T
    scale = np.abs(logits).max()
    # The native executor rounds activations to 8 bits before the output layer.
    tolerance = 0.02 if executor.name == "native" else 1e-5
    assert np.abs(found - logits).max() <= tolerance * scale


def test_chunks_and_single_rows_are_rows_of_the_whole(executor):
    whole = hidden(executor, IDS)
    assert whole.shape == (len(IDS), 192)
    pieces = hidden(executor, IDS[:3], IDS[3:])
    assert np.abs(pieces - whole).max() < 1e-4
    assert np.abs(hidden(executor, IDS, outputs="last") - whole[-1:]).max() < 1e-4
    assert hidden(executor, IDS, outputs="none").shape == (0, 192)
    assert hidden(executor, IDS[:0]).shape == (0, 192)


def test_several_sequences_run_at_once(executor):
    caches = [executor.new_hidden_cache() for _ in range(2)]
    first, second = executor.forward_hidden(
        [Chunk(caches[0], IDS, "all"), Chunk(caches[1], IDS[:2], "all")]
    )
    for cache in caches:
        cache.free()
    assert np.abs(first - hidden(executor, IDS)).max() < 1e-4
    assert np.abs(second - hidden(executor, IDS[:2])).max() < 1e-4


def test_wrong_chunks_are_refused(model, executor):
    with pytest.raises(PromptError):
        hidden(executor, np.array([model.vocab_size], np.int32))
    with pytest.raises(ContextLengthError):
        hidden(executor, np.zeros(model.context_length + 1, np.int32))


def test_the_executors_agree(model):
    rows = []
    for name in ("native", "reference"):
        executor = create_executor(model, executor=name)
        rows.append(hidden(executor, IDS))
        executor.close()
    cosine = (rows[0] * rows[1]).sum(1) / np.prod(np.linalg.norm(rows, axis=2), axis=0)
    assert cosine.min() > 0.99
