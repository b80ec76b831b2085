"""Helpers for tests of the native executor."""

from __future__ import annotations

import numpy as np
import pytest

from realm_jupyter.compute import Chunk
from realm_jupyter.compute.cpu.library import Library, find_library
from realm_jupyter.compute.cpu.native import NativeExecutor
from realm_jupyter.models import open_model

needs_library = pytest.mark.skipif(
    not isinstance(find_library(), Library), reason="there is no native library here"
)


def make_native(source, **options):
    return NativeExecutor(open_model(source), find_library(), **options)


def chunk(cache, ids, outputs="last"):
    return Chunk(cache, np.asarray(ids, np.int32), outputs)


def logits_of(executor, ids):
    """Logits of every token of a sequence of its own."""
    cache = executor.new_cache()
    (logits,) = executor.forward([chunk(cache, ids, "all")])
    cache.free()
    return logits


def relative_error(found, expected):
    return float(np.abs(found - expected).max() / np.abs(expected).max())
