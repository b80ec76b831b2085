"""The files of a page but its model: the built front end, and what the export fills in."""

from __future__ import annotations

import hashlib
import html
import json
import shutil
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import realm_jupyter
from realm_jupyter.errors import ConfigError
from realm_jupyter.web.card import card_text
from realm_jupyter.widget.sampling import FIELDS, Sampling

if TYPE_CHECKING:
    from realm_jupyter.web.card import Card
    from realm_jupyter.web.settings import PageSettings

__all__ = ["HASH_LENGTH", "static_files", "write_page"]

HASH_LENGTH = 12
"""Digits of a hash in the name of a folder; what is in it never changes."""

_STATIC = Path(__file__).resolve().parent / "static"
# These lie beside the page; all others in a folder of their own.
_ABOVE = ("index.html", "sw.js", "LICENSES.txt")
# The kernels with 64-bit memory go along with models that may need more than 4 GiB, packed and
# with their KV cache; what a model's file holds may be held twice.
_WIDE_KERNELS = "kernels64"
_WIDE_MODEL_BYTES = 1 << 30
# Hosts that read it (Netlify, Cloudflare Pages) send what the service worker adds elsewhere.
_HEADERS = """\
/*
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Embedder-Policy: require-corp
"""


def static_files() -> list[Path]:
    """Return the built files.

    Raises
    ------
    ConfigError
        If they were not built, which in a wheel they always are.
    """
    files = sorted(_STATIC.glob("*")) if (_STATIC / "index.html").is_file() else []
    found = [path for path in files if path.suffix != ".stamp"]
    if not found:
        raise ConfigError(
            "the page is not built: run python hatch_build.py web in the source tree",
            field="static",
        )
    return found


def write_page(folder: Path, card: Card, settings: PageSettings) -> None:
    """Write everything but the model into a folder.

    Parameters
    ----------
    folder : Path
        Holds the parts of the model already.
    card : Card
    settings : PageSettings
    """
    files = [path for path in static_files() if _is_needed(path, card)]
    app = f"app-{_digest(*(path.name.encode() + path.read_bytes() for path in files))}"
    (folder / app).mkdir()
    for path in files:
        if path.name not in _ABOVE:
            shutil.copyfile(path, folder / app / path.name)
    page = _page(card, settings, app)
    scripts = sorted(path.name for path in (folder / app).iterdir())
    model = [part["path"] for part in card["parts"]]
    worker = (_STATIC / "sw.js").read_bytes()
    manifest = {
        "version": _digest(page.encode(), worker, *(name.encode() for name in model)),
        "app": [*(f"{app}/{name}" for name in scripts), "LICENSES.txt", "MODEL.txt"],
        "later": [f"{app}/{name}" for name in scripts if name.startswith("kernels")],
        "model": model,
    }
    head = f"const REALM_FILES = {json.dumps(manifest)};\n"
    (folder / "sw.js").write_bytes(head.encode() + worker)
    (folder / "index.html").write_text(page, encoding="utf-8", newline="\n")
    (folder / "MODEL.txt").write_text(card_text(card), encoding="utf-8", newline="\n")
    (folder / "_headers").write_text(_HEADERS, encoding="utf-8", newline="\n")
    shutil.copyfile(_STATIC / "LICENSES.txt", folder / "LICENSES.txt")


def _is_needed(path: Path, card: Card) -> bool:
    is_wide = path.name.startswith(_WIDE_KERNELS)
    return not is_wide or card["file_bytes"] >= _WIDE_MODEL_BYTES


def _page(card: Card, settings: PageSettings, app: str) -> str:
    title = settings.title.strip() or card["name"]
    data: dict[str, Any] = {
        "title": title,
        "system": settings.system,
        "threads": settings.threads,
        "model": card,
        "fields": list(FIELDS),
        "values": Sampling(settings.config).values(),
    }
    template = Template((_STATIC / "index.html").read_text(encoding="utf-8"))
    return template.substitute(
        app=app,
        title=html.escape(title),
        description=html.escape(card["description"] or f"A chat with {card['name']}."),
        generator=html.escape(realm_jupyter.__version__),
        # Inside a script element nothing but its end tag matters.
        data=json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
    )


def _digest(*contents: bytes) -> str:
    found = hashlib.sha256()
    for content in contents:
        found.update(hashlib.sha256(content).digest())
    return found.hexdigest()[:HASH_LENGTH]
