"""The engine: tenants, their generations, and one scheduler per model.

The only place where the sandbox and the executors meet.
"""

from realm_jupyter.engine.engine import Engine, process_stats
from realm_jupyter.engine.local_backend import LocalBackend
from realm_jupyter.engine.tenant import Tenant

__all__ = ["Engine", "LocalBackend", "Tenant", "process_stats"]
