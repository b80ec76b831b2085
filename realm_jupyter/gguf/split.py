"""Models split over several files, ``NAME-00001-of-00003.gguf`` and so on.

References
----------
``gguf-split`` and ``llama_model_loader`` of llama.cpp.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from realm_jupyter.errors import ModelFormatError, ModelNotFoundError
from realm_jupyter.gguf import limits
from realm_jupyter.gguf.array import ValueType
from realm_jupyter.gguf.metadata import SCALAR_FORMATS
from realm_jupyter.gguf.parser import parse_header
from realm_jupyter.gguf.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from realm_jupyter.gguf.parser import Header

__all__ = ["open_parts"]

NUMBER_KEY = "split.no"
COUNT_KEY = "split.count"
TENSORS_KEY = "split.tensors.count"

_NAME = re.compile(r"(?P<stem>.+)-(?P<number>[0-9]{5})-of-(?P<count>[0-9]{5})\.gguf", re.DOTALL)
_INTEGERS = {
    ValueType.UINT8,
    ValueType.INT8,
    ValueType.UINT16,
    ValueType.INT16,
    ValueType.UINT32,
    ValueType.INT32,
    ValueType.UINT64,
    ValueType.INT64,
}


def open_parts(sources: list[Source], headers: list[Header]) -> None:
    """Open the files that belong to the first one, and append them to both lists.

    Parameters
    ----------
    sources, headers : list
        With one item each, the first file's. What was opened stays in ``sources``
        when an error is raised, so that the caller can close it.

    Raises
    ------
    ModelFormatError
        If a part is missing or the parts do not belong together.
    """
    first = sources[0]
    count = _integer(first, headers[0], COUNT_KEY, default=1)
    number = _integer(first, headers[0], NUMBER_KEY, default=0)
    if count in (0, 1) and number == 0:
        return
    if not 0 < count <= limits.MAX_PARTS:
        _fail(
            first,
            headers[0],
            COUNT_KEY,
            f"{COUNT_KEY} is {count}; from 1 to {limits.MAX_PARTS} is allowed",
        )
    if first.path is None:
        message = f"this is one of {count} files of a split model; open it by its path"
        _fail(first, headers[0], COUNT_KEY, message)
    paths = _part_paths(first, headers[0], number, count)
    for part in range(1, count):
        sources.append(_open_part(paths[part], count))
        headers.append(parse_header(sources[part], part=part))
        _check_part(sources, headers, part, count)
    total = sum(len(header.tensors) for header in headers)
    expected = _integer(first, headers[0], TENSORS_KEY, default=total)
    if total != expected:
        message = f"{TENSORS_KEY} is {expected}, but the {count} files hold {total} tensors"
        _fail(first, headers[0], TENSORS_KEY, message)


def _part_paths(first: Source, header: Header, number: int, count: int) -> list[Path]:
    path = first.path
    assert path is not None  # noqa: S101  # open_parts has refused bytes
    match = _NAME.fullmatch(path.name)
    if match is None or int(match["count"]) != count:
        message = (
            f"this is one of {count} files of a split model, "
            f"but its name does not end in -00001-of-{count:05}.gguf"
        )
        _fail(first, header, COUNT_KEY, message)
    paths = [
        path.with_name(f"{match['stem']}-{part:05}-of-{count:05}.gguf")
        for part in range(1, count + 1)
    ]
    if number != 0:
        message = f"this is not the first file of a split model; open {paths[0].name} instead"
        _fail(first, header, NUMBER_KEY, message)
    if paths[0] != path:
        message = f"the name says file {int(match['number'])} of the split, {NUMBER_KEY} the first"
        _fail(first, header, NUMBER_KEY, message)
    return paths


def _open_part(path: Path, count: int) -> Source:
    try:
        return Source.from_path(path)
    except ModelNotFoundError:
        raise ModelFormatError(
            f"this file of a split model is missing; all {count} must be in one folder", path=path
        ) from None


def _check_part(sources: list[Source], headers: list[Header], part: int, count: int) -> None:
    source, header = sources[part], headers[part]
    for key, expected in ((NUMBER_KEY, part), (COUNT_KEY, count)):
        found = _integer(source, header, key, default=-1)
        if found != expected:
            shown = "missing" if found == -1 else found
            _fail(source, header, key, f"{key} is {shown}, but should be {expected} in this file")
    if TENSORS_KEY in header.entries:
        found = _integer(source, header, TENSORS_KEY, default=0)
        expected = _integer(sources[0], headers[0], TENSORS_KEY, default=found)
        if found != expected:
            message = f"{TENSORS_KEY} is {found}, but {expected} in the first file"
            _fail(source, header, TENSORS_KEY, message)
    total = 0
    for other in headers:
        total += len(other.tensors)
        if other is not header and not other.tensors.keys().isdisjoint(header.tensors):
            twice = next(iter(other.tensors.keys() & header.tensors.keys()))
            raise ModelFormatError(
                f"the tensor {twice!r} is in another file of the split too",
                path=source.path,
                offset_bytes=header.tensors[twice].offset_bytes,
            )
    if total > limits.MAX_TENSORS:
        raise ModelFormatError(
            f"more than {limits.MAX_TENSORS} tensors in the files of the split", path=source.path
        )


def _integer(source: Source, header: Header, key: str, *, default: int) -> int:
    entry = header.entries.get(key)
    if entry is None:
        return default
    if entry.num_elements >= 0 or entry.value_type not in _INTEGERS:
        _fail(source, header, key, f"{key} must be a whole number, not {entry.value_type}")
    (value,) = SCALAR_FORMATS[entry.value_type].unpack_from(source.buffer, entry.offset_bytes)
    return int(value)


def _fail(source: Source, header: Header, key: str, message: str) -> NoReturn:
    entry = header.entries.get(key)
    raise ModelFormatError(
        message, path=source.path, offset_bytes=None if entry is None else entry.offset_bytes
    )
