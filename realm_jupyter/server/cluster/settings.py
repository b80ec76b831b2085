"""What `realm serve --ray` is told; speaks plain values only, so that Ray need not be there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from realm_jupyter.errors import ConfigError

__all__ = ["ClusterSettings", "ModelSource", "parse_replicas"]

_HEAD = "node:__internal_head__"
"""A resource that Ray gives the head of each cluster."""

_LEAST = {
    "min_replicas": 1,
    "max_ongoing": 1,
    "max_queued": 1,
    "models_per_replica": 1,
    "num_gpus": 0,
    "upscale_delay_s": 0,
    "downscale_delay_s": 0,
}
_POSITIVE = ("target_ongoing", "num_cpus")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model of the cluster.

    Parameters
    ----------
    id : str
        Its name for requests.
    source : str
        A shipped name, or a file that lies at the same place on all machines.
    device, executor, kv_type : str
        As for `Realm.load_model`.
    """

    id: str
    source: str
    device: str = "auto"
    executor: str = "auto"
    kv_type: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """How the server is spread over a Ray cluster.

    Parameters
    ----------
    models : tuple of ModelSource
        The first answers requests that name none.
    address : str, optional
        Of the cluster; see `ClusterOptions`.
    min_replicas, max_replicas : int
        Copies of the server's engine. Between the two Ray starts and stops them as the
        queues grow and shrink.
    target_ongoing : float
        Requests at a replica that Ray aims at when it does so.
    upscale_delay_s, downscale_delay_s : float
        How long there must be too many requests, or too few, before it does so. Ray looks at
        the mean of the last 30 seconds. A replica that starts maps weights that are packed
        already, so that the first is short; one that stops gives its KV cache back.
    max_ongoing : int
        Requests that a replica takes at once; more wait at the door.
    max_queued : int
        Requests that may wait there; beyond them the answer is 429.
    num_cpus, num_gpus : float
        Of each replica; its processors are also the threads that it computes with.
    models_per_replica : int, optional
        Models that a replica keeps warm; it gives back the one that was not asked for longest.
        By default all of them.
    route_by_prefix : bool
        Send prompts that begin alike to the same replica, which may have kept their beginning.

    Raises
    ------
    ConfigError
        If a value is out of its range.

    Examples
    --------
    >>> one = ClusterSettings(models=(ModelSource("paris", "paris"),), max_replicas=4)
    >>> one.replica_options()["autoscaling_config"]["max_replicas"]
    4
    """

    models: tuple[ModelSource, ...]
    address: str | None = None
    min_replicas: int = 1
    max_replicas: int = 1
    target_ongoing: float = 16
    upscale_delay_s: float = 10
    downscale_delay_s: float = 300
    max_ongoing: int = 64
    max_queued: int = 256
    num_cpus: float = 1
    num_gpus: float = 0
    models_per_replica: int | None = None
    route_by_prefix: bool = False

    def __post_init__(self) -> None:
        if not self.models:
            raise ConfigError("a cluster needs at least one model", field="models")
        ids = [model.id for model in self.models]
        if len(set(ids)) < len(ids):
            raise ConfigError("two models of the cluster have the same id", field="models")
        if self.max_replicas < self.min_replicas:
            allowed = f"at least min_replicas ({self.min_replicas})"
            raise ConfigError.not_allowed("max_replicas", self.max_replicas, allowed)
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and not value >= least:
                raise ConfigError.not_allowed(name, value, f"at least {least}")
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise ConfigError.not_allowed(name, getattr(self, name), "a number above 0")

    @property
    def num_warm(self) -> int:
        """Models that a replica keeps warm."""
        return min(self.models_per_replica or len(self.models), len(self.models))

    def replica_options(self, *, grace_s: float = 0.0) -> dict[str, Any]:
        """Return what Ray Serve is told of the replicas.

        Parameters
        ----------
        grace_s : float
            Running texts may go on for this long when a replica ends.
        """
        actor: dict[str, Any] = {"num_cpus": self.num_cpus}
        if self.num_gpus:
            actor["num_gpus"] = self.num_gpus
        options: dict[str, Any] = {
            "ray_actor_options": actor,
            "max_ongoing_requests": self.max_ongoing,
            "max_queued_requests": self.max_queued,
            "graceful_shutdown_timeout_s": grace_s,
            "max_constructor_retry_count": 3,
            # A machine that is busy loading a model must not look dead.
            "health_check_timeout_s": 60,
            "health_check_period_s": 5,
            # A single replica stays until the next one is ready; of several, one after another
            # makes room for its successor, because the cluster may have no more.
            "max_surge_percent": 100 if self.min_replicas == 1 else 0,
        }
        if self.max_replicas == self.min_replicas:
            options["num_replicas"] = self.min_replicas
        else:
            options["autoscaling_config"] = {
                "min_replicas": self.min_replicas,
                "max_replicas": self.max_replicas,
                "target_ongoing_requests": self.target_ongoing,
                "upscale_delay_s": self.upscale_delay_s,
                "downscale_delay_s": self.downscale_delay_s,
            }
        return options

    def door_options(self, *, grace_s: float = 0.0) -> dict[str, Any]:
        """Return what Ray Serve is told of the door.

        It computes next to nothing, and lives on the cluster's head, without which there is no
        cluster: no other machine that goes takes it along.
        """
        return {
            "ray_actor_options": {"num_cpus": 0, "resources": {_HEAD: 0.001}},
            "max_ongoing_requests": self.max_ongoing * self.max_replicas + self.max_queued,
            "graceful_shutdown_timeout_s": grace_s,
            "max_surge_percent": 100,
        }


def parse_replicas(text: str) -> tuple[int, int]:
    """Return the least and the most replicas of ``"2"`` or ``"1:4"``.

    Raises
    ------
    ConfigError
        If it is neither.

    Examples
    --------
    >>> parse_replicas("2"), parse_replicas("1:4")
    ((2, 2), (1, 4))
    """
    low, separator, high = text.partition(":")
    if not low.isdecimal() or (separator and not high.isdecimal()):
        raise ConfigError.not_allowed("replicas", text, "a number, or a range such as 1:4")
    return int(low), int(high or low)
