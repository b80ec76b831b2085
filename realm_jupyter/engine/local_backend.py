"""The `Backend` of one tenant over an `Engine` in this process."""

from __future__ import annotations

import secrets
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from realm_jupyter.engine.admission import Request
from realm_jupyter.engine.constraints import create_constraint
from realm_jupyter.engine.embedding import embed
from realm_jupyter.engine.generation import Generation
from realm_jupyter.engine.guest_thread import GuestHost, run_in_thread
from realm_jupyter.engine.loaded_model import token_text
from realm_jupyter.engine.shortlist import num_largest_logits
from realm_jupyter.engine.tenant import Tenant
from realm_jupyter.engine.timeline import Timeline
from realm_jupyter.engine.token_texts import TokenTexts
from realm_jupyter.engine.transcript import Transcript
from realm_jupyter.errors import (
    ChatTemplateError,
    ContextLengthError,
    GrammarError,
    ModelNotFoundError,
    PromptError,
    RealmError,
    SamplingParamsError,
)
from realm_jupyter.handle import GenerationHandle
from realm_jupyter.models.chat_template import render_chat
from realm_jupyter.sandbox import encode_config
from realm_jupyter.types import ChatMessage, EmbeddingResponse, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from realm_jupyter.backend import GenerationRequest
    from realm_jupyter.engine.constraints import Constraint
    from realm_jupyter.engine.engine import Engine
    from realm_jupyter.engine.loaded_model import LoadedModel
    from realm_jupyter.limits import TenantLimits
    from realm_jupyter.sandbox import GuestInstance, GuestModule
    from realm_jupyter.stats import TenantStats
    from realm_jupyter.types import CancelToken, LoadProgress, ModelInfo

__all__ = ["LocalBackend"]

# Seeds are drawn from 32 bits: short enough to read aloud, enough to never meet twice.
_SEED_BITS = 32


