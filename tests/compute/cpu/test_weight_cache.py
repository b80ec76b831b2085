"""Packed weights on disk: found again, and never used when anything about them is wrong."""

from __future__ import annotations

import os
import shutil
import stat

import numpy as np
import pytest

from realm_jupyter.compute.cpu import weight_cache, weight_file
from realm_jupyter.compute.cpu.weight_cache import WeightCache, WeightCacheError, file_identity
from realm_jupyter.gguf import GGUFFile
from support.page_advice import huge_page_files
from support.tiny_models import tiny_model

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
NUM_BYTES = (2 << 20) + 4096
posix = pytest.mark.skipif(os.name != "posix", reason="owners and modes are those of POSIX")


@pytest.fixture
def cache(tmp_path):
    return WeightCache(tmp_path / "weights")


@pytest.fixture
def data():
    return np.random.default_rng(0).integers(0, 256, NUM_BYTES).astype(np.uint8)


def put(cache, data, key=KEY, label="model.gguf"):
    cache.store(key, data, label)
    return cache.folder / f"{key.hex()}.packed"


def get(cache, key=KEY, num_bytes=NUM_BYTES):
    mapping = cache.open(key, num_bytes, 2)
    if mapping is None:
        return None
    with mapping:
        return mapping[:num_bytes]


@pytest.mark.parametrize("piece_bytes", [1 << 20, 3 << 20, 16 << 20])
def test_the_pieces_in_which_it_is_written_make_no_difference(
    cache, data, monkeypatch, piece_bytes
):
    monkeypatch.setattr(weight_file, "_WRITE_BYTES", piece_bytes)
    put(cache, data)
    assert get(cache) == data.tobytes()


def test_a_disk_that_takes_a_little_at_a_time_gets_all(cache, data, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, view: write(file, view[:100_000]))
    put(cache, data)
    assert get(cache) == data.tobytes()


def test_what_was_put_is_found(cache, data):
    assert get(cache) is None
    path = put(cache, data)
    assert get(cache) == data.tobytes()
    assert get(cache, OTHER_KEY) is None
    assert list(cache.folder.iterdir()) == [path]


def test_huge_pages_are_asked_for_before_a_byte_is_read(cache, data, monkeypatch):
    path = put(cache, data)
    asked = []

    def see(mapping, *rest):
        asked.append(str(path) in huge_page_files())
        return is_sound(mapping, *rest)

    is_sound = weight_cache.is_sound
    monkeypatch.setattr(weight_cache, "is_sound", see)
    assert get(cache) == data.tobytes()
    assert asked == [True]


@posix
def test_files_and_folder_are_this_users_alone(cache, data):
    path = put(cache, data)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700


def test_progress_is_reported_and_may_end_the_reading(cache, data, monkeypatch):
    monkeypatch.setattr(weight_file, "_SLAB_BYTES", 1 << 20)
    put(cache, data)
    seen = []
    cache.open(KEY, NUM_BYTES, 1, seen.append).close()
    assert seen == [1 << 20, 2 << 20, NUM_BYTES]

    def stop(_done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.open(KEY, NUM_BYTES, 1, stop)
    assert get(cache) is not None


@pytest.mark.parametrize(
    "offset",
    [0, 1, 4096, 1 << 20, (1 << 20) + 8, NUM_BYTES - 1, NUM_BYTES, NUM_BYTES + 20, -1, -40],
)
def test_a_changed_byte_anywhere_makes_a_file_worthless(cache, data, offset):
    path = put(cache, data)
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)
    assert get(cache) is None
    assert not path.exists()
    put(cache, data)
    assert get(cache) == data.tobytes()


def test_a_page_of_zeros_makes_a_file_worthless(cache, data):
    path = put(cache, data)
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(bytes(4096))
    assert get(cache) is None


@pytest.mark.parametrize("size", [0, 1, 4096, NUM_BYTES, NUM_BYTES + 30, -1, -8])
def test_a_file_that_was_cut_short_is_worthless(cache, data, size):
    path = put(cache, data)
    os.truncate(path, size if size >= 0 else path.stat().st_size + size)
    assert get(cache) is None


def test_a_file_under_another_name_is_worthless(cache, data):
    path = put(cache, data)
    path.rename(cache.folder / f"{OTHER_KEY.hex()}.packed")
    assert get(cache, OTHER_KEY) is None


def test_a_file_of_another_size_is_worthless(cache, data):
    put(cache, data)
    assert get(cache, num_bytes=NUM_BYTES - 4096) is None


def test_another_format_is_worthless(cache, data, monkeypatch):
    put(cache, data)
    monkeypatch.setattr(weight_file, "_FORMAT", b"realm packed 2\0\0")
    assert get(cache) is None


@posix
@pytest.mark.parametrize("mode", [0o644, 0o660, 0o606])
def test_a_file_open_to_others_is_not_used(cache, data, mode):
    path = put(cache, data)
    path.chmod(mode)
    assert get(cache) is None


