"""Random models of real shapes as GGUF files, so that anyone can measure without a download.

The files load wherever a real one does: the same tensors, names, quant types and metadata,
with a made-up vocabulary. Only what the model says is noise.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from realm_jupyter.bench.gguf_writer import Field, TensorRecord, encode_header
from realm_jupyter.bench.quant_mix import tensor_quant_types
from realm_jupyter.bench.random_blocks import random_blocks
from realm_jupyter.bench.vocabulary import random_vocabulary
from realm_jupyter.errors import ConfigError, ModelError, RealmError
from realm_jupyter.gguf import GGUFFile, ValueType
from realm_jupyter.human import format_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from realm_jupyter.bench.quant_mix import QuantMix
    from realm_jupyter.bench.shapes import Shape

__all__ = ["random_model_file", "random_model_name", "write_random_model"]

_CHUNK_BYTES = 8 << 20
_NAME_KEY = "general.name"
_LLAMA3_LOW, _LLAMA3_HIGH, _LLAMA3_CONTEXT = 1.0, 4.0, 8192
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def random_model_name(shape: Shape, mix: QuantMix) -> str:
    """Return what the metadata calls a random model, by which `--keep` finds it again."""
    return f"random {shape.name} {mix.name}"


@contextlib.contextmanager
def random_model_file(
    shape: Shape,
    mix: QuantMix,
    *,
    keep: Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Iterator[Path]:
    """Have a random model on disk for the time of a ``with`` block.

    Parameters
    ----------
    shape : Shape
    mix : QuantMix
    keep : Path, optional
        Where the file stays afterwards; one that is there from an earlier run is used
        again. By default the file lies in a temporary folder and goes with the block.
    on_progress : callable, optional
        Gets the bytes written and their total.

    Yields
    ------
    Path

    Raises
    ------
    ConfigError
        If ``keep`` is a file of something else.
    ModelError
        If the disk has no room; nothing is left behind.
    """
    if keep is not None:
        if keep.exists():
            _check_kept(keep, random_model_name(shape, mix))
        else:
            write_random_model(keep, shape, mix, on_progress=on_progress)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="realm-bench-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / f"{shape.name}-{mix.name}.gguf"
        write_random_model(path, shape, mix, on_progress=on_progress)
        yield path


def _check_kept(path: Path, name: str) -> None:
    try:
        with GGUFFile.open(path) as file:
            found = file.metadata.get(_NAME_KEY)
    except RealmError:
        found = None
    if found != name:
        raise ConfigError(
            f"{path} exists and is not a {name!r} file; name another one or remove it",
            field="keep",
            value=str(path),
        )


def write_random_model(
    path: Path,
    shape: Shape,
    mix: QuantMix,
    *,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write a random model; needs some 40 MB of memory whatever its size.

    Parameters
    ----------
    path : Path
        Appears when it is whole.
    shape : Shape
    mix : QuantMix
    seed : int, default 0
        The same seed writes the same bytes.
    on_progress : callable, optional
        Gets the bytes written and their total.

    Raises
    ------
    ModelError
        If the disk has no room or the file cannot be written; nothing is left behind.
    """
    quant_types = tensor_quant_types(shape, mix)
    records = [
        TensorRecord(tensor.name, tensor.shape, quant_types[tensor.name])
        for tensor in shape.tensors()
    ]
    header = encode_header(_metadata(shape, mix), records)
    total = len(header) + sum(record.size_bytes + record.padding_bytes for record in records)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        _check_room(path, total)
        with part.open("xb") as file:
            done = file.write(header)
            rng = np.random.Generator(np.random.SFC64(seed))
            for record in records:
                for piece in _tensor_data(record, shape, rng):
                    done += file.write(piece)
                    if on_progress is not None:
                        on_progress(done, total)
                done += file.write(bytes(record.padding_bytes))
        part.replace(path)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise _no_room(path, total) from error
        raise ModelError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


def _check_room(path: Path, size_bytes: int) -> None:
    if shutil.disk_usage(path.parent).free < size_bytes:
        raise _no_room(path, size_bytes)


