"""Every error this package raises on purpose.

::

    RealmError
    ├ ConfigError(ValueError)                 field, value, allowed
    ├ RequestError(ValueError)                field
    ├ ModelError
    │ ├ ModelNotFoundError(LookupError)       name, suggestions
    │ ├ ModelFormatError(ValueError)          path, offset_bytes
    │ │ ├ UnsupportedArchitectureError        architecture, supported
    │ │ └ UnsupportedQuantizationError        quant_type, supported
    │ ├ ModelDownloadError(OSError)           url
    │ ├ ChecksumError                         path, expected, found
    │ └ ModelMemoryError(MemoryError)         required_bytes, available_bytes
    ├ GuestError
    │ ├ GuestMissingError                     path
    │ ├ GuestAbiError                         expected, found
    │ ├ GuestCompileError                     diagnostics
    │ ├ GuestTrapError                        trap_code, frames
    │ └ GuestLimitError                       limit (memory | fuel | deadline | stack | interrupt)
    ├ KVCacheError(ValueError)
    ├ GenerationError
    │ ├ SamplingParamsError(ValueError)       field, value, allowed
    │ ├ ContextLengthError(ValueError)        num_tokens, context_length
    │ ├ GrammarError(ValueError)              field
    │ ├ ChatTemplateError
    │ └ PromptError
    ├ TenantError
    │ ├ TenantNotFoundError(LookupError)      tenant
    │ ├ TenantClosedError                     tenant
    │ ├ TenantBusyError                       tenant
    │ └ TenantQuotaError                      tenant, quota, retry_after_s
    ├ APIError
    │ ├ APIConnectionError(ConnectionError)   partial_text
    │ ├ APITimeoutError(TimeoutError)         partial_text
    │ └ APIStatusError                        status, body
    └ MagicError                              one line in the notebook

Every class has a stable ``code``. Cancellation is a ``finish_reason``, not an
error; only a cancelled *load* raises, as `LoadCancelledError` below `ModelError`,
because there is no partial model to return.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "ChatTemplateError",
    "ChecksumError",
    "ConfigError",
    "ContextLengthError",
    "GenerationError",
    "GrammarError",
    "GuestAbiError",
    "GuestCompileError",
    "GuestError",
    "GuestLimitError",
    "GuestMissingError",
    "GuestTrapError",
    "KVCacheError",
    "LoadCancelledError",
    "MagicError",
    "ModelDownloadError",
    "ModelError",
    "ModelFormatError",
    "ModelMemoryError",
    "ModelNotFoundError",
    "PromptError",
    "RealmError",
    "RequestError",
    "SamplingParamsError",
    "TenantBusyError",
    "TenantClosedError",
    "TenantError",
    "TenantNotFoundError",
    "TenantQuotaError",
    "UnsupportedArchitectureError",
    "UnsupportedQuantizationError",
]


class RealmError(Exception):
    """Base of every error that this package raises on purpose."""

    code: ClassVar[str] = "realm_error"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what the error says, not how it was made: it may cross processes."""
        return type(self).restored, (self.args, vars(self))

    @classmethod
    def restored(cls, args: tuple[object, ...], fields: Mapping[str, object]) -> Self:
        """Return an error of this class with the text and the fields of another one.

        Parameters
        ----------
        args : tuple
            Its message.
        fields : mapping of str to object
            Its attributes.
        """
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        needed = [item.name for item in parameters if item.default is item.empty]
        # Called, not made by `__new__`, which a class with MemoryError among its bases refuses.
        error = cls(**dict.fromkeys(set(needed) - {"args", "kwargs"}, ""))
        error.args = args
        vars(error).clear()
        vars(error).update(fields)
        return error


class ConfigError(RealmError, ValueError):
    """A setting is wrong.

    Parameters
    ----------
    message : str
        What was wrong and what to do.
    field : str
        Name of the setting.
    value : object
        What was given.
    allowed : str
        What is allowed.
    """

    code = "config_error"

    def __init__(
        self, message: str, *, field: str = "", value: object = None, allowed: str = ""
    ) -> None:
        super().__init__(message)
        self.field = field
        self.value = value
        self.allowed = allowed

    @classmethod
    def not_allowed(cls, field: str, value: object, allowed: str) -> ConfigError:
        """Return the error for a value that is out of its range.

        Examples
        --------
        >>> print(ConfigError.not_allowed("priority", 1000, "a whole number from -100 to 100"))
        priority=1000 is not allowed: it must be a whole number from -100 to 100
        """
        return cls(
            f"{field}={value!r} is not allowed: it must be {allowed}",
            field=field,
            value=value,
            allowed=allowed,
        )


