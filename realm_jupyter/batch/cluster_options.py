"""Which machines a batch runs on; speaks plain values only, so that Ray need not be there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from realm_jupyter.errors import ConfigError

__all__ = ["ClusterOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOptions:
    """A Ray cluster for `Realm.map`.

    Parameters
    ----------
    address : str, optional
        Of the cluster: ``"auto"`` is the one that runs on this machine, ``"local"`` starts one
        here for this process. By default the one that this process is connected to, else the
        environment's ``RAY_ADDRESS``, else one that runs here, else a new one.
    num_workers : int, optional
        Copies of the model, each with an engine of its own. By default as many as the
        cluster's processors (or GPUs) hold.
    num_cpus : float, default 1
        Processors of each, which are also the threads that it computes with.
    num_gpus : float, default 0
        GPUs of each; 1 gives each its own.
    num_parallel : int, default 64
        Prompts that run at once in each.
    block_size : int, default 128
        Prompts that a worker takes at a time, and whose rows come back together. A worker has
        two blocks under way, so that the end of one does not leave it idle; those of a worker
        that dies run again elsewhere.

    Raises
    ------
    ConfigError
        If a value is out of its range.

    Examples
    --------
    >>> ClusterOptions(num_workers=2).num_cpus
    1
    """

    address: str | None = None
    num_workers: int | None = None
    num_cpus: float = 1
    num_gpus: float = 0
    num_parallel: int = 64
    block_size: int = 128

    def __post_init__(self) -> None:
        for name, low in (("num_workers", 1), ("num_parallel", 1), ("block_size", 1)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < low):
                raise ConfigError.not_allowed(name, value, f"a whole number of at least {low}")
        for name, is_allowed in (("num_cpus", self.num_cpus > 0), ("num_gpus", self.num_gpus >= 0)):
            if not is_allowed:
                raise ConfigError.not_allowed(name, getattr(self, name), "a number above 0")

    @classmethod
    def of(cls, cluster: ClusterOptions | str | bool) -> ClusterOptions:  # noqa: FBT001
        """Return options for what `Realm.map` takes: options, an address, or True."""
        if isinstance(cluster, ClusterOptions):
            return cluster
        return cls(address=cluster if isinstance(cluster, str) else None)

    def actor_resources(self) -> dict[str, Any]:
        """Return what Ray is asked for each worker.

        Examples
        --------
        >>> ClusterOptions(num_cpus=2).actor_resources()
        {'num_cpus': 2}
        """
        resources: dict[str, Any] = {"num_cpus": self.num_cpus}
        if self.num_gpus:
            resources["num_gpus"] = self.num_gpus
        return resources

    def workers_for(self, num_prompts: int, resources: dict[str, float]) -> int:
        """Return how many workers to start.

        Parameters
        ----------
        num_prompts : int
            No more workers than blocks of prompts are of use.
        resources : mapping of str to float
            What the cluster has, as ``ray.cluster_resources()`` says it.

        Raises
        ------
        ConfigError
            If the cluster holds not even one.

        Examples
        --------
        >>> ClusterOptions(num_cpus=2).workers_for(10_000, {"CPU": 8.0})
        4
        """
        holds = resources.get("CPU", 0) // self.num_cpus
        if self.num_gpus:
            holds = min(holds, resources.get("GPU", 0) // self.num_gpus)
        if holds < 1:
            raise ConfigError(
                f"the cluster has {resources.get('CPU', 0):g} processors and "
                f"{resources.get('GPU', 0):g} GPUs, which is too little for one worker with "
                f"{self.num_cpus:g} and {self.num_gpus:g}",
                field="cluster",
            )
        num_blocks = -(-num_prompts // self.block_size)
        return max(1, min(int(holds), self.num_workers or int(holds), num_blocks))
