/** Errors, with the codes of the Python package. Cancellation is a finish reason, not an error. */

/** Base of all errors of this package. */
export class RealmError extends Error {
  /** Stable name of the kind of error, the same as in Python. */
  readonly code: string = "realm_error";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An option that makes no sense, or a closed object that is used. */
export class ConfigError extends RealmError {
  override readonly code: string = "config_error";
}

/** A request that makes no sense. */
export class RequestError extends RealmError {
  override readonly code: string = "invalid_request";
}

/** Anything wrong with a model. */
export class ModelError extends RealmError {
  override readonly code: string = "model_error";
}

/** No model has this id, or there is no such file. */
export class ModelNotFoundError extends ModelError {
  override readonly code = "model_not_found";
}

/** A file that is no sound GGUF file. */
export class ModelFormatError extends ModelError {
  override readonly code: string = "model_format";
}

/** A sound file of an architecture that is not known. */
export class UnsupportedArchitectureError extends ModelFormatError {
  override readonly code = "unsupported_architecture";
}

/** A sound file with a quant type that is not known. */
export class UnsupportedQuantizationError extends ModelFormatError {
  override readonly code = "unsupported_quantization";
}

/** A file could not be fetched. */
export class ModelDownloadError extends ModelError {
  override readonly code = "model_download";
}

/** A model, or its cache, does not fit. */
export class ModelMemoryError extends ModelError {
  override readonly code = "model_memory";
}

/** Loading was given up; there is no partial model. */
export class LoadCancelledError extends ModelError {
  override readonly code = "load_cancelled";
}

/** Anything wrong with the guest. */
export class GuestError extends RealmError {
  override readonly code: string = "guest_error";
}

/** A WebAssembly file of the package is missing. */
export class GuestMissingError extends GuestError {
  override readonly code = "guest_missing";
}

/** The guest speaks another version of the interface. */
export class GuestAbiError extends GuestError {
  override readonly code = "guest_abi";
}

/** The guest trapped. */
export class GuestTrapError extends GuestError {
  override readonly code = "guest_trap";
  /** What the engine said, such as ``unreachable``. */
  readonly trapCode: string;
  /** The guest's backtrace, innermost frame first. */
  readonly frames: readonly string[];

  constructor(
    message: string,
    details: { trapCode?: string; frames?: readonly string[] } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.trapCode = details.trapCode ?? "";
    this.frames = details.frames ?? [];
  }
}

/** The guest met a limit, such as that of its memory. */
export class GuestLimitError extends GuestError {
  override readonly code = "guest_limit";
  readonly limit: string;

  constructor(message: string, limit: string, options?: ErrorOptions) {
    super(message, options);
    this.limit = limit;
  }
}

/** A KV cache that is used in the wrong way. */
export class KVCacheError extends RealmError {
  override readonly code = "kv_cache";
}

/** A generation failed. */
export class GenerationError extends RealmError {
  override readonly code: string = "generation_error";
}

/** An option of the sampler is out of its range. */
export class SamplingParamsError extends GenerationError {
  override readonly code = "sampling_params";
  /** Name of the option. */
  readonly field: string;

  constructor(message: string, field: string, options?: ErrorOptions) {
    super(message, options);
    this.field = field;
  }
}

/** A prompt does not fit the model's context. */
export class ContextLengthError extends GenerationError {
  override readonly code = "context_length";
}

/** A schema or grammar that cannot be used. */
export class GrammarError extends GenerationError {
  override readonly code = "grammar";
}

/** A chat template failed. */
export class ChatTemplateError extends GenerationError {
  override readonly code = "chat_template";
}

/** A prompt that cannot be made. */
export class PromptError extends GenerationError {
  override readonly code = "prompt";
}

/** A tenant has too many requests. */
export class TenantBusyError extends RealmError {
  override readonly code = "tenant_busy";
}

/** A limit of a tenant is met. */
export class TenantQuotaError extends RealmError {
  override readonly code = "tenant_quota";
}

/** The realm was disposed of. */
export class TenantClosedError extends RealmError {
  override readonly code = "tenant_closed";
}

/** Anything wrong between client and server. */
export class APIError extends RealmError {
  override readonly code: string = "api_error";
}

/** The server cannot be reached, or went away. */
export class APIConnectionError extends APIError {
  override readonly code = "api_connection";
  /** What had arrived of the answer. */
  readonly partialText: string;

  constructor(message: string, partialText = "", options?: ErrorOptions) {
    super(message, options);
    this.partialText = partialText;
  }
}

/** The server took too long. */
export class APITimeoutError extends APIError {
  override readonly code = "api_timeout";
  /** What had arrived of the answer. */
  readonly partialText: string;

  constructor(message: string, partialText = "", options?: ErrorOptions) {
    super(message, options);
    this.partialText = partialText;
  }
}

/** The server refused. */
export class APIStatusError extends APIError {
  override readonly code = "api_status";
  readonly status: number;
  readonly body: unknown;

  constructor(message: string, status: number, body: unknown, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.body = body;
  }
}
