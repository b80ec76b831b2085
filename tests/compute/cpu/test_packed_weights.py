"""Packing: the same bytes in pieces and whole, in memory and from disk; cancelled cleanly."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from realm_jupyter.bench.quant_mix import MIXES
from realm_jupyter.bench.random_model import write_random_model
from realm_jupyter.compute.cpu import packed_weights, weight_cache
from realm_jupyter.compute.cpu.library import Library, find_library
from realm_jupyter.compute.cpu.packed_weights import Loading, load_packed_weights
from realm_jupyter.compute.cpu.structures import Status, WeightLayout
from realm_jupyter.compute.cpu.weight_cache import WeightCache
from realm_jupyter.compute.cpu.weight_plan import plan_weights
from realm_jupyter.errors import LoadCancelledError, ModelFormatError
from realm_jupyter.gguf import QuantType
from realm_jupyter.models import open_model
from realm_jupyter.types import CancelToken
from support import tiny_models
from support.native import chunk, logits_of, make_native, needs_library
from support.small_shape import SMALL
from support.tiny_models import tiny_model

pytestmark = needs_library

IDS = [1, 5, 9, 2]


@pytest.fixture(autouse=True)
def nothing_goes_on():
    """No thread of a test packs or writes while another test runs."""
    yield
    for thread in threading.enumerate():
        if thread.name == "realm-store":
            thread.join(60)
            assert not thread.is_alive()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache that takes small models too."""
    monkeypatch.setattr(packed_weights, "MIN_CACHED_BYTES", 0)
    return WeightCache(tmp_path / "weights")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_model())
    return path


def load(source, cache=None, *, num_threads=1, cancel=None, on_progress=None):
    model = open_model(source)
    plan = plan_weights(model, find_library())
    total = sum(matrix.source_bytes for matrix in plan.matrices)
    loading = Loading(total, on_progress, cancel)
    weights = load_packed_weights(model, plan, find_library(), loading, num_threads, cache=cache)
    weights.wait()
    return weights


def file_of(cache):
    (path,) = cache.folder.glob("*.packed")
    return path


def test_tied_weights_are_packed_once():
    tied = plan_weights(open_model(tiny_model()), find_library())
    untied = plan_weights(open_model(tiny_model(tied=False)), find_library())
    assert len(tied.matrices) == len(untied.matrices)
    assert tied.total_bytes == untied.total_bytes
    assert "token_embd.weight" in {matrix.name for matrix in tied.matrices}
    assert tied.tables == untied.tables == ("token_embd.weight",)


def test_experts_are_neighbours():
    plan = plan_weights(open_model(tiny_model("qwen3moe")), find_library())
    experts = [m for m in plan.matrices if m.name == "blk.0.ffn_down_exps.weight"]
    assert [m.expert for m in experts] == [0, 1, 2, 3]
    assert [(m.num_rows, m.num_cols) for m in experts] == [(32, 24)] * 4
    places = [m.offset_bytes for m in experts]
    assert places == sorted(places)
    first = plan.matrices.index(experts[0])
    assert list(plan.matrices[first : first + 4]) == experts


def test_no_two_matrices_overlap_and_all_are_aligned():
    plan = plan_weights(open_model(tiny_model("qwen3moe")), find_library())
    end = 0
    for matrix in plan.matrices:
        assert matrix.offset_bytes % 64 == 0
        assert matrix.offset_bytes >= end
        end = matrix.offset_bytes + matrix.packed_bytes
    assert end <= plan.total_bytes


