"""Random models load everywhere, and leave nothing behind when writing them fails."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections import namedtuple
from dataclasses import replace

import numpy as np
import pytest

from realm_jupyter import Realm
from realm_jupyter.bench import random_model
from realm_jupyter.bench.executor_side import ExecutorSide, random_token_ids
from realm_jupyter.bench.quant_mix import MIXES
from realm_jupyter.bench.random_model import random_model_file, write_random_model
from realm_jupyter.bench.shapes import SHAPES
from realm_jupyter.bench.vocabulary import random_vocabulary
from realm_jupyter.compute import create_executor
from realm_jupyter.errors import ConfigError, ModelError
from realm_jupyter.gguf import GGUFFile
from realm_jupyter.models import open_model
from support.small_shape import SMALL

QWEN = replace(
    SMALL,
    architecture="qwen2",
    is_tied=True,
    has_attention_bias=True,
    vocabulary="qwen2",
    rope_base=1e6,
)
LLAMA3 = replace(SMALL, rope_factor=32.0, is_tied=True, vocabulary="llama-bpe", rope_base=5e5)
SHAPES_TO_WRITE = {"llama": SMALL, "qwen2": QWEN, "llama3": LLAMA3}


def logits_of(path, num_tokens=12):
    model = open_model(path)
    executor = create_executor(model, device="cpu", executor="reference")
    side = ExecutorSide(executor, random_token_ids(model.vocab_size, 64), 8)
    try:
        return side.logits(num_tokens)
    finally:
        side.close()
        executor.close()
        model.close()


@pytest.mark.parametrize("name", SHAPES_TO_WRITE)
@pytest.mark.parametrize("mix", ["F32", "Q4_0", "Q4_K_M", "Q2_K"])
def test_a_random_model_loads_and_its_logits_are_sane(tmp_path, name, mix):
    path = tmp_path / "model.gguf"
    write_random_model(path, SHAPES_TO_WRITE[name], MIXES[mix])
    logits = logits_of(path)
    assert np.isfinite(logits).all()
    assert 0.1 < logits.std() < 30


@pytest.mark.parametrize("name", SHAPES_TO_WRITE)
def test_its_vocabulary_tokenizes_and_generates(tmp_path, name):
    path = tmp_path / "model.gguf"
    write_random_model(path, SHAPES_TO_WRITE[name], MIXES["Q8_0"])
    with Realm() as realm:
        realm.load_model(path, "random", executor="reference")
        text = "Hello there, 42 cats! ü"
        ids = realm.tokenize(text)
        assert realm.detokenize(ids).strip() == text
        response = realm.generate(text, raw=True, max_tokens=4, ignore_eos=True, seed=1)
        assert response.usage.completion_tokens == 4


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_has_a_vocabulary_without_doubles(name):
    made = random_vocabulary(SHAPES[name])
    assert len(set(made.tokens)) == len(made.tokens) == len(made.types) == SHAPES[name].vocab_size
    assert len(made.scores) in {0, len(made.tokens)}
    pieces = set(made.tokens)
    assert all(set(merge.split(" ")) <= pieces for merge in made.merges)


def test_a_vocabulary_without_room_for_the_bytes_is_refused():
    with pytest.raises(ValueError, match="100 tokens"):
        random_vocabulary(replace(SMALL, vocab_size=100))


@pytest.mark.parametrize("name", SHAPES_TO_WRITE)
@pytest.mark.parametrize("mix", ["F16", "Q4_0", "Q4_K_M", "IQ4_XS"])
def test_llama_cpp_loads_it_and_agrees(tmp_path, name, mix):
    pytest.importorskip("llama_cpp")
    from realm_jupyter.bench.llama_cpp_side import LlamaCppSide  # noqa: PLC0415

    path = tmp_path / "model.gguf"
    write_random_model(path, SHAPES_TO_WRITE[name], MIXES[mix])
    exact = logits_of(path)
    peer = LlamaCppSide(path, random_token_ids(SMALL.vocab_size, 64), 1, chunk_tokens=8)
    try:
        found = peer.logits(12)
    finally:
        peer.close()
    assert np.linalg.norm(found - exact) < 0.06 * np.linalg.norm(exact)


def test_llama_cpp_can_be_used_after_it_was_measured(tmp_path):
    pytest.importorskip("llama_cpp")
    path = tmp_path / "model.gguf"
    write_random_model(path, SMALL, MIXES["Q8_0"])
    script = (
        "import gc, sys, llama_cpp\n"
        "from pathlib import Path\n"
        "from realm_jupyter.bench.llama_cpp_side import LlamaCppSide\n"
        "LlamaCppSide(Path(sys.argv[1]), [1], 1, chunk_tokens=8).close()\n"
        "gc.collect()\n"
        "llama_cpp.Llama(sys.argv[1], n_ctx=64, n_threads=1, verbose=False).eval([1])\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(path)], timeout=300, check=False)
    assert ended.returncode == 0


def test_the_same_seed_writes_the_same_file(tmp_path):
    for name in ("a", "b"):
        write_random_model(tmp_path / name, SMALL, MIXES["Q4_K_M"])
    write_random_model(tmp_path / "c", SMALL, MIXES["Q4_K_M"], seed=1)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_llama_3_slows_the_slow_rotations_only(tmp_path):
    path = tmp_path / "model.gguf"
    write_random_model(path, LLAMA3, MIXES["Q8_0"])
    with GGUFFile.open(path) as file:
        factors = file.tensor("rope_freqs.weight")
        assert factors.shape == (32,)
        assert factors[0] == 1
        assert factors[-1] == 32
        assert (np.diff(factors) >= 0).all()


def test_progress_ends_with_the_whole(tmp_path):
    seen = []
    path = tmp_path / "model.gguf"
    write_random_model(path, SMALL, MIXES["F32"], on_progress=lambda *both: seen.append(both))
    done, total = zip(*seen, strict=True)
    assert list(done) == sorted(done)
    assert set(total) == {path.stat().st_size} == {done[-1]}


def fail_with(error):
    def on_progress(_done, _total):
        raise error

    return on_progress


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(ModelError, match=r"needs .* MB in .*set TMPDIR .* or use --keep FILE"):
        write_random_model(tmp_path / "x.gguf", SMALL, MIXES["F32"], on_progress=fail_with(full))
    assert list(tmp_path.iterdir()) == []


def test_too_little_room_is_noticed_before_writing(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")(10, 9, 1)  # noqa: PYI024
    monkeypatch.setattr(random_model.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(ModelError, match=r"where 1 B is free"):
        write_random_model(tmp_path / "x.gguf", SMALL, MIXES["F32"])
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_random_model(
            tmp_path / "x.gguf", SMALL, MIXES["F32"], on_progress=fail_with(KeyboardInterrupt())
        )
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_one_line(tmp_path):
    with pytest.raises(ModelError, match="cannot be written"):
        write_random_model(tmp_path / "no" / "x.gguf", SMALL, MIXES["F32"])


def test_a_temporary_file_goes_with_its_block():
    with random_model_file(SMALL, MIXES["Q4_0"]) as path:
        assert path.is_file()
    assert not path.parent.exists()


def test_a_kept_file_stays_and_is_used_again(tmp_path):
    path = tmp_path / "kept.gguf"
    with random_model_file(SMALL, MIXES["Q4_0"], keep=path) as found:
        assert found == path
    before = path.stat().st_mtime_ns
    with random_model_file(SMALL, MIXES["Q4_0"], keep=path):
        assert path.stat().st_mtime_ns == before
    assert path.is_file()


@pytest.mark.parametrize("content", ["another model", "no model"])
def test_a_file_of_something_else_is_not_touched(tmp_path, content):
    path = tmp_path / "kept.gguf"
    if content == "no model":
        path.write_bytes(b"a diary")
    else:
        write_random_model(path, SMALL, MIXES["Q8_0"])
    before = path.read_bytes()
    with (
        pytest.raises(ConfigError, match="exists and is not a 'random small Q4_0' file"),
        random_model_file(SMALL, MIXES["Q4_0"], keep=path),
    ):
        pass
    assert path.read_bytes() == before
