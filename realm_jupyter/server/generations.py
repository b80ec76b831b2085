"""The generations of one request: begun together, read together, ended together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from realm_jupyter.errors import RequestError
from realm_jupyter.server.stream import take
from realm_jupyter.types import GenerationResponse, TokenEvent

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from realm_jupyter.errors import RealmError
    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.server.caller import Caller
    from realm_jupyter.server.service import Service

__all__ = ["Generations"]

_Item = TokenEvent | GenerationResponse
_Numbered = tuple[int, _Item]

MAX_GENERATIONS = 256
# What a request may be ahead of its client; a client that is slower makes its texts wait.
_MAX_UNSENT = 64


class Generations:
    """The texts of one request.

    Parameters
    ----------
    service : Service
    caller : Caller
    model : str, optional
        Id or sha256 of a loaded model; the server's current one by default.
    starts : sequence of callable
        Each starts a generation on the model with the given id; called on a worker thread,
        because rendering and tokenizing a prompt take time.

    Raises
    ------
    RequestError
        If a request wants too many.
    """

    def __init__(
        self,
        service: Service,
        caller: Caller,
        model: str | None,
        starts: Sequence[Callable[[str], GenerationHandle]],
    ) -> None:
        if len(starts) > MAX_GENERATIONS:
            raise RequestError(
                f"the request asks for {len(starts)} texts; {MAX_GENERATIONS} are the most",
                field="n",
            )
        self._service = service
        self._caller = caller
        self._model = model
        self._starts = starts
        self._handles: list[GenerationHandle] = []
        self._failure: RealmError | None = None

    async def begin(self) -> str:
        """Start all texts and return the model's id; `end` is to be called later.

        Nothing needs to be ended when this raises.

        Raises
        ------
        TenantBusyError
            If too many requests of the caller wait already.
        RealmError
            If the request is wrong; nothing runs then.
        """
        self._service.enter(self)
        starting = asyncio.ensure_future(asyncio.to_thread(self._start))
        try:
            return await asyncio.shield(starting)
        except BaseException:
            # The thread cannot be stopped, but what it starts can.
            starting.add_done_callback(self._stop_started)
            self._service.leave(self)
            raise

    @property
    def prompt_ids(self) -> list[tuple[int, ...]]:
        """The prompt of each text as token ids, once they began."""
        return [handle.prompt_ids for handle in self._handles]

    def end(self) -> None:
        """End what still runs."""
        self._cancel()
        self._service.leave(self)

    def _start(self) -> str:
        model = self._caller.realm.model_info(self._model).id
        try:
            for start in self._starts:
                handle = start(model)
                handle.limit_unread(_MAX_UNSENT)
                self._handles.append(handle)
        except BaseException:
            self._cancel()
            raise
        return model

    def _stop_started(self, starting: asyncio.Future[str]) -> None:
        if not starting.cancelled():
            starting.exception()  # was raised already, or has nobody to be told
        self._cancel()

    def _cancel(self) -> None:
        for handle in self._handles:
            handle.cancel()

    def abort(self, error: RealmError) -> None:
        """End everything; whoever reads gets ``error``."""
        self._failure = error
        self._cancel()

    async def responses(self) -> list[GenerationResponse]:
        """Wait for all texts and return them in their order.

        Raises
        ------
        RealmError
            The first failure; the other texts are cancelled.
        """
        responses = await asyncio.gather(*(handle.aresult() for handle in self._handles))
        for response in responses:
            self._ended(response)
        return list(responses)

    async def batches(self, pause_s: float) -> AsyncGenerator[list[_Numbered]]:
        """Yield what the texts bring: events and, as the last of each, its response.

        Parameters
        ----------
        pause_s : float
            An empty batch comes when there was nothing for so long.

        Yields
        ------
        list of (int, TokenEvent or GenerationResponse)
            With the number of the text.

        Raises
        ------
        RealmError
            The first failure.
        """
        queue: asyncio.Queue[tuple[int, _Item | Exception]] = asyncio.Queue(_MAX_UNSENT)
        readers = [
            asyncio.create_task(_read(number, handle, queue))
            for number, handle in enumerate(self._handles)
        ]
        num_open = len(readers)
        try:
            while num_open:
                batch: list[_Numbered] = []
                failure: Exception | None = None
                for number, item in await take(queue, pause_s):
                    if isinstance(item, Exception):
                        failure = item
                        break
                    batch.append((number, item))
                    num_open -= isinstance(item, GenerationResponse)
                ended = [item for _, item in batch if isinstance(item, GenerationResponse)]
                failure = failure or (self._failure if ended else None)
                if failure is not None:
                    if batch:
                        yield [entry for entry in batch if entry[1] not in ended]
                    raise failure
                for response in ended:
                    self._ended(response)
                yield batch
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)

    def _ended(self, response: GenerationResponse) -> None:
        if self._failure is not None:
            raise self._failure
        self._service.metrics.ended(response, self._caller.key.name)


async def _read(
    number: int,
    handle: GenerationHandle,
    queue: asyncio.Queue[tuple[int, _Item | Exception]],
) -> None:
    try:
        async for event in handle:
            await queue.put((number, event))
        await queue.put((number, handle.response))
    except Exception as error:  # noqa: BLE001 - raised again by whoever reads the queue
        await queue.put((number, error))