@pytest.mark.parametrize(
    "kind",
    [
        QuantType.F32,
        QuantType.F16,
        QuantType.BF16,
        QuantType.Q8_0,
        QuantType.Q4_0,
        QuantType.Q4_K,
        QuantType.Q6_K,
    ],
)
@pytest.mark.parametrize("num_rows", [16, 40, 100])
def test_pieces_are_those_of_the_whole(kind, num_rows):
    library, num_cols = find_library(), 256
    row_bytes = num_cols // kind.block_size * kind.block_bytes
    source = np.random.default_rng(0).integers(0, 120, num_rows * row_bytes).astype(np.uint8)
    size = library.packed_bytes(kind, num_rows, num_cols)
    whole = _aligned(size)
    library.pack(kind, source.ctypes.data, whole.ctypes.data, num_rows, num_cols)
    parts = _aligned(size)
    panel_bytes = size // -(-num_rows // 16)
    for first in range(0, num_rows, 32):
        count = min(32, num_rows - first)
        place = parts[first // 16 * panel_bytes :]
        start = source[first * row_bytes :]
        library.pack(kind, start.ctypes.data, place.ctypes.data, count, num_cols)
    np.testing.assert_array_equal(parts, whole)


def _aligned(size):
    room = np.zeros(size + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size]


@pytest.mark.parametrize("num_threads", [1, 3])
@pytest.mark.parametrize("piece_bytes", [1, 3000, 1 << 20])
def test_pieces_and_threads_make_no_difference(path, monkeypatch, num_threads, piece_bytes):
    expected = load(path).bytes.copy()
    monkeypatch.setattr(packed_weights, "_PIECE_BYTES", piece_bytes)
    np.testing.assert_array_equal(load(path, num_threads=num_threads).bytes, expected)


def test_from_disk_they_are_the_same(path, cache):
    expected = load(path, WeightCache(cache.folder.with_name("other"))).bytes.copy()
    first = load(path, cache, num_threads=2)
    second = load(path, cache, num_threads=2)
    assert (first.is_mapped_file, second.is_mapped_file) == (False, True)
    np.testing.assert_array_equal(first.bytes, expected)
    np.testing.assert_array_equal(second.bytes, expected)


def test_the_second_load_packs_nothing(path, cache, monkeypatch):
    load(path, cache)
    monkeypatch.setattr(Library, "pack", lambda *_: pytest.fail("packed again"))
    assert load(path, cache).is_mapped_file


def test_small_models_are_packed_in_memory(path, tmp_path):
    cache = WeightCache(tmp_path / "weights")
    assert not load(path, cache).is_mapped_file
    assert not cache.folder.exists()


def test_bytes_are_packed_in_memory(cache):
    assert not load(tiny_model(), cache).is_mapped_file
    assert not cache.folder.exists()


def test_bytes_may_begin_anywhere():
    expected = load(tiny_model()).bytes
    odd = memoryview(b"\0" + tiny_model())[1:]
    np.testing.assert_array_equal(load(odd).bytes, expected)
    even, other = make_native(tiny_model()), make_native(odd)
    np.testing.assert_array_equal(logits_of(even, IDS), logits_of(other, IDS))


def test_a_corrupt_file_is_packed_again(path, cache):
    expected = load(path, cache).bytes.copy()
    with file_of(cache).open("r+b") as file:
        file.seek(100)
        file.write(b"\xff\xfe\xfd")
    np.testing.assert_array_equal(load(path, cache).bytes, expected)
    np.testing.assert_array_equal(load(path, cache).bytes, expected)


def test_another_layout_is_packed_again_beside_the_old(path, cache, monkeypatch):
    load(path, cache)
    old = file_of(cache)
    monkeypatch.setattr(Library, "layout_version", 1_000_000)
    load(path, cache)
    assert len(list(cache.folder.glob("*.packed"))) == 2
    assert old.exists()


def test_another_model_at_the_same_path_is_packed_again(path, cache):
    before = load(path, cache).bytes.copy()
    path.write_bytes(tiny_model(seed=1))
    found = load(path, cache).bytes
    assert not np.array_equal(found, before)
    np.testing.assert_array_equal(found, load(tiny_model(seed=1)).bytes)


def test_a_file_that_changes_while_it_is_read_is_not_cached(path, cache, monkeypatch, caplog):
    identities = iter(["first", "second"])
    monkeypatch.setattr(packed_weights, "file_identity", lambda _file: next(identities))
    assert not load(path, cache).is_mapped_file
    assert "changed while it was read" in caplog.text
    assert not cache.folder.exists()


def test_a_full_disk_means_memory_and_one_line(path, cache, monkeypatch, caplog):
    expected = load(tiny_model()).bytes

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(weight_cache, "write_weights", full)
    with caplog.at_level(logging.WARNING):
        found = load(path, cache)
    assert not found.is_mapped_file
    np.testing.assert_array_equal(found.bytes, expected)
    (record,) = caplog.records
    assert "kept in memory only" in record.getMessage()
    assert "No space left" in record.getMessage()


def test_a_folder_that_cannot_be_written_means_memory(path, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(packed_weights, "MIN_CACHED_BYTES", 0)
    (tmp_path / "file").write_text("in the way")
    assert not load(path, WeightCache(tmp_path / "file" / "weights")).is_mapped_file
    assert len(caplog.records) == 1


@pytest.mark.parametrize("num_threads", [1, 2])
def test_progress_counts_the_bytes_of_the_file(path, cache, num_threads):
    for _ in range(2):  # packed, then found
        seen = []

        def report(done, total, seen=seen):
            seen.append((done, total))

        load(path, cache, num_threads=num_threads, on_progress=report)
        total = seen[-1][1]
        assert seen[-1] == (total, total)
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_the_executor_counts_everything_once():
    model = open_model(tiny_model())
    seen = []
    make_native(tiny_model(), on_progress=lambda *pair: seen.append(pair))
    total = sum(info.size_bytes for info in model.file.tensors.values())
    assert seen[0] == (0, total)
    assert seen[-1] == (total, total)


@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize("after", [0, 1, 7])
def test_cancelling_leaves_nothing(path, cache, num_threads, after):
    cancel, calls = CancelToken(), []

    def on_progress(done, _total):
        calls.append(done)
        if len(calls) == after:
            cancel.cancel()

    if not after:
        cancel.cancel()
    with pytest.raises(LoadCancelledError):
        load(path, cache, num_threads=num_threads, cancel=cancel, on_progress=on_progress)
    assert len(calls) == after
    gc.collect()
    assert not cache.folder.exists() or list(cache.folder.iterdir()) == []


def test_cancelling_while_a_cached_file_is_read_keeps_it(path, cache):
    load(path, cache)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(LoadCancelledError):
        load(path, cache, cancel=cancel)
    assert file_of(cache).exists()


def test_closed_weights_are_gone(path, cache):
    for weights in (load(path, cache), load(path, cache)):  # packed, then found
        weights.close()
        weights.close()
        with pytest.raises(ValueError, match="given back"):
            _ = weights.bytes


def test_an_executor_on_cached_weights_gives_the_same_bits(path, cache):
    memory = make_native(tiny_model())
    load(path, cache)
    mapped = [make_native(path, weight_cache=cache) for _ in range(2)]
    expected = logits_of(memory, IDS)
    for executor in mapped:
        assert executor.weights_are_mapped
        np.testing.assert_array_equal(logits_of(executor, IDS), expected)
    cache.clear()
    (logits,) = mapped[1].forward([chunk(mapped[1].new_cache(), IDS, "all")])
    np.testing.assert_array_equal(logits, expected)


@pytest.fixture
def held(monkeypatch):
    """Packing in the background waits for this event."""
    may_pack = threading.Event()

    def wait(_weights, _end):
        assert may_pack.wait(60)

    monkeypatch.setattr(packed_weights.PackedWeights, "_pause", wait)
    yield may_pack
    may_pack.set()


def layouts_of(executor):
    return {WeightLayout(weight.layout) for weight in executor._program.weights}


@pytest.mark.parametrize("kind", ["F32", "F16", "BF16", "Q8_0", "Q4_K_M", "IQ4_NL"])
def test_matrices_are_used_in_the_file_until_they_are_packed(tmp_path, cache, held, kind):
    path = tmp_path / "random.gguf"
    write_random_model(path, SMALL, MIXES[kind])
    ids = list(range(40))
    expected = make_native(path.read_bytes())
    executor = make_native(path, weight_cache=cache)
    assert WeightLayout.PACKED not in layouts_of(executor)
    cached = executor.new_hidden_cache()
    (hidden,) = executor.forward_hidden([chunk(cached, ids, "all")])
    np.testing.assert_array_equal(logits_of(executor, ids), logits_of(expected, ids))
    np.testing.assert_array_equal(logits_of(executor, ids[:1]), logits_of(expected, ids[:1]))
    held.set()
    executor._packed.wait()
    assert WeightLayout.PACKED in layouts_of(executor)
    np.testing.assert_array_equal(logits_of(executor, ids), logits_of(expected, ids))
    cached = executor.new_hidden_cache()
    (again,) = executor.forward_hidden([chunk(cached, ids, "all")])
    np.testing.assert_array_equal(again, hidden)
    assert make_native(path, weight_cache=cache).weights_are_mapped


def test_experts_are_used_in_the_file_until_they_are_packed(tmp_path, cache, held):
    path = tmp_path / "experts.gguf"
    path.write_bytes(tiny_model("qwen3moe"))
    expected = logits_of(make_native(path.read_bytes()), IDS)
    executor = make_native(path, weight_cache=cache)
    assert WeightLayout.PACKED not in layouts_of(executor)
    np.testing.assert_array_equal(logits_of(executor, IDS), expected)
    held.set()
    executor._packed.wait()
    np.testing.assert_array_equal(logits_of(executor, IDS), expected)


def test_the_library_moves_matrices_only_to_layouts_that_it_multiplies_with(path, cache, held):
    executor = make_native(path, weight_cache=cache)
    library, model = find_library(), executor._all.model
    place = executor._packed.bytes.ctypes.data
    layouts = [WeightLayout(weight.layout) for weight in executor._program.weights]
    matrix, vector = layouts.index(WeightLayout.FILE), layouts.index(WeightLayout.VECTOR)
    for number, address, layout in (
        (-1, place, WeightLayout.PACKED),
        (len(layouts), place, WeightLayout.PACKED),
        (vector, place, WeightLayout.PACKED),
        (matrix, None, WeightLayout.PACKED),
        (matrix, place, WeightLayout.VECTOR),
        (matrix, place, 3),
    ):
        status = library.functions.realm_cpu_move_matrix(model._handle, number, address, layout)
        assert status == Status.INVALID
    expected = logits_of(make_native(path.read_bytes()), IDS)
    np.testing.assert_array_equal(logits_of(executor, IDS), expected)
    held.set()
    executor.close()


def test_a_step_gives_time_to_packing_but_does_not_wait_for_its_end(path, cache, held, monkeypatch):
    executor = make_native(path, weight_cache=cache)
    waits = []
    wait = executor._packed._end.wait

    def count(timeout):
        waits.append(timeout)
        return wait(0)

    monkeypatch.setattr(executor._packed._end, "wait", count)
    expected = logits_of(executor, IDS)
    assert waits == []
    np.testing.assert_array_equal(logits_of(executor, IDS), expected)
    (timeout,) = waits
    assert 0 < timeout <= 0.1
    held.set()
    executor._packed.wait()
    assert executor._packed._end.is_set()


def test_a_file_cut_short_before_it_is_packed_is_one_line(path, cache, held, caplog):
    executor = make_native(path, weight_cache=cache)
    os.truncate(path, path.stat().st_size - 64)
    with pytest.raises(ModelFormatError, match="cut short"):
        logits_of(executor, IDS)
    held.set()
    executor.close()
    (record,) = caplog.records
    assert "used where they lie in the file" in record.getMessage()
    assert not cache.folder.exists()


def test_an_executor_that_is_closed_at_once_has_packed_and_stored(path, cache):
    make_native(path, weight_cache=cache).close()
    assert file_of(cache).exists()


def test_weights_are_used_while_they_are_written_and_closing_waits_for_it(path, cache, monkeypatch):
    may_write, order = threading.Event(), []
    store = WeightCache.store

    def held_up(*args):
        assert may_write.wait(60)
        store(*args)
        order.append("stored")

    monkeypatch.setattr(WeightCache, "store", held_up)
    executor = make_native(path, weight_cache=cache)
    expected = logits_of(make_native(tiny_model()), IDS)
    np.testing.assert_array_equal(logits_of(executor, IDS), expected)
    order.append("used")
    may_write.set()
    executor.close()
    assert order == ["used", "stored"]
    assert file_of(cache).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness on Linux alone")
def test_the_thread_that_writes_gives_way_and_no_other_does(path, cache, monkeypatch):
    found = []

    def niceness():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    monkeypatch.setattr(WeightCache, "store", lambda *_: found.append(niceness()))
    before = niceness()
    make_native(path, weight_cache=cache).close()
    assert found == [min(19, before + packed_weights._WRITER_NICENESS)]
    assert niceness() == before


def test_writing_begins_later_but_at_once_where_somebody_waits(path, cache, monkeypatch):
    monkeypatch.setattr(packed_weights, "_PAUSE_S", 3600.0)
    model = open_model(path)
    plan = plan_weights(model, find_library())
    loading = Loading(plan.total_bytes)
    weights = load_packed_weights(model, plan, find_library(), loading, 1, cache=cache)
    assert not list(cache.folder.glob("*.packed"))
    weights.close()
    assert file_of(cache).exists()


def test_a_process_that_ends_first_writes_what_it_has_packed(path, tmp_path):
    script = (
        "import sys\n"
        "from realm_jupyter.compute.cpu import packed_weights\n"
        "from realm_jupyter.compute.cpu.library import find_library\n"
        "from realm_jupyter.compute.cpu.native import NativeExecutor\n"
        "from realm_jupyter.models import open_model\n"
        "packed_weights.MIN_CACHED_BYTES = 0\n"
        "packed_weights._PAUSE_S = 3600.0\n"
        "executor = NativeExecutor(open_model(sys.argv[1]), find_library())\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(path)],
        check=True,
        cwd=Path(__file__).resolve().parents[3],
        env={**os.environ, "REALM_CACHE_DIR": str(tmp_path / "cache")},
        timeout=300,
    )
    assert len(list((tmp_path / "cache" / "weights").glob("*.packed"))) == 1


def test_a_file_that_was_cut_short_is_one_error(path, cache):
    model = open_model(path)
    plan = plan_weights(model, find_library())
    os.truncate(path, path.stat().st_size - 100)
    with pytest.raises(ModelFormatError, match="cut short"):
        load_packed_weights(model, plan, find_library(), Loading(plan.total_bytes), 2, cache=cache)
    assert not cache.folder.exists()


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="Linux tells what is resident")
def test_the_file_is_not_resident_beside_its_packed_copy(path, monkeypatch):
    monkeypatch.setattr(tiny_models, "FEED_FORWARD", 4096)  # some matrices of many pages
    path.write_bytes(tiny_model())
    model = open_model(path)
    plan = plan_weights(model, find_library())
    total = sum(matrix.source_bytes for matrix in plan.matrices)
    before = resident_bytes(path)  # of the header, and what the system maps around it
    weights = load_packed_weights(model, plan, find_library(), Loading(total), 1)
    assert resident_bytes(path) - before < total / 4  # pages at the edges of tensors
    weights.close()


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="Linux tells what is resident")
def test_the_file_is_resident_only_until_it_is_packed(path, cache, held, monkeypatch):
    monkeypatch.setattr(tiny_models, "FEED_FORWARD", 4096)
    path.write_bytes(tiny_model())
    executor = make_native(path, weight_cache=cache)
    total = executor._packed.num_bytes
    assert resident_bytes(path) > total / 2
    held.set()
    executor._packed.wait()
    assert resident_bytes(path) < total / 2


def resident_bytes(path):
    total, is_own = 0, False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        if "-" in line.split(" ", 1)[0]:
            is_own = line.endswith(str(path))
        elif is_own and line.startswith("Rss:"):
            total += int(line.split()[1]) << 10
    return total
