"""Puts the door and the replicas on a Ray cluster; the only module that knows Ray Serve."""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

from ray import serve
from ray.exceptions import RayError, RayTaskError
from ray.serve.config import RequestRouterConfig
from ray.serve.exceptions import BackPressureError, RayServeException

from realm_jupyter.errors import ConfigError, RealmError, TenantBusyError
from realm_jupyter.protocol.models import Model, ModelList
from realm_jupyter.server.cluster.door import LostError, create_door
from realm_jupyter.server.cluster.figures import merged_figures
from realm_jupyter.server.cluster.replica import ReplicaEngine, WarmModel

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.types import ASGIApp, Message

    from realm_jupyter.server.cluster.message import ForwardedRequest
    from realm_jupyter.server.cluster.settings import ClusterSettings
    from realm_jupyter.server.settings import ServerSettings

__all__ = ["APPLICATION", "REPLICA", "deploy", "remove"]

APPLICATION = "realm"
"""What Ray Serve calls the application; deploying it again replaces it."""
REPLICA = "replica"
"""What Ray Serve calls the deployment of the replicas."""

_DOOR = "door"
_GRACE_S = 5.0
_IMBALANCE = 8
_LOGGING = {"log_level": "WARNING", "enable_access_log": False}
_ROUTERS = (
    "ray.serve.llm.request_router",
    # The same class, where the first one asks for engines that it does not need.
    "ray.llm._internal.serve.routing_policies.prefix_aware.prefix_aware_router",
)


def _replica_class(num_warm: int) -> type:
    """Return the class of the replicas: one engine with so many models warm."""

    class Replica:
        async def __init__(  # type: ignore[misc]
            self, settings: ServerSettings, cluster: ClusterSettings
        ) -> None:
            self._id = serve.get_replica_context().replica_id.unique_id
            self._engine = ReplicaEngine(settings, cluster.models)
            if num_warm == len(cluster.models):
                for model in cluster.models:
                    await self.warm(model.id)

        @serve.multiplexed(max_num_models_per_replica=num_warm)  # type: ignore[untyped-decorator]
        async def warm(self, model_id: str) -> WarmModel:
            """Load a model; Ray Serve keeps it, and tells the door who has it."""
            return await self._engine.load(model_id)

        async def answer(self, request: ForwardedRequest) -> AsyncGenerator[list[Message]]:
            await self.warm(request.model)
            async with contextlib.aclosing(self._engine.answer(request)) as answer:
                async for messages in answer:
                    yield messages

        async def describe(self) -> str:
            model_id = serve.get_multiplexed_model_id()
            await self.warm(model_id)
            return self._engine.describe(model_id).model_dump_json()

        async def figures(self) -> tuple[str, bytes]:
            return self._id, self._engine.figures()

    return Replica


class _Handles:
    """The replicas, as the door sees them."""

    def __init__(self, handle: Any, models: tuple[str, ...]) -> None:
        self._handle = handle
        self._models = models

    async def answer(self, request: ForwardedRequest) -> AsyncGenerator[list[Message]]:
        handle = self._handle.options(
            method_name="answer", stream=True, multiplexed_model_id=request.model
        )
        messages = handle.remote(request)
        try:
            async for some in messages:
                yield some
        except BackPressureError as error:
            raise TenantBusyError("all replicas of the cluster have enough to do") from error
        except RayTaskError as error:
            raise _cause(error) from error  # which another replica would only repeat
        except (RayError, RayServeException) as error:
            raise LostError from error
        finally:
            messages.cancel()

    async def models(self) -> ModelList:
        texts = [await _describe(self._handle, model) for model in self._models]
        return ModelList(data=[Model.model_validate_json(text) for text in texts])

    async def figures(self) -> bytes:
        answers = await self._handle.broadcast("figures").results_async(return_exceptions=True)
        return merged_figures(
            dict(answer for answer in answers if not isinstance(answer, BaseException))
        )


def deploy(settings: ServerSettings, cluster: ClusterSettings) -> None:
    """Put the server on the cluster that this process is connected to; wait until it is ready.

    Parameters
    ----------
    settings : ServerSettings
        Its address is that of the first application on this cluster: Ray Serve listens for all.
    cluster : ClusterSettings

    Raises
    ------
    ConfigError
        If Ray cannot start the replicas; the message says why.
    RealmError
        What loading a model raised.
    """
    grace_s = settings.grace_s + _GRACE_S
    ids = tuple(model.id for model in cluster.models)

    def build() -> ASGIApp:
        handle = serve.get_deployment_handle(REPLICA, app_name=APPLICATION)
        return create_door(settings, _Handles(handle, ids), ids)

    options = cluster.replica_options(grace_s=grace_s)
    if cluster.route_by_prefix:
        options["request_router_config"] = _prefix_router()
    replica: Any = serve.deployment(name=REPLICA, logging_config=_LOGGING, **options)(
        _replica_class(cluster.num_warm)
    )
    door_options = cluster.door_options(grace_s=grace_s)
    door: Any = serve.deployment(name=_DOOR, logging_config=_LOGGING, **door_options)(
        serve.ingress(build)()
    )
    serve.start(
        # Other machines cannot reach what listens on this one's own address.
        proxy_location="HeadOnly" if settings.is_local else "EveryNode",
        http_options={"host": settings.host, "port": settings.port},
        logging_config=_LOGGING,
    )
    try:
        serve.run(door.bind(replica.bind(settings, cluster)), name=APPLICATION, route_prefix="/")
    except RuntimeError as error:
        raise ConfigError(f"the cluster cannot run the server: {_reason(error)}") from error
    handle = serve.get_deployment_handle(REPLICA, app_name=APPLICATION)
    for model in ids:
        try:
            _describe(handle, model).result()
        except RayTaskError as error:
            raise _cause(error) from error


def remove() -> None:
    """Take the server off the cluster; texts that run may go on for their time of grace."""
    serve.delete(APPLICATION)


def _describe(handle: Any, model: str) -> Any:
    """Return Ray's response with the description of a model, which a replica loads for it."""
    # Without arguments, where a router by prefixes would look for a prompt.
    return handle.options(method_name="describe", multiplexed_model_id=model).remote()


def _prefix_router() -> RequestRouterConfig:
    """Return the configuration of Ray's router that looks at how prompts begin.

    Raises
    ------
    ConfigError
        If the installed Ray has none.
    """
    for module in _ROUTERS:
        with contextlib.suppress(ImportError, AttributeError):
            return RequestRouterConfig(
                request_router_class=importlib.import_module(module).PrefixCacheAffinityRouter,
                request_router_kwargs={"imbalanced_threshold": _IMBALANCE, "do_eviction": True},
            )
    raise ConfigError(
        "the installed Ray has no router that looks at how prompts begin: install a newer one, "
        "or drop --route-by-prefix",
        field="route_by_prefix",
    )


def _cause(error: RayTaskError) -> Exception:
    """Return what a replica raised, as it raised it there."""
    cause = error.cause
    return cause if isinstance(cause, RealmError) else error


def _reason(error: Exception) -> str:
    """Return why a deployment failed, in a line."""
    found = serve.status().applications.get(APPLICATION)
    messages = [] if found is None else [one.message for one in found.deployments.values()]
    text = " ".join([str(error), *filter(None, messages)])
    lines = [line for line in text.splitlines() if "Error" in line] or [text]
    return " ".join(lines[-1].split())
