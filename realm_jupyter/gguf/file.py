"""A GGUF file, or all files of a split model, opened for reading."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Self

import numpy as np

from realm_jupyter.errors import ModelFormatError, UnsupportedQuantizationError
from realm_jupyter.gguf.dequantize import SUPPORTED_QUANT_TYPES, dequantize
from realm_jupyter.gguf.metadata import Metadata
from realm_jupyter.gguf.parser import parse_header
from realm_jupyter.gguf.quant_type import QuantType
from realm_jupyter.gguf.source import Source
from realm_jupyter.gguf.split import open_parts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from realm_jupyter.gguf.parser import Header
    from realm_jupyter.gguf.tensor_info import TensorInfo

__all__ = ["GGUFFile"]


class GGUFFile:
    """Metadata and tensors of a model, mapped from its file.

    Made by `open`. A context manager; reading needs no lock.

    Attributes
    ----------
    paths : tuple of Path
        The file, or all files of a split; empty for bytes in memory.
    version : int
        GGUF version, 2 or 3.
    alignment : int
        Bytes; every tensor begins at a multiple of it (of the first file).
    file_bytes : int
        Size of all files together.
    metadata : Metadata
        Values by key, decoded when asked for. Of a split: the first file's.
    tensors : mapping of str to TensorInfo
        In the file's order.

    Examples
    --------
    >>> with GGUFFile.open("model.gguf") as file:  # doctest: +SKIP
    ...     print(file.metadata["general.architecture"], len(file.tensors))
    llama 147
    """

    def __init__(self, sources: list[Source], headers: list[Header]) -> None:
        self._sources = sources
        first = headers[0]
        self.paths: tuple[Path, ...] = tuple(s.path for s in sources if s.path is not None)
        self.version = first.version
        self.alignment = first.alignment
        self.file_bytes = sum(source.size_bytes for source in sources)
        self.metadata = Metadata(sources[0], first.entries)
        tensors: dict[str, TensorInfo] = {}
        for header in headers:
            tensors.update(header.tensors)
        self.tensors: Mapping[str, TensorInfo] = MappingProxyType(tensors)

    @classmethod
    def open(cls, source: str | PathLike[str] | bytes | bytearray | memoryview) -> Self:
        """Open a model.

        Parameters
        ----------
        source : path-like or bytes-like
            Of a split model, its first file (``NAME-00001-of-00003.gguf``): the others
            are found beside it. Bytes are not copied and must not change while in use.

        Returns
        -------
        GGUFFile

        Raises
        ------
        ModelNotFoundError
            If there is no such file.
        ModelFormatError
            If anything is wrong with it: message, file, byte offset.

        Notes
        -----
        Reads the header only; a vocabulary of 128 Ki tokens takes some 50 ms. The file must
        not be cut short while it is open: `data`, `read_into`, `tensor` and `metadata` notice,
        but a view that is in use then cannot, and the system ends the process (SIGBUS).
        """
        if isinstance(source, (bytes, bytearray, memoryview)):
            first = Source.from_bytes(source)
        else:
            first = Source.from_path(source)
        sources = [first]
        try:
            headers = [parse_header(first)]
            open_parts(sources, headers)
            return cls(sources, headers)
        except BaseException:
            for opened in sources:
                opened.close()
            raise

    def data(self, name: str) -> NDArray[np.uint8]:
        """Return the bytes of a tensor as they stand in the file.

        Parameters
        ----------
        name : str

        Returns
        -------
        ndarray of uint8, shape (size_bytes,)
            A read-only view of the mapping.

        Raises
        ------
        KeyError
            If there is no such tensor.
        ModelFormatError
            If the file was cut short since it was opened.
        ValueError
            If the file was closed.
        """
        info = self.tensors[name]
        everything = self._sources[info.part].bytes
        return everything[info.offset_bytes : info.offset_bytes + info.size_bytes]

    def read_into(self, target: NDArray[np.uint8], name: str, offset_bytes: int = 0) -> None:
        """Copy bytes of a tensor as they stand in the file, without mapping them.

        For bytes that are needed once: a mapping of theirs would have to be made page by page
        and taken down again.

        Parameters
        ----------
        target : ndarray of uint8, shape (n,)
            Contiguous; all of it is filled.
        name : str
        offset_bytes : int, 0 <= offset_bytes <= size_bytes - n
            Where in the tensor they begin.

        Raises
        ------
        KeyError, ModelFormatError, ValueError
            As for `data`; ModelFormatError also where the system cannot read, ValueError also
            for bytes that the tensor does not have.
        """
        source, start = self._place(name, offset_bytes, len(target))
        source.read_into(target, start)

    def require_whole(self) -> None:
        """Look whether all bytes are still there: to touch what is missing kills the process.

        It takes about a microsecond.

        Raises
        ------
        ModelFormatError
            If a file was cut short since it was opened.
        ValueError
            If the file was closed.
        """
        for source in self._sources:
            _ = source.bytes

    def visit(self, name: str, offset_bytes: int, num_bytes: int) -> None:
        """Have bytes of a tensor mapped, and read from disk if they must be.

        Parameters
        ----------
        name : str
        offset_bytes, num_bytes : int
            Which of the tensor's bytes.

        Raises
        ------
        KeyError, ModelFormatError, ValueError
            As for `read_into`.
        """
        source, start = self._place(name, offset_bytes, num_bytes)
        source.visit(start, num_bytes)

    def forget(self, name: str) -> None:
        """Let go of the mapped bytes of a tensor: they no longer count as this process's memory.

        A hint. Views that `data` returned stay good, and map again what is read.

        Parameters
        ----------
        name : str
        """
        info = self.tensors[name]
        self._sources[info.part].forget(info.offset_bytes, info.size_bytes)

    def _place(self, name: str, offset_bytes: int, num_bytes: int) -> tuple[Source, int]:
        """Return where bytes of a tensor are."""
        info = self.tensors[name]
        if num_bytes < 0 or not 0 <= offset_bytes <= info.size_bytes - num_bytes:
            end = offset_bytes + num_bytes
            message = f"bytes {offset_bytes} to {end} of {name!r}, which has {info.size_bytes}"
            raise ValueError(message)
        return self._sources[info.part], info.offset_bytes + offset_bytes

    def tensor(self, name: str) -> NDArray[np.float32]:
        """Return a tensor as float32.

        Parameters
        ----------
        name : str

        Returns
        -------
        ndarray of float32, shape ``tensors[name].shape``
            Of an F32 tensor a read-only view of the mapping, else a new array.

        Raises
        ------
        KeyError
            If there is no such tensor.
        UnsupportedQuantizationError
            If its format cannot be dequantized.
        ModelFormatError
            If the file was cut short since it was opened.
        ValueError
            If the file was closed.
        """
        info = self.tensors[name]
        if info.quant_type not in SUPPORTED_QUANT_TYPES:
            raise UnsupportedQuantizationError(
                info.quant_type.name,
                [quant_type.name for quant_type in SUPPORTED_QUANT_TYPES],
                tensor=name,
                path=self.part_path(info.part),
            )
        data = self.data(name)
        if info.quant_type is QuantType.F32:
            view = data.view(np.dtype("<f4")).reshape(info.shape)
            if view.flags.aligned and view.dtype.isnative:
                return view
        return dequantize(data, info.quant_type, info.shape)

    def rows(self, name: str, start: int, stop: int) -> NDArray[np.float32]:
        """Return some rows of a tensor as float32; nothing else of it is dequantized.

        Parameters
        ----------
        name : str
        start, stop : int, 0 <= start <= stop <= rows
            A row is what the last axis holds; all other axes together count the rows.

        Returns
        -------
        ndarray of float32, shape (stop - start, columns)

        Raises
        ------
        KeyError, UnsupportedQuantizationError, ModelFormatError, ValueError
            As for `tensor`; ValueError also for rows that the tensor does not have.
        """
        info = self.tensors[name]
        columns = info.shape[-1] if info.shape else 1
        num_rows = info.num_elements // columns if columns else 0
        if not 0 <= start <= stop <= num_rows:
            message = f"rows {start} to {stop} of {name!r}, which has {num_rows}"
            raise ValueError(message)
        row_bytes = info.size_bytes // max(num_rows, 1)
        part = self.data(name)[start * row_bytes : stop * row_bytes]
        return dequantize(part, info.quant_type, (stop - start, columns))

    def error(self, message: str, *, key: str = "", tensor: str = "") -> ModelFormatError:
        """Return an error that names the file and where the key or tensor stands.

        Parameters
        ----------
        message : str
        key : str
            A metadata key, if it is about one.
        tensor : str
            A tensor's name, if it is about one.
        """
        part, offset = 0, None
        if key and key in self.metadata:
            offset = self.metadata.entry(key).offset_bytes
        elif tensor and tensor in self.tensors:
            info = self.tensors[tensor]
            part, offset = info.part, info.offset_bytes
        return ModelFormatError(message, path=self.part_path(part), offset_bytes=offset)

    def part_path(self, part: int = 0) -> Path | None:
        """Return the path of a file of a split, or None for bytes in memory."""
        return self.paths[part] if self.paths else None

    def close(self) -> None:
        """Close and unmap the file; where views still live, the mapping goes with the last one."""
        for source in self._sources:
            source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        where = repr(str(self.paths[0])) if self.paths else f"{self.file_bytes} bytes"
        return f"GGUFFile({where}, version {self.version}, {len(self.tensors)} tensors)"
