"""Executors: they hold a model's weights on a device and run its graph.

torch is imported only when the reference executor is made; importing this package and
running the native executor do without it.
"""

from __future__ import annotations

from realm_jupyter.compute.create import create_executor
from realm_jupyter.compute.devices import resolve_device
from realm_jupyter.compute.executor import Chunk, Executor, Outputs, SequenceCache
from realm_jupyter.compute.memory import memory_available, memory_needed

__all__ = [
    "Chunk",
    "Executor",
    "Outputs",
    "SequenceCache",
    "create_executor",
    "memory_available",
    "memory_needed",
    "resolve_device",
]
