"""`import realm_jupyter` is cheap, and its public names are pinned."""

from __future__ import annotations

import subprocess
import sys

import realm_jupyter

HEAVY = (
    "IPython", "anywidget", "httpx", "ipywidgets", "llguidance", "markdown_it", "minijinja",
    "numpy", "pydantic", "starlette", "torch", "wasmtime",
)  # fmt: skip


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


def test_importing_loads_nothing_heavy():
    code = f"import realm_jupyter, sys; print([m for m in {HEAVY} if m in sys.modules])"
    assert run(code) == "[]"


def test_the_magics_load_neither_torch_nor_wasmtime():
    code = (
        "import realm_jupyter.magics, sys; "
        "print([m for m in ('torch', 'wasmtime') if m in sys.modules])"
    )
    assert run(code) == "[]"


def test_public_names_are_pinned_and_all_resolve():
    assert realm_jupyter.__all__ == [
        "BatchProgress",
        "BatchResult",
        "BatchRow",
        "CancelToken",
        "ChatMessage",
        "ClusterOptions",
        "EmbeddingResponse",
        "GenerationConfig",
        "GenerationHandle",
        "GenerationResponse",
        "LoadProgress",
        "ModelInfo",
        "ModelStats",
        "Realm",
        "RealmError",
        "RealmRegistry",
        "RegistryStats",
        "TenantLimits",
        "TenantStats",
        "Timings",
        "TokenEvent",
        "TokenLogprob",
        "Usage",
        "__version__",
        "chat_widget",
        "inspect",
        "load_ipython_extension",
        "models_widget",
        "unload_ipython_extension",
    ]
    for name in realm_jupyter.__all__:
        assert getattr(realm_jupyter, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(realm_jupyter, "nonsense")
