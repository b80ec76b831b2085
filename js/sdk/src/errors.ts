/** Errors, with the codes of the Python package. Cancellation is a finish reason, not an error. */

/** Typed fields of an error, and its cause; see each class for its own. */
export interface ErrorDetails extends ErrorOptions {
  readonly [field: string]: unknown;
}

/** Base of all errors of this package. */
export class RealmError extends Error {
  /** Stable name of the kind of error, the same as in Python. */
  readonly code: string = "realm_error";

  constructor(message: string, details: ErrorDetails = {}) {
    const { cause, ...fields } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    Object.assign(this, fields);
  }
}

/** An option that makes no sense. */
export class ConfigError extends RealmError {
  override readonly code: string = "config_error";
  /** Name of the option. */
  declare readonly field?: string;
  /** What was given. */
  declare readonly value?: unknown;
  /** What is allowed, in words. */
  declare readonly allowed?: string;
}

/** A request that makes no sense. */
export class RequestError extends RealmError {
  override readonly code: string = "invalid_request";
  /** Where in the request. */
  declare readonly field?: string;
}

/** Anything wrong with a model. */
export class ModelError extends RealmError {
  override readonly code: string = "model_error";
}

/** No model has this id, or there is no such file. */
export class ModelNotFoundError extends ModelError {
  override readonly code = "model_not_found";
  /** What was asked for. */
  declare readonly model?: string;
  /** Names that are close to it. */
  declare readonly suggestions?: readonly string[];
}

/** A file that is no sound GGUF file. */
export class ModelFormatError extends ModelError {
  override readonly code: string = "model_format";
  /** Where in the file, when the place is known. */
  declare readonly offsetBytes?: number;
}

/** A sound file of an architecture that is not known. */
export class UnsupportedArchitectureError extends ModelFormatError {
  override readonly code = "unsupported_architecture";
  declare readonly architecture?: string;
  declare readonly supported?: readonly string[];
}

/** A sound file with a quant type that is not known. */
export class UnsupportedQuantizationError extends ModelFormatError {
  override readonly code = "unsupported_quantization";
  declare readonly quantType?: string;
  declare readonly tensor?: string;
  declare readonly supported?: readonly string[];
}

/** A file could not be fetched. */
export class ModelDownloadError extends ModelError {
  override readonly code = "model_download";
  declare readonly url?: string;
  /** What the server answered, where it did. */
  declare readonly status?: number;
}

/** A file's bytes are not the ones that were promised. */
export class ChecksumError extends ModelError {
  override readonly code = "checksum";
}

/** A model, or its cache, does not fit. */
export class ModelMemoryError extends ModelError {
  override readonly code = "model_memory";
  declare readonly requiredBytes?: number;
  declare readonly availableBytes?: number;
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

/** The source of a guest does not compile (on a server). */
export class GuestCompileError extends GuestError {
  override readonly code = "guest_compile";
  declare readonly diagnostics?: readonly string[];
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
    options?: ErrorDetails,
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

  constructor(message: string, limit: string, options?: ErrorDetails) {
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
  /** What was given. */
  declare readonly value?: unknown;
  /** What is allowed, in words. */
  declare readonly allowed?: string;

  constructor(message: string, field: string, options?: ErrorDetails) {
    super(message, options);
    this.field = field;
  }
}

/** A prompt does not fit the model's context. */
export class ContextLengthError extends GenerationError {
  override readonly code = "context_length";
  declare readonly numTokens?: number;
  declare readonly contextLength?: number;
}

/** A schema or grammar that cannot be used. */
export class GrammarError extends GenerationError {
  override readonly code = "grammar";
  /** Which option asked for it. */
  declare readonly field?: string;
}

/** A chat template failed. */
export class ChatTemplateError extends GenerationError {
  override readonly code = "chat_template";
}

/** A prompt that cannot be made. */
export class PromptError extends GenerationError {
  override readonly code = "prompt";
}

/** Anything wrong with a tenant: who may use models, and how much. */
export class TenantError extends RealmError {
  override readonly code: string = "tenant_error";
}

/** No such tenant. */
export class TenantNotFoundError extends TenantError {
  override readonly code = "tenant_not_found";
}

/** A tenant has too many requests. */
export class TenantBusyError extends TenantError {
  override readonly code = "tenant_busy";
}

/** A limit of a tenant is met. */
export class TenantQuotaError extends TenantError {
  override readonly code = "tenant_quota";
  /** Which limit. */
  declare readonly quota?: string;
  /** Seconds until the same request fits; 0 where waiting alone does not help. */
  declare readonly retryAfterS?: number;
}

/** The realm was disposed of. */
export class TenantClosedError extends TenantError {
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

  constructor(message: string, partialText = "", options?: ErrorDetails) {
    super(message, options);
    this.partialText = partialText;
  }
}

/** The server took too long. */
export class APITimeoutError extends APIError {
  override readonly code = "api_timeout";
  /** What had arrived of the answer. */
  readonly partialText: string;

  constructor(message: string, partialText = "", options?: ErrorDetails) {
    super(message, options);
    this.partialText = partialText;
  }
}

/** The server refused. */
export class APIStatusError extends APIError {
  override readonly code = "api_status";
  readonly status: number;
  readonly body: unknown;

  constructor(message: string, status: number, body: unknown, options?: ErrorDetails) {
    super(message, options);
    this.status = status;
    this.body = body;
  }
}
