"""Does a model fit in memory? Told from its header, before anything is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realm_jupyter.compute import memory_available, memory_needed, resolve_device
from realm_jupyter.models import open_model, resolve_source

if TYPE_CHECKING:
    from realm_jupyter.widget.messages import Verdict

__all__ = ["check_fit"]


def check_fit(source: str, device: str, executor: str) -> Verdict:
    """Return what loading a model would take.

    Parameters
    ----------
    source : str
        A path or a shipped name.
    device, executor : str
        As for `Realm.load_model`.

    Raises
    ------
    ModelError
        If there is no such file, or it is damaged or unsupported.
    ConfigError
        If the device is not there.
    """
    model = open_model(resolve_source(source))
    try:
        name = resolve_device(device)
        required_bytes = memory_needed(model, name, executor)
        available_bytes = memory_available(name)
        return {
            "source": source,
            "name": model.name,
            "architecture": model.architecture,
            "quant_type": model.quant_type,
            "num_parameters": model.num_parameters,
            "context_length": model.context_length,
            "file_bytes": model.file_bytes,
            "required_bytes": required_bytes,
            "available_bytes": available_bytes,
            "fits": required_bytes <= available_bytes,
        }
    finally:
        model.file.close()
