"""Loading a model in a server: by name, or by sending its file; progress as it comes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from realm_jupyter.client.connection import connection_error
from realm_jupyter.client.loop import unless_cancelled
from realm_jupyter.errors import (
    APIConnectionError,
    APIStatusError,
    ConfigError,
    LoadCancelledError,
    ModelNotFoundError,
)
from realm_jupyter.protocol.error_table import error_from
from realm_jupyter.protocol.models import (
    AvailableModels,
    Loaded,
    LoadProgress,
    LoadRequest,
    Model,
)
from realm_jupyter.protocol.sse import ServerEventReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from realm_jupyter import types
    from realm_jupyter.client.connection import Connection

__all__ = ["load_model"]

_PIECE_BYTES = 1 << 20
_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", flags=re.IGNORECASE)
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
    work = _load(
        connection,
        source,
        model_id,
        on_progress,
        options={"device": device, "executor": executor},
    )
    error = LoadCancelledError(f"loading {model_id or source!r:.200} was cancelled")
    return await unless_cancelled(work, cancel, error)


async def _load(
    connection: Connection,
    source: Any,
    model_id: str | None,
    on_progress: Callable[[types.LoadProgress], None],
    *,
    options: dict[str, str],
) -> types.ModelInfo:
    file = await asyncio.to_thread(_local_file, source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
        pieces, digest = _pieces_of(data), partial(_digest_of, data)
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
        pieces, digest = _pieces_of_file(file), partial(_digest_of_file, file)
        query = {"id": model_id or file.stem, **options}
    present = await _present(connection, query["id"], digest)
    if present is not None:
        return present
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


async def _present(
    connection: Connection, model_id: str, digest: Callable[[], str]
) -> types.ModelInfo | None:
    """Return a loaded model with this id and the same bytes, which need not be sent."""
    try:
        response = await connection.send(
            "GET", f"/v1/models/{quote(model_id, safe='')}", params={"digest": "true"}
        )
    except (ModelNotFoundError, APIStatusError):  # an id that is none is the server's to refuse
        return None
    info = Model.model_validate_json(response.content).info
    is_same = info is not None and info.sha256 == await asyncio.to_thread(digest)
    return info.to_info() if info is not None and is_same else None


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


def _digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
