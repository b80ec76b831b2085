"""Loading a model in a server: by name, or by sending its file; progress as it comes."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from realm_jupyter.client.connection import connection_error
from realm_jupyter.errors import APIConnectionError, ConfigError, LoadCancelledError
from realm_jupyter.protocol.error_table import error_from
from realm_jupyter.protocol.models import AvailableModels, Loaded, LoadProgress, LoadRequest
from realm_jupyter.protocol.sse import ServerEventReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from realm_jupyter import types
    from realm_jupyter.client.connection import Connection

__all__ = ["load_model"]

_PIECE_BYTES = 1 << 20
_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", flags=re.IGNORECASE)
_POLL_S = 0.05
_OK = 200


async def load_model(
    connection: Connection,
    source: str | os.PathLike[str] | bytes | bytearray | memoryview,
    model_id: str | None,
    *,
    device: str,
    executor: str,
    on_progress: Callable[[types.LoadProgress], None],
    cancel: types.CancelToken | None,
) -> types.ModelInfo:
    """Load a model and return what is known of it.

    Parameters
    ----------
    connection : Connection
    source : str, path-like or bytes-like
        A name that the server knows (`AvailableModels`), else a file here or its bytes,
        which are sent.
    model_id : str, optional
    device, executor : str
    on_progress : callable
        Called on the clients' loop.
    cancel : CancelToken, optional

    Raises
    ------
    ModelNotFoundError
        If neither the server nor this machine has it.
    LoadCancelledError
        If ``cancel`` was raised.
    RealmError
        What the server raised.
    """
    loading = asyncio.ensure_future(
        _load(connection, source, model_id, device, executor, on_progress)
    )
    try:
        while not (await asyncio.wait({loading}, timeout=_POLL_S))[0]:
            if cancel is not None and cancel.is_cancelled:
                raise LoadCancelledError(f"loading {model_id or source!r:.200} was cancelled")
        return loading.result()
    finally:
        loading.cancel()
        await asyncio.gather(loading, return_exceptions=True)


async def _load(
    connection: Connection,
    source: Any,
    model_id: str | None,
    device: str,
    executor: str,
    on_progress: Callable[[types.LoadProgress], None],
) -> types.ModelInfo:
    options = {"device": device, "executor": executor}
    file = await asyncio.to_thread(_local_file, source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        pieces = _pieces_of(bytes(source))
        query = {"id": model_id or "model", **options}
    elif file is None or await _is_known(connection, source):
        message = LoadRequest(source=str(source), id=model_id, **options)
        return await _follow(
            connection, "/admin/models/load", on_progress, json=message.model_dump()
        )
    else:
        if _PART.search(file.name):
            raise ConfigError(
                f"{file.name} is a part of a model: put all parts into the server's models "
                "folder (realm serve --models-dir) and load it by name",
                field="source",
                value=str(file),
            )
        pieces = _pieces_of_file(file)
        query = {"id": model_id or file.stem, **options}
    return await _follow(
        connection,
        "/admin/models/upload",
        on_progress,
        content=pieces,
        params=query,
        can_repeat=False,
    )


def _local_file(source: Any) -> Path | None:
    if not isinstance(source, (str, os.PathLike)):
        return None
    path = Path(source).expanduser()
    return path if path.is_file() else None


async def _is_known(connection: Connection, source: str | os.PathLike[str]) -> bool:
    if not isinstance(source, str):
        return False
    response = await connection.send("GET", "/admin/models")
    return source in AvailableModels.model_validate_json(response.content).sources


async def _follow(
    connection: Connection,
    path: str,
    on_progress: Callable[[types.LoadProgress], None],
    **options: Any,
) -> types.ModelInfo:
    response = await connection.send("POST", path, stream=True, **options)
    reader = ServerEventReader()
    try:
        async for data in response.aiter_bytes():
            for event in reader.feed(data):
                if event.name == "progress":
                    on_progress(LoadProgress.model_validate_json(event.data).to_progress())
                elif event.name == "loaded":
                    model = Loaded.model_validate_json(event.data).model
                    if model.info is not None:
                        return model.info.to_info()
                elif "error" in json.loads(event.data):
                    raise error_from(_OK, event.data)
    except httpx.TransportError as error:
        raise connection_error(error, connection.url) from error
    finally:
        await asyncio.shield(response.aclose())
    raise APIConnectionError("the server ended the stream before the model was loaded")


async def _pieces_of(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), _PIECE_BYTES):
        yield data[start : start + _PIECE_BYTES]


async def _pieces_of_file(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece
    finally:
        file.close()