class RequestError(RealmError, ValueError):
    """A message to a server is malformed; ``field`` says where, when that is known."""

    code = "invalid_request"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class ModelError(RealmError):
    """Base of errors about models and their files."""

    code = "model_error"


class ModelNotFoundError(ModelError, LookupError):
    """No model has this name or path."""

    code = "model_not_found"

    def __init__(self, message: str, *, name: str = "", suggestions: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.suggestions = tuple(suggestions)


class ModelFormatError(ModelError, ValueError):
    """A model file is damaged, hostile or not a model file.

    Parameters
    ----------
    message : str
        What was wrong.
    path : path-like
        The file.
    offset_bytes : int, optional
        Where in the file, when the place is known.
    """

    code = "model_format"

    def __init__(
        self,
        message: str,
        *,
        path: str | PathLike[str] | None = None,
        offset_bytes: int | None = None,
    ) -> None:
        where = "" if path is None else f"{path}: "
        at = "" if offset_bytes is None else f" (at byte {offset_bytes})"
        super().__init__(f"{where}{message}{at}")
        self.path = path
        self.offset_bytes = offset_bytes


class UnsupportedArchitectureError(ModelFormatError):
    """The file is sound, but its architecture has no graph here."""

    code = "unsupported_architecture"

    def __init__(
        self,
        architecture: str,
        supported: Sequence[str],
        *,
        path: str | PathLike[str] | None = None,
    ) -> None:
        names = ", ".join(sorted(supported))
        super().__init__(
            f"the architecture {architecture!r} is not supported; supported are {names}",
            path=path,
        )
        self.architecture = architecture
        self.supported = tuple(supported)


class UnsupportedQuantizationError(ModelFormatError):
    """The file is sound, but a tensor has a quant type that is not supported."""

    code = "unsupported_quantization"

    def __init__(
        self,
        quant_type: str,
        supported: Sequence[str],
        *,
        tensor: str = "",
        path: str | PathLike[str] | None = None,
    ) -> None:
        names = ", ".join(supported)
        where = f" of tensor {tensor!r}" if tensor else ""
        super().__init__(
            f"the quant type {quant_type}{where} is not supported; supported are {names}",
            path=path,
        )
        self.quant_type = quant_type
        self.supported = tuple(supported)
        self.tensor = tensor


class ModelDownloadError(ModelError, OSError):
    """A model file could not be downloaded."""

    code = "model_download"

    def __init__(self, message: str, *, url: str = "") -> None:
        super().__init__(message)
        self.url = url


class ChecksumError(ModelError):
    """A file's bytes are not the ones that were promised."""

    code = "checksum"

    def __init__(
        self,
        message: str,
        *,
        path: str | PathLike[str] | None = None,
        expected: str = "",
        found: str = "",
    ) -> None:
        super().__init__(message)
        self.path = path
        self.expected = expected
        self.found = found


class ModelMemoryError(ModelError, MemoryError):
    """The model would not fit in memory; nothing was loaded.

    Parameters
    ----------
    message : str
        What was wrong.
    required_bytes, available_bytes : int
        Bytes that loading needs and bytes that the device has left.
    """

    code = "model_memory"

    def __init__(self, message: str, *, required_bytes: int = 0, available_bytes: int = 0) -> None:
        super().__init__(message)
        self.required_bytes = required_bytes
        self.available_bytes = available_bytes


class LoadCancelledError(ModelError):
    """Loading was cancelled by its ``CancelToken``; nothing stays loaded."""

    code = "load_cancelled"


class GuestError(RealmError):
    """Base of errors in the sandboxed WebAssembly guest."""

    code = "guest_error"


class GuestMissingError(GuestError):
    """The guest's ``.wasm`` file is not there; the message says how to build it."""

    code = "guest_missing"

    def __init__(self, message: str, *, path: str | PathLike[str] | None = None) -> None:
        super().__init__(message)
        self.path = path


class GuestAbiError(GuestError):
    """The guest does not speak this ABI: a wrong version, import or export."""

    code = "guest_abi"

    def __init__(self, message: str, *, expected: str = "", found: str = "") -> None:
        super().__init__(message)
        self.expected = expected
        self.found = found


class GuestCompileError(GuestError):
    """A guest's source does not compile, or there is no compiler.

    Parameters
    ----------
    message : str
        What happened; the compiler's words below the first line.
    diagnostics : sequence of str
        Lines of the compiler.
    """

    code = "guest_compile"

    def __init__(self, message: str, *, diagnostics: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.diagnostics = tuple(diagnostics)


class GuestTrapError(GuestError):
    """The guest trapped; its instance was replaced.

    Parameters
    ----------
    message : str
        What happened.
    trap_code : str
        Name of the WebAssembly trap, such as ``"unreachable"``.
    frames : sequence of str
        The guest's backtrace, innermost first.
    """

    code = "guest_trap"

    def __init__(self, message: str, *, trap_code: str = "", frames: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.trap_code = trap_code
        self.frames = tuple(frames)


class GuestLimitError(GuestError):
    """The guest ran into one of its limits; its instance was replaced.

    Parameters
    ----------
    message : str
        What happened.
    limit : {"memory", "fuel", "deadline", "stack", "interrupt"}
        Which limit; "interrupt" when the host ended the call from another thread.
    """

    code = "guest_limit"

    def __init__(self, message: str, *, limit: str) -> None:
        super().__init__(message)
        self.limit = limit


class KVCacheError(RealmError, ValueError):
    """A KV cache was used after it was freed, or cut to a length that it does not have."""

    code = "kv_cache"


class GenerationError(RealmError):
    """Base of errors about one request for text."""

    code = "generation_error"


class SamplingParamsError(GenerationError, ValueError):
    """A sampling parameter is out of its range."""

    code = "sampling_params"

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field}={value!r} is not allowed: {field} must be {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


class ContextLengthError(GenerationError, ValueError):
    """The prompt is longer than the model's context."""

    code = "context_length"

    def __init__(self, message: str, *, num_tokens: int = 0, context_length: int = 0) -> None:
        super().__init__(message)
        self.num_tokens = num_tokens
        self.context_length = context_length


class GrammarError(GenerationError, ValueError):
    """A JSON schema or a grammar is wrong, unsupported, too large or too complex.

    Parameters
    ----------
    message : str
        What was wrong.
    field : {"json_schema", "json_object", "grammar"}
        Which field of the request asked for it.
    """

    code = "grammar"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class ChatTemplateError(GenerationError):
    """The chat template is missing, wrong, refuses the messages or broke a limit."""

    code = "chat_template"


class PromptError(GenerationError):
    """The prompt is not something that can be completed."""

    code = "prompt"


class TenantError(RealmError):
    """Base of errors about tenants."""

    code = "tenant_error"

    def __init__(self, message: str, *, tenant: str = "") -> None:
        super().__init__(message)
        self.tenant = tenant


class TenantNotFoundError(TenantError, LookupError):
    """No such tenant, or a handle that belongs to none."""

    code = "tenant_not_found"


class TenantClosedError(TenantError):
    """The tenant was closed."""

    code = "tenant_closed"


class TenantBusyError(TenantError):
    """The queue of the tenant, or of the model, is full; nothing was run."""

    code = "tenant_busy"


class TenantQuotaError(TenantError):
    """The tenant used up a quota.

    Parameters
    ----------
    message : str
        What happened.
    tenant : str
    quota : {"tokens_per_minute", "kv_bytes"}
        Which field of `TenantLimits`.
    retry_after_s : float
        Seconds until the same request fits; 0 where waiting alone does not help.
    """

    code = "tenant_quota"

    def __init__(
        self, message: str, *, tenant: str = "", quota: str = "", retry_after_s: float = 0.0
    ) -> None:
        super().__init__(message, tenant=tenant)
        self.quota = quota
        self.retry_after_s = retry_after_s


class APIError(RealmError):
    """Base of errors of the HTTP client."""

    code = "api_error"


class APIConnectionError(APIError, ConnectionError):
    """The server could not be reached or went away; ``partial_text`` is what came before."""

    code = "api_connection"

    def __init__(self, message: str, *, partial_text: str = "") -> None:
        super().__init__(message)
        self.partial_text = partial_text


class APITimeoutError(APIError, TimeoutError):
    """The server said nothing for too long; ``partial_text`` is what came before."""

    code = "api_timeout"

    def __init__(self, message: str, *, partial_text: str = "") -> None:
        super().__init__(message)
        self.partial_text = partial_text


class APIStatusError(APIError):
    """The server answered with an error that has no class of its own here."""

    code = "api_status"

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        body: object = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = body
        self.retry_after_s = retry_after_s


class MagicError(RealmError):
    """A magic was used wrongly; shown in the notebook as one red line."""

    code = "magic"

    def _render_traceback_(self, *_args: Any) -> list[str]:
        """Return the single line that IPython shows instead of a traceback."""
        return [f"\x1b[31m{self}\x1b[0m"]
