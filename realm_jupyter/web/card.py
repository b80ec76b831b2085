"""What a page says of its model: names, sizes, and whose it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypedDict

from realm_jupyter.errors import ModelFormatError
from realm_jupyter.models import open_model, resolve_source

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from realm_jupyter.models import Model

__all__ = ["Card", "Part", "card_text", "read_card"]

_MAX_TEXT_LENGTH = 2000


class Part(TypedDict):
    """One file of the exported model; ``path`` is relative to the page."""

    path: str
    num_bytes: int
    sha256: str


class Card(TypedDict):
    """The model of a page, as its script reads it."""

    id: str
    name: str
    description: str
    author: str
    licence: str
    licence_url: str
    architecture: str
    quant_type: str
    num_parameters: int
    context_length: int
    file_bytes: int
    parts: list[Part]


def read_card(source: str | PathLike[str]) -> tuple[Path, Card]:
    """Check a model as loading it would, and return its file and what it says of itself.

    Parameters
    ----------
    source : path-like or str
        A GGUF file, or the name of a model that ships.

    Returns
    -------
    Path
    Card
        Without parts.

    Raises
    ------
    ModelNotFoundError, ModelFormatError, UnsupportedArchitectureError, \
    UnsupportedQuantizationError
        As loading it would, and for a model of several files.
    """
    path = resolve_source(source)
    model = open_model(path)
    try:
        if len(model.file.paths) > 1:
            raise ModelFormatError(
                f"the model is split into {len(model.file.paths)} files, which the page cannot "
                "read; merge them first, such as with llama-gguf-split --merge",
                path=path,
            )
        return path, _card_of(model, path)
    finally:
        model.close()


def _card_of(model: Model, path: Path) -> Card:
    def text(*keys: str) -> str:
        values = (model.file.metadata.get(f"general.{key}") for key in keys)
        found = next((value for value in values if isinstance(value, str) and value.strip()), "")
        return found.strip()[:_MAX_TEXT_LENGTH]

    stem = path.name[:-5] if path.name.lower().endswith(".gguf") else path.name
    licence_url = text("license.link")
    return {
        "id": re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("-.")[:64] or "model",
        "name": model.name.strip()[:_MAX_TEXT_LENGTH] or stem,
        "description": text("description"),
        "author": text("author", "organization"),
        "licence": text("license.name", "license"),
        "licence_url": licence_url if re.match(r"https?://", licence_url) else "",
        "architecture": model.architecture,
        "quant_type": model.quant_type,
        "num_parameters": model.num_parameters,
        "context_length": model.context_length,
        "file_bytes": model.file_bytes,
        "parts": [],
    }


def card_text(card: Card) -> str:
    """Return the notice of the model, which lies beside the page."""
    licence = card["licence"] or "not stated in the model's file"
    rows: list[tuple[str, Any]] = [
        ("Model", card["name"]),
        ("Author", card["author"]),
        ("Licence", " ".join(filter(None, (licence, card["licence_url"])))),
        ("Architecture", card["architecture"]),
        ("Bytes", card["file_bytes"]),
    ]
    lines = [f"{name + ':':<14}{value}" for name, value in rows if value]
    lines += ["", card["description"]] * bool(card["description"])
    lines += ["", "The files, which in this order are the model, with their SHA-256:", ""]
    lines += [f"{part['sha256']}  {part['path']}" for part in card["parts"]]
    return "\n".join(lines) + "\n"
