"""The machine's ceilings are measured with and without the native library."""

from __future__ import annotations

from dataclasses import replace

import pytest

from realm_jupyter.bench import ceilings
from realm_jupyter.bench.ceilings import Ceilings, measure_ceilings
from realm_jupyter.compute.cpu.library import Library, Unavailable, find_library


def test_without_the_library_numpy_measures(monkeypatch):
    monkeypatch.setattr(ceilings, "find_library", lambda: Unavailable("missing", "not here"))
    found = measure_ceilings(2)
    assert found.source == "numpy"
    assert found.read_bytes_per_s > 1e7
    assert found.macs_per_s("float32") > 1e6
    assert found.macs_per_s("int8") is None


def test_the_library_measures_where_it_is():
    if not isinstance(find_library(), Library):
        pytest.skip("the native library was not built")
    found = measure_ceilings(1)
    assert found.source == "native"
    assert found.read_bytes_per_s > 1e7
    assert min(found.macs_per_s("int8"), found.macs_per_s("float32")) > 1e6


def test_the_better_of_two_measurements_counts():
    first = Ceilings(
        read_bytes_per_s=5.0,
        int8_macs_per_s=None,
        float32_macs_per_s=2.0,
        source="numpy",
        num_threads=2,
    )
    second = replace(first, read_bytes_per_s=4.0, float32_macs_per_s=3.0)
    best = first.best_with(second)
    assert best == replace(first, float32_macs_per_s=3.0) == second.best_with(first)


class SlowLibrary(Library):
    """Computes a thousand products in each round of a hundredth of a second."""

    def __init__(self, clock):
        self.clock = clock
        self.rounds = []

    def compute(self, kind, num_rounds, num_threads):
        self.rounds.append(num_rounds)
        self.clock[0] += 0.01 * num_rounds
        return 1000 * num_rounds


def test_short_computations_are_repeated_longer(monkeypatch):
    clock = [0.0]
    library = SlowLibrary(clock)
    monkeypatch.setattr(ceilings, "_COMPUTE_S", 0.1)
    monkeypatch.setattr(ceilings.time, "perf_counter", lambda: clock[0])
    assert ceilings._native_macs(library, 0, 1) == pytest.approx(1e5)
    assert library.rounds == [1, 4, 16, 16, 16]
