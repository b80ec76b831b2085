"""Models split over several files."""

from __future__ import annotations

import numpy as np
import pytest

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.gguf import GGUFFile, summarize
from support.tiny_gguf import (
    F32,
    I32,
    STRING,
    U16,
    U32,
    f32_tensor,
    field,
    gguf_bytes,
    write_split,
)

FIELDS = [field("general.architecture", STRING, "llama"), field("general.name", STRING, "split")]


def numbers(start: int) -> np.ndarray:
    return np.arange(start, start + 32, dtype=np.float32).reshape(4, 8)


PARTS = [
    [f32_tensor("a", numbers(0)), f32_tensor("b", numbers(100))],
    [f32_tensor("c", numbers(200))],
    [f32_tensor("d", numbers(300)), f32_tensor("e", numbers(400))],
]


@pytest.fixture
def paths(tmp_path):
    return write_split(tmp_path, FIELDS, PARTS)


def rewrite(path, number, count, total, tensors=(), *, kinds=(U16, U16, I32)):
    split = [
        field("split.no", kinds[0], number),
        field("split.count", kinds[1], count),
        field("split.tensors.count", kinds[2], total),
    ]
    path.write_bytes(gguf_bytes(split, tensors))


def test_the_first_file_opens_all(paths):
    with GGUFFile.open(paths[0]) as file:
        assert file.paths == tuple(paths)
        assert file.file_bytes == sum(path.stat().st_size for path in paths)
        assert file.metadata["general.name"] == "split"
        assert list(file.tensors) == ["a", "b", "c", "d", "e"]
        assert [info.part for info in file.tensors.values()] == [0, 0, 1, 2, 2]
        for index, name in enumerate("abcde"):
            np.testing.assert_array_equal(file.tensor(name), numbers(100 * index))
        assert summarize(file).num_parameters == 5 * 32
        assert file.error("wrong", tensor="c").path == paths[1]


def test_a_first_file_without_tensors_is_fine(tmp_path):
    paths = write_split(tmp_path, FIELDS, [[], PARTS[0]])
    with GGUFFile.open(paths[0]) as file:
        assert list(file.tensors) == ["a", "b"]


def test_a_split_of_one_file_is_a_file(tmp_path):
    (path,) = write_split(tmp_path, FIELDS, [PARTS[0]])
    path = path.rename(tmp_path / "renamed.gguf")
    with GGUFFile.open(path) as file:
        assert list(file.tensors) == ["a", "b"]


def test_a_missing_part_is_an_error_that_names_it(paths):
    paths[1].unlink()
    with pytest.raises(ModelFormatError, match="is missing; all 3 must be in one folder") as caught:
        GGUFFile.open(paths[0])
    assert caught.value.path == paths[1]


def test_another_part_than_the_first_is_an_error_that_names_the_first(paths):
    with pytest.raises(ModelFormatError, match=r"open model-00001-of-00003.gguf instead"):
        GGUFFile.open(paths[1])


def test_a_name_without_numbers_is_an_error(paths, tmp_path):
    renamed = paths[0].rename(tmp_path / "renamed.gguf")
    with pytest.raises(ModelFormatError, match=r"does not end in -00001-of-00003.gguf"):
        GGUFFile.open(renamed)


def test_a_name_with_another_count_is_an_error(paths, tmp_path):
    renamed = paths[0].rename(tmp_path / "model-00001-of-00004.gguf")
    with pytest.raises(ModelFormatError, match=r"does not end in -00001-of-00003.gguf"):
        GGUFFile.open(renamed)


def test_a_first_part_with_another_number_in_its_name_is_an_error(paths, tmp_path):
    renamed = paths[0].replace(tmp_path / "model-00002-of-00003.gguf")
    with pytest.raises(ModelFormatError, match="the name says file 2"):
        GGUFFile.open(renamed)


def test_bytes_of_a_split_are_an_error(paths):
    with pytest.raises(ModelFormatError, match="open it by its path"):
        GGUFFile.open(paths[0].read_bytes())


@pytest.mark.parametrize("count", [0, 1025, 65535])
def test_counts_out_of_range_are_an_error(tmp_path, count):
    path = tmp_path / f"model-00001-of-{count:05}.gguf"
    rewrite(path, 0 if count else 1, count, 0)
    with pytest.raises(ModelFormatError, match="from 1 to 1024 is allowed"):
        GGUFFile.open(path)


def test_a_negative_count_is_an_error(tmp_path):
    path = tmp_path / "model-00001-of-00002.gguf"
    rewrite(path, 0, -1, 0, kinds=(U16, I32, I32))
    with pytest.raises(ModelFormatError, match=r"split.count is -1"):
        GGUFFile.open(path)


@pytest.mark.parametrize(("kind", "value"), [(STRING, "2"), (F32, 2.0)])
def test_a_count_that_is_no_whole_number_is_an_error(tmp_path, kind, value):
    path = tmp_path / "model-00001-of-00002.gguf"
    rewrite(path, 0, value, 0, kinds=(U16, kind, I32))
    with pytest.raises(ModelFormatError, match=r"split.count must be a whole number"):
        GGUFFile.open(path)


def test_other_integer_types_are_fine(tmp_path):
    for number, tensors in enumerate(PARTS[:2]):
        path = tmp_path / f"model-{number + 1:05}-of-00002.gguf"
        rewrite(path, number, 2, 3, tensors, kinds=(U32, U32, U32))
    with GGUFFile.open(tmp_path / "model-00001-of-00002.gguf") as file:
        assert list(file.tensors) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("number", "count", "total", "message"),
    [
        (2, 3, 5, "split.no is 2, but should be 1 in this file"),
        (1, 4, 5, "split.count is 4, but should be 3 in this file"),
        (1, 3, 6, "split.tensors.count is 6, but 5 in the first file"),
    ],
)
def test_parts_that_disagree_are_an_error(paths, number, count, total, message):
    rewrite(paths[1], number, count, total, PARTS[1])
    with pytest.raises(ModelFormatError, match=message) as caught:
        GGUFFile.open(paths[0])
    assert caught.value.path == paths[1]
    assert caught.value.offset_bytes is not None


def test_a_part_that_says_nothing_of_a_split_is_an_error(paths):
    paths[2].write_bytes(gguf_bytes([], PARTS[2]))
    with pytest.raises(ModelFormatError, match=r"split.no is missing"):
        GGUFFile.open(paths[0])


def test_a_total_that_is_not_reached_is_an_error(paths):
    rewrite(paths[2], 2, 3, 5, PARTS[2][:1])
    with pytest.raises(ModelFormatError, match=r"split.tensors.count is 5, but the 3 files hold 4"):
        GGUFFile.open(paths[0])


def test_a_tensor_in_two_parts_is_an_error(paths):
    rewrite(paths[2], 2, 3, 5, [PARTS[0][1], PARTS[2][1]])
    with pytest.raises(ModelFormatError, match="'b' is in another file of the split too") as caught:
        GGUFFile.open(paths[0])
    assert caught.value.path == paths[2]


def test_a_malformed_part_is_an_error_that_names_it(paths):
    paths[1].write_bytes(paths[1].read_bytes()[:-20])
    with pytest.raises(ModelFormatError, match="beyond the end") as caught:
        GGUFFile.open(paths[0])
    assert caught.value.path == paths[1]


def test_a_folder_in_place_of_a_part_is_an_error(paths):
    paths[1].unlink()
    paths[1].mkdir()
    with pytest.raises(ModelFormatError, match="this is a folder"):
        GGUFFile.open(paths[0])