def _no_room(path: Path, size_bytes: int) -> ModelError:
    try:
        free = format_bytes(shutil.disk_usage(path.parent).free)
    except OSError:
        free = "too little"
    return ModelError(
        f"the random model needs {format_bytes(size_bytes)} in {path.parent}, where {free} is "
        "free; set TMPDIR to a larger disk, or use --keep FILE there"
    )


def _metadata(shape: Shape, mix: QuantMix) -> list[Field]:
    vocabulary = random_vocabulary(shape)
    text, count, number = ValueType.STRING, ValueType.UINT32, ValueType.FLOAT32
    prefix = shape.architecture
    fields = [
        Field("general.architecture", text, shape.architecture),
        Field(_NAME_KEY, text, random_model_name(shape, mix)),
        Field("general.file_type", count, mix.file_type),
        Field("general.quantization_version", count, 2),
        Field(f"{prefix}.block_count", count, shape.num_layers),
        Field(f"{prefix}.context_length", count, shape.context_length),
        Field(f"{prefix}.embedding_length", count, shape.embedding_length),
        Field(f"{prefix}.feed_forward_length", count, shape.feed_forward_length),
        Field(f"{prefix}.attention.head_count", count, shape.num_heads),
        Field(f"{prefix}.attention.head_count_kv", count, shape.num_kv_heads),
        Field(f"{prefix}.attention.key_length", count, shape.head_dim),
        Field(f"{prefix}.attention.value_length", count, shape.head_dim),
        Field(f"{prefix}.attention.layer_norm_rms_epsilon", number, shape.eps),
        Field(f"{prefix}.rope.dimension_count", count, shape.head_dim),
        Field(f"{prefix}.rope.freq_base", number, shape.rope_base),
        Field(f"{prefix}.vocab_size", count, shape.vocab_size),
        Field("tokenizer.ggml.model", text, vocabulary.model),
        Field("tokenizer.ggml.pre", text, vocabulary.pre),
        Field("tokenizer.ggml.tokens", text, vocabulary.tokens),
        Field("tokenizer.ggml.token_type", ValueType.INT32, vocabulary.types),
        Field("tokenizer.ggml.bos_token_id", count, vocabulary.bos_id),
        Field("tokenizer.ggml.eos_token_id", count, vocabulary.eos_id),
        Field("tokenizer.ggml.add_bos_token", ValueType.BOOL, vocabulary.add_bos),
    ]
    if vocabulary.scores:
        fields.append(Field("tokenizer.ggml.scores", number, vocabulary.scores))
    if vocabulary.merges:
        fields.append(Field("tokenizer.ggml.merges", text, vocabulary.merges))
    return fields


def _tensor_data(
    record: TensorRecord, shape: Shape, rng: np.random.Generator
) -> Iterator[memoryview | bytes]:
    if len(record.shape) == 1:
        yield _vector(record, shape, rng).astype("<f4").tobytes()
        return
    kind = record.quant_type
    # As in a trained model, a row of weights keeps the size of what it multiplies.
    std = record.shape[-1] ** -0.5
    num_blocks = record.size_bytes // kind.block_bytes
    at_once = max(1, _CHUNK_BYTES // kind.block_bytes)
    for first in range(0, num_blocks, at_once):
        yield random_blocks(kind, min(at_once, num_blocks - first), std, rng).data


def _vector(record: TensorRecord, shape: Shape, rng: np.random.Generator) -> NDArray[np.float64]:
    if record.name == "rope_freqs.weight":
        return _rope_factors(shape)
    drawn = 0.1 * rng.standard_normal(record.shape)
    return drawn if record.name.endswith(".bias") else 1.0 + drawn


def _rope_factors(shape: Shape) -> NDArray[np.float64]:
    """Return what Llama 3.1 divides its rotations by: slow ones by the factor, fast by 1."""
    pairs = np.arange(0, shape.head_dim, 2)
    wavelengths = 2 * math.pi * shape.rope_base ** (pairs / shape.head_dim)
    turns = _LLAMA3_CONTEXT / wavelengths
    mix = np.clip((turns - _LLAMA3_LOW) / (_LLAMA3_HIGH - _LLAMA3_LOW), 0.0, 1.0)
    factors: NDArray[np.float64] = 1.0 / ((1.0 - mix) / shape.rope_factor + mix)
    return factors