class LocalBackend:
    """Models of an engine, generations of one tenant.

    Parameters
    ----------
    engine : Engine
        Shared with the other tenants of a registry.
    owns_engine : bool
        Whether closing the tenant closes the engine too.
    guest : GuestModule, optional
        A guest of the user's own.
    limits : TenantLimits, optional
    name : str, optional
        Of the tenant, for people.
    share_prefixes : bool
        Whether the tenant finds kept prefixes of others who opted in, and they its own.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        owns_engine: bool,
        guest: GuestModule | None = None,
        limits: TenantLimits | None = None,
        name: str | None = None,
        share_prefixes: bool = False,
    ) -> None:
        self.engine = engine
        self.tenant = Tenant(guest, limits, name=name, shares_prefixes=share_prefixes)
        self._owns_engine = owns_engine
        engine.add_tenant(self.tenant)
        # A Realm that was forgotten instead of closed gives its sequences back too.
        self._finalizer = weakref.finalize(self, self.tenant.close, wait=False)
        self._finalizer.atexit = False

    def with_guest(self, guest: GuestModule) -> LocalBackend:
        """Return another tenant of the same engine: with this guest, limits as here."""
        return LocalBackend(
            self.engine,
            owns_engine=False,
            guest=guest,
            limits=self.tenant.limits,
            share_prefixes=self.tenant.shares_prefixes,
        )

    # -- models --------------------------------------------------------------------

    def load_model(
        self,
        source: str | PathLike[str] | bytes | bytearray | memoryview,
        model_id: str | None,
        *,
        device: str,
        executor: str,
        kv_type: str,
        prefix_cache_bytes: int | None,
        on_progress: Callable[[LoadProgress], None] | None,
        cancel: CancelToken | None,
    ) -> ModelInfo:
        """Load a model and make it current."""
        self.tenant.check_open()
        return self.engine.load(
            source,
            model_id,
            device=device,
            executor=executor,
            kv_type=kv_type,
            prefix_cache_bytes=prefix_cache_bytes,
            on_progress=on_progress,
            cancel=cancel,
        )

    def unload_model(self, model_id: str) -> int:
        """Unload a model and return the bytes freed."""
        return self.engine.unload(model_id)

    def use_model(self, model_id: str) -> None:
        """Make a loaded model the current one."""
        self.engine.use(model_id)

    def models(self) -> list[ModelInfo]:
        """Return the loaded models in the order of loading."""
        return self.engine.infos()

    def model_ids(self) -> list[str]:
        """Return the ids of the loaded models in the order of loading."""
        return self.engine.ids()

    def model_info(self, model_id: str, *, digest: bool) -> ModelInfo:
        """Return what is known of a loaded model; with ``digest`` its file is hashed."""
        if digest:
            self.engine.get(model_id).sha256()
        return self.engine.info(model_id)

    @property
    def current_model(self) -> str | None:
        """Id of the model that requests go to by default."""
        return self.engine.current_model

    # -- the tenant ----------------------------------------------------------------

    @property
    def limits(self) -> TenantLimits:
        """What the tenant may use."""
        return self.tenant.limits

    @limits.setter
    def limits(self, limits: TenantLimits) -> None:
        self.tenant.limits = limits

    @property
    def share_prefixes(self) -> bool:
        """Whether requests to come look for prefixes of others who opted in."""
        return self.tenant.shares_prefixes

    @share_prefixes.setter
    def share_prefixes(self, share_prefixes: bool) -> None:
        self.tenant.shares_prefixes = share_prefixes

    def stats(self) -> TenantStats:
        """Return what the tenant did and holds."""
        return self.engine.tenant_stats(self.tenant)

    # -- text ----------------------------------------------------------------------

    def tokenize(
        self, model_id: str, text: str, *, add_special: bool, parse_special: bool
    ) -> list[int]:
        """Return the token ids of a text."""
        instance = self.tenant.instance(self.engine.get(model_id))
        ids = instance.tokenize(_utf8(text), add_special=add_special, parse_special=parse_special)
        return [int(token_id) for token_id in ids]

    def detokenize(self, model_id: str, token_ids: list[int], *, render_special: bool) -> str:
        """Return the text of token ids; incomplete characters become U+FFFD."""
        loaded = self.engine.get(model_id)
        _check_ids(token_ids, loaded.model.vocab_size)
        data = self.tenant.instance(loaded).detokenize(
            token_ids, strip_space=True, render_special=render_special
        )
        return data.decode("utf-8", errors="replace")

    def embed(
        self, model_id: str, texts: Sequence[str | Sequence[int]], cancel: CancelToken | None
    ) -> EmbeddingResponse:
        """Return the embeddings of texts, or of token ids.

        Text is tokenized with BOS and EOS as the vocabulary says.
        """
        self.tenant.check_open()
        loaded = self.engine.get(model_id)
        model_id = self.engine.resolve(model_id)
        instance = self.tenant.instance(loaded)
        prompts = [
            instance.tokenize(_utf8(text), add_special=True, parse_special=False)
            if isinstance(text, str)
            else _token_array(text, loaded.model.vocab_size)
            for text in texts
        ]
        for ids in prompts:
            _check_length(ids, loaded, model_id)
        num_tokens = sum(map(len, prompts))
        self.tenant.meter.admit(num_tokens)
        vectors = np.empty((len(prompts), loaded.model.embedding_length), np.float32)
        for vector, ids in zip(vectors, prompts, strict=True):
            if cancel is not None and cancel.is_cancelled:
                raise PromptError("the embeddings were cancelled")
            self.tenant.check_open()
            vector[:] = embed(loaded, ids)
        self.tenant.meter.embedded()
        return EmbeddingResponse(vectors, Usage(num_tokens, 0), model_id)

    def prepare(self, model_id: str) -> None:
        """Make the tenant's instance for a model now rather than at the first request."""
        self.tenant.instance(self.engine.get(model_id))

    # -- generations ---------------------------------------------------------------

    def start(self, request: GenerationRequest) -> GenerationHandle:
        """Start a generation; errors of the request itself are raised here."""
        self.tenant.check_open()
        self.tenant.check_room()
        timeline = Timeline()
        loaded = self.engine.get(request.model)
        instance = self.tenant.instance(loaded)
        prompt_ids = self._prompt_ids(loaded, instance, request)
        config = request.config
        for token_id in config.logit_bias:
            if token_id >= loaded.model.vocab_size:
                raise SamplingParamsError(
                    "logit_bias",
                    {token_id: config.logit_bias[token_id]},
                    f"a mapping of token ids below {loaded.model.vocab_size}",
                )
        if config.form_field is not None and self.tenant.guest is not None:
            raise GrammarError(
                f"{config.form_field} needs the shipped guest, and this realm has its own",
                field=config.form_field,
            )
        constraint = create_constraint(loaded, config)
        room = loaded.model.context_length - len(prompt_ids)
        max_tokens = min(config.max_tokens, room)
        seed = secrets.randbits(_SEED_BITS) if config.seed is None else config.seed
        handle = GenerationHandle(tuple(prompt_ids.tolist()))
        handle.on_cancel(loaded.scheduler.wake)
        handle.on_room(loaded.scheduler.wake)
        transcript = Transcript(
            handle,
            timeline,
            self.tenant.meter,
            model_id=self.engine.resolve(request.model),
            seed=seed,
        )
        if max_tokens == 0:
            self.tenant.meter.admit(len(prompt_ids))
            transcript.close("length", announce=True)
            return handle
        data = encode_config(config, prompt_ids, seed=seed, max_tokens=max_tokens)
        if self.tenant.guest is None:
            token_texts = None if config.logprobs is None else TokenTexts(instance)
            self._start_lane(
                loaded,
                instance,
                data,
                prompt_ids=prompt_ids,
                transcript=transcript,
                token_texts=token_texts,
                constraint=constraint,
                num_largest=num_largest_logits(loaded, config),
            )
        else:
            self._start_thread(loaded, self.tenant.guest, data, prompt_ids, transcript)
        return handle

    def _start_lane(
        self,
        loaded: LoadedModel,
        instance: GuestInstance,
        data: bytes,
        *,
        prompt_ids: np.ndarray,
        transcript: Transcript,
        token_texts: TokenTexts | None,
        constraint: Constraint | None,
        num_largest: int,
    ) -> None:
        tenant, handle = self.tenant, transcript.handle
        generation = Generation(
            tenant,
            instance,
            guest_handle=instance.generate_begin(data),
            share=tenant.share_of(loaded),
            cache=loaded.executor.new_cache(tenant.kv_budget),
            prefix=tenant.prefix(loaded),
            prompt_ids=prompt_ids,
            transcript=transcript,
            token_texts=token_texts,
            constraint=constraint,
            num_largest=num_largest,
        )
        refused: list[RealmError] = []

        def start() -> None:
            try:
                loaded.scheduler.submit(generation)
            except RuntimeError:
                refused.append(ModelNotFoundError("the model was unloaded before the request ran"))
            except RealmError as error:
                refused.append(error)
            if refused:
                generation.fail(refused[0])

        handle.on_cancel(partial(tenant.withdraw, generation))
        try:
            tenant.enter(generation, Request(loaded, start, handle.cancel), len(prompt_ids))
        except RealmError as error:
            generation.fail(error)
            raise
        # What is refused later, after it waited, is raised by the handle.
        if refused:
            raise refused[0]

    def _start_thread(
        self,
        loaded: LoadedModel,
        guest: GuestModule,
        data: bytes,
        prompt_ids: np.ndarray,
        transcript: Transcript,
    ) -> None:
        tenant, handle = self.tenant, transcript.handle
        host = GuestHost(tenant, loaded, transcript)
        instance = loaded.guests.instance(guest, host, tenant.guest_limits)

        def start() -> None:
            run_in_thread(tenant, instance, host, data, prompt_ids)

        handle.on_cancel(lambda: host.interrupt(instance))
        handle.on_cancel(partial(tenant.withdraw, host))
        try:
            tenant.enter(host, Request(loaded, start, handle.cancel), len(prompt_ids))
        except RealmError:
            host.finish()
            instance.close()
            raise

    def _prompt_ids(
        self, loaded: LoadedModel, instance: GuestInstance, request: GenerationRequest
    ) -> np.ndarray:
        if request.token_ids is not None:
            ids = _token_array(request.token_ids, loaded.model.vocab_size)
        elif request.messages is not None or (
            not request.raw and loaded.model.chat_template is not None
        ):
            text = self._render(loaded, request)
            ids = instance.tokenize(text, add_special=False, parse_special=True)
        else:
            if request.system is not None:
                raise PromptError(
                    "a system prompt needs a chat template: "
                    + ("drop raw" if request.raw else f"{request.model!r} has none")
                )
            text = _utf8(request.text or "")
            ids = instance.tokenize(text, add_special=True, parse_special=request.raw)
        _check_length(ids, loaded, request.model)
        return ids

    def _render(self, loaded: LoadedModel, request: GenerationRequest) -> bytes:
        model = loaded.model
        if model.chat_template is None:
            raise ChatTemplateError(
                f"the model {request.model!r} has no chat template; complete plain text with "
                "generate(prompt, raw=True)"
            )
        messages = request.messages
        if messages is None:
            system = () if request.system is None else (ChatMessage("system", request.system),)
            messages = (*system, ChatMessage("user", request.text or ""))
        # Templates ask whether there are tools, so that none must not be an empty list.
        variables: dict[str, Any] = {}
        if request.tools:
            variables["tools"] = [dict(tool) for tool in request.tools]
        return render_chat(
            model.chat_template,
            messages,
            bos_token=token_text(model, model.vocabulary.bos_id),
            eos_token=token_text(model, model.vocabulary.eos_id),
            control_tokens=tuple(model.vocabulary.control_tokens()),
            trusted=loaded.is_trusted,
            **variables,
        )

    # -- the end -------------------------------------------------------------------

    def close(self) -> None:
        """End the tenant: its generations are cancelled, everything it owns is returned."""
        self.tenant.close()
        if self._owns_engine:
            self.engine.close()


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise PromptError(
            f"the text holds a lone surrogate at position {error.start}, which is no "
            "character; encode it properly first"
        ) from error


def _token_array(token_ids: Sequence[int], vocab_size: int) -> np.ndarray:
    _check_ids(list(token_ids), vocab_size)
    return np.array(token_ids, dtype=np.int32)


def _check_length(ids: np.ndarray, loaded: LoadedModel, model_id: str) -> None:
    if len(ids) == 0:
        raise PromptError("the prompt is empty: give some text to go on from")
    context_length = loaded.model.context_length
    if len(ids) > context_length:
        raise ContextLengthError(
            f"the prompt has {len(ids)} tokens, but the context of {model_id!r} "
            f"holds {context_length}; shorten it or use a model with a longer context",
            num_tokens=len(ids),
            context_length=context_length,
        )


def _check_ids(token_ids: list[int], vocab_size: int) -> None:
    for token_id in token_ids:
        is_whole = isinstance(token_id, (int, np.integer)) and not isinstance(token_id, bool)
        if not is_whole or not 0 <= token_id < vocab_size:
            raise PromptError(
                f"{token_id!r} is no token id of this model: ids are whole numbers from 0 "
                f"to {vocab_size - 1}"
            )