@posix
def test_a_folder_open_to_others_is_not_used(cache, data):
    put(cache, data)
    cache.folder.chmod(0o755)
    assert get(cache) is None
    with pytest.raises(WeightCacheError, match="is open to others"):
        put(cache, data)


@posix
def test_a_file_of_another_user_is_not_used(cache, data, monkeypatch):
    put(cache, data)
    owner = cache.folder.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert get(cache) is None


@posix
def test_links_are_not_followed(cache, data, tmp_path):
    path = put(cache, data)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert get(cache) is None


def test_an_interrupt_in_the_middle_leaves_nothing(cache, data, monkeypatch):
    monkeypatch.setattr(weight_file, "_WRITE_BYTES", 1 << 20)
    write, calls = os.write, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write(*args)

    monkeypatch.setattr(os, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.store(KEY, data, "model")
    assert list(cache.folder.iterdir()) == []
    assert get(cache) is None


def test_a_full_disk_is_noticed_before_writing(cache, data, monkeypatch):
    usage = shutil.disk_usage(cache.folder.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=NUM_BYTES))
    with pytest.raises(WeightCacheError, match="has 2,101,248 bytes left, too few"):
        put(cache, data)


def test_a_disk_that_fills_up_while_writing_leaves_nothing(cache, data, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        put(cache, data)
    assert list(cache.folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path, data):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WeightCacheError, match="cannot be used"):
        put(WeightCache(tmp_path / "file" / "weights"), data)


def test_what_was_not_used_longest_goes_first(cache, data, monkeypatch):
    keys = [bytes([number]) * 32 for number in range(3)]
    paths = [put(cache, data, key) for key in keys]
    for age, path in zip((10, 30, 20), paths, strict=True):
        os.utime(path, (1000 - age, 1000 - age))
    size = paths[0].stat().st_size
    monkeypatch.setenv("REALM_WEIGHT_CACHE_BYTES", str(3 * size))
    assert get(cache, keys[1]) is not None  # used just now
    put(cache, data)
    assert [path.exists() for path in paths] == [True, True, False]
    assert {entry.path for entry in cache.entries()} >= {paths[0], paths[1]}


def test_a_limit_of_zero_keeps_nothing(cache, data, monkeypatch):
    monkeypatch.setenv("REALM_WEIGHT_CACHE_BYTES", "0")
    with pytest.raises(WeightCacheError, match="more than the cache may hold"):
        put(cache, data)


def test_old_unfinished_files_are_swept(cache, data):
    cache.folder.mkdir(mode=0o700)
    old, new = cache.folder / ".a.partial", cache.folder / ".b.partial"
    for path in (old, new):
        path.write_bytes(b"")
    os.utime(old, (0, 0))
    put(cache, data)
    assert (old.exists(), new.exists()) == (False, True)


def test_entries_have_names_and_can_be_cleared(cache, data):
    assert cache.entries() == []
    assert cache.clear() == 0
    put(cache, data, label="/models/größe.gguf")
    broken = cache.folder / f"{OTHER_KEY.hex()}.packed"
    broken.write_bytes(b"short")
    os.utime(broken, (0, 0))
    assert [entry.label for entry in cache.entries()] == ["/models/größe.gguf", ""]
    total = sum(entry.size_bytes for entry in cache.entries())
    assert cache.clear() == total
    assert cache.entries() == []


def test_a_mapping_outlives_the_deletion_of_its_file(cache, data):
    path = put(cache, data)
    mapping = cache.open(KEY, NUM_BYTES, 1)
    if os.name == "posix":
        path.unlink()
    assert mapping[:NUM_BYTES] == data.tobytes()
    mapping.close()


# ---- whose weights they are ----


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(tiny_model())
    return path


def identity_of(path):
    with GGUFFile.open(path) as file:
        return file_identity(file)


def test_the_identity_of_a_file_stays(path):
    assert identity_of(path) == identity_of(path)


def test_bytes_have_no_identity():
    assert identity_of(tiny_model()) is None


def test_a_file_changed_in_place_is_another_even_with_its_old_time(path):
    before, status = identity_of(path), path.stat()
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert identity_of(path) != before


def test_a_copy_is_another_file(path, tmp_path):
    shutil.copy2(path, tmp_path / "copy.gguf")
    assert identity_of(tmp_path / "copy.gguf") != identity_of(path)


def test_a_tensor_with_other_contents_is_noticed_without_the_times(path, monkeypatch):
    class Status:
        st_size = st_ino = st_mtime_ns = st_ctime_ns = 1

    monkeypatch.setattr(type(path), "stat", lambda _self: Status())
    content = path.read_bytes()
    with GGUFFile.open(content) as file:
        places = [info.offset_bytes for info in file.tensors.values()]

    class File:
        paths = (path,)

        def __init__(self, data):
            self.file = GGUFFile.open(data)
            self.tensors, self.read_into = self.file.tensors, self.file.read_into

    before = file_identity(File(content))
    for place in places:
        changed = bytearray(content)
        changed[place + 3] ^= 1
        assert file_identity(File(bytes(changed))) != before
