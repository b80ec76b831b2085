"""One generation that runs in a server: its events become those of a handle."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, cast

import httpx
from pydantic import ValidationError

from realm_jupyter.client.connection import connection_error
from realm_jupyter.errors import APIConnectionError, APIError, RealmError
from realm_jupyter.protocol.chat import ChatChunk, ChatChunkChoice
from realm_jupyter.protocol.completion import Completion, CompletionChoice
from realm_jupyter.protocol.error_table import error_from
from realm_jupyter.protocol.sse import DONE, ServerEventReader
from realm_jupyter.types import GenerationResponse, Timings, TokenEvent, TokenLogprob, Usage

if TYPE_CHECKING:
    from realm_jupyter.handle import GenerationHandle
    from realm_jupyter.protocol.sse import ServerEvent
    from realm_jupyter.types import FinishReason

__all__ = ["TextStream"]

_OK = 200
_KILO = 1000.0


class TextStream:
    """Reads the events of one text and feeds its handle.

    Parameters
    ----------
    response : httpx.Response
        Whose body is still to be read.
    handle : GenerationHandle
    model : str
        Of the request; the server's answer may know it better.
    seed : int
        Of the request.
    started_s : float
        When the request was made (`time.perf_counter`).
    """

    def __init__(
        self,
        response: httpx.Response,
        handle: GenerationHandle,
        *,
        model: str,
        seed: int,
        started_s: float,
    ) -> None:
        self._response = response
        self._handle = handle
        self._model = model
        self._seed = seed
        self._started_s = started_s
        self._first_s: float | None = None
        self._text: list[str] = []
        self._held = ""
        self._token_ids: list[int] = []
        self._logprobs: list[TokenLogprob] = []
        self._alternatives: list[tuple[TokenLogprob, ...]] = []
        self._last: ChatChunkChoice | CompletionChoice | None = None
        self._usage: Usage | None = None
        self._begun = asyncio.Event()

    async def begun(self) -> None:
        """Wait for the first event, which tells the prompt, or for the end."""
        await self._begun.wait()

    async def read(self) -> None:
        """Read to the end; whatever happens, the handle is told."""
        try:
            await self._read_events()
        except asyncio.CancelledError:
            self._handle.put(self._closing("cancelled"))
            self._handle.finish(self._result("cancelled"))
        except httpx.TransportError as error:
            text = "".join(self._text)
            where = str(self._response.url.copy_with(path="/")).rstrip("/")
            self._handle.fail(connection_error(error, where, partial_text=text))
        except APIConnectionError as error:
            error.partial_text = "".join(self._text)
            self._handle.fail(error)
        except Exception as error:  # noqa: BLE001 - whoever waits for the text is told
            self._handle.fail(error)
        finally:
            self._begun.set()
            # Closing the connection is what tells the server to stop.
            await asyncio.shield(self._response.aclose())

    async def _read_events(self) -> None:
        reader = ServerEventReader()
        async for data in self._response.aiter_bytes():
            for event in reader.feed(data):
                if event.data == DONE:
                    self._finish()
                    return
                self._take(event)
        raise APIConnectionError("the server ended the stream before the text was complete")

    def _finish(self) -> None:
        if self._last is None:
            raise APIError("the server's stream ended without a finish reason")
        reason = cast("FinishReason", self._last.finish_reason)
        self._handle.put(self._closing(reason))
        self._handle.finish(self._result(reason))

    def _take(self, event: ServerEvent) -> None:
        chunk = _parse(event.data, is_chat=self._response.url.path.endswith("/chat/completions"))
        self._model = chunk.model
        if chunk.usage is not None:
            self._usage = chunk.usage.to_usage()
        for choice in chunk.choices:
            if choice.prompt_token_ids is not None:
                self._handle.prompt_ids = tuple(choice.prompt_token_ids)
            else:
                self._take_choice(choice)
        self._begun.set()

    def _take_choice(self, choice: ChatChunkChoice | CompletionChoice) -> None:
        text = _text(choice)
        self._text.append(text)
        if choice.finish_reason is not None:
            self._last = choice
        if not choice.token_ids:
            # Text that a stop string had held back: it comes with the end.
            self._held += text
            return
        if self._first_s is None:
            self._first_s = time.perf_counter()
        logprob, alternatives = _logprobs(choice)
        self._handle.put(
            TokenEvent(
                text=text,
                token_id=choice.token_ids[0],
                index=len(self._token_ids),
                logprob=None if logprob is None else logprob.logprob,
                alternatives=alternatives,
                token_text="" if logprob is None else logprob.text,
            )
        )
        self._token_ids.append(choice.token_ids[0])
        if logprob is not None:
            self._logprobs.append(logprob)
            self._alternatives.append(alternatives)

    def _closing(self, reason: FinishReason) -> TokenEvent:
        return TokenEvent(
            text=self._held,
            token_id=-1,
            index=len(self._token_ids),
            finish_reason=reason,
        )

    def _result(self, reason: FinishReason) -> GenerationResponse:
        last = self._last
        return GenerationResponse(
            text="".join(self._text),
            token_ids=tuple(self._token_ids),
            finish_reason=reason,
            usage=self._usage or Usage(len(self._handle.prompt_ids), len(self._token_ids)),
            timings=self._timings(),
            seed=self._seed if last is None or last.seed is None else last.seed,
            model=self._model,
            logprobs=tuple(self._logprobs),
            alternatives=tuple(self._alternatives),
            prompt_ids=self._handle.prompt_ids,
        )

    def _timings(self) -> Timings:
        """Return the server's timings, or what was seen from here of a text that was cut."""
        if self._last is not None and self._last.timings is not None:
            return self._last.timings.to_timings()
        now_s = time.perf_counter()
        first_s = now_s if self._first_s is None else self._first_s
        decode_s = now_s - first_s
        num_decoded = max(len(self._token_ids) - 1, 0)
        return Timings(
            queue_ms=0.0,
            ttft_ms=(first_s - self._started_s) * _KILO,
            prefill_ms=0.0,
            decode_ms=decode_s * _KILO,
            total_ms=(now_s - self._started_s) * _KILO,
            tokens_per_second=num_decoded / decode_s if decode_s > 0 else 0.0,
        )


def _parse(data: str, *, is_chat: bool) -> ChatChunk | Completion:
    try:
        return (ChatChunk if is_chat else Completion).model_validate_json(data)
    except ValidationError as error:
        raise _stream_error(data) from error


def _stream_error(data: str) -> RealmError:
    """Return the error that an event of a stream stands for."""
    if '"error"' in data:
        return error_from(_OK, data)
    return APIError(f"the server's stream is not understood: {data[:200]}")


def _text(choice: ChatChunkChoice | CompletionChoice) -> str:
    return choice.delta.content or "" if isinstance(choice, ChatChunkChoice) else choice.text


def _logprobs(
    choice: ChatChunkChoice | CompletionChoice,
) -> tuple[TokenLogprob | None, tuple[TokenLogprob, ...]]:
    content = None if choice.logprobs is None else choice.logprobs.content
    if not content:
        return None, ()
    return content[0].to_logprob(), content[0].to_alternatives()
