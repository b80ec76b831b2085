/** One sandboxed guest: a linear memory and the calls into it. */

import {
  GuestAbiError,
  GuestError,
  GuestLimitError,
  ModelFormatError,
  RealmError,
} from "../errors.js";
import {
  ADD_SPECIAL,
  DENSE,
  type FunctionName,
  type GuestExports,
  PARSE_SPECIAL,
  RENDER_SPECIAL,
  STRIP_SPACE,
  Status,
  statusError,
} from "./abi.js";
import { callFault } from "./call_fault.js";
import { type GuestEvent, parseEvent, strictText } from "./event.js";

const PAGE_BYTES = 65536;
const MIN_BUFFER_BYTES = 4096;
const KEPT_BUFFER_BYTES = 64 << 10;

export interface GuestLimits {
  /** Most bytes of an instance's memory. */
  memoryBytes: number;
}

/** A guest, and the state of the host's side of it. Every pointer of the guest is checked. */
export class GuestInstance {
  readonly #limits: GuestLimits;
  #exports: GuestExports | null;
  #fault = "";
  #bufferPointer = 0;
  #bufferBytes = 0;
  #logitsPointer = 0;
  #numLogits = 0;

  constructor(exports: GuestExports, limits: GuestLimits) {
    this.#exports = exports;
    this.#limits = limits;
  }

  /** Whether it trapped or ran into a limit, and is of no more use. */
  get isBroken(): boolean {
    return this.#fault !== "";
  }

  /** Size of its memory; 0 after `close`. */
  get memoryBytes(): number {
    return this.#exports?.memory.buffer.byteLength ?? 0;
  }

  /** Run the constructors of globals, once. */
  initialize(): void {
    const { _initialize } = this.#live();
    if (_initialize !== undefined) {
      this.#guarded("_initialize", _initialize);
    }
  }

  version(): number {
    return this.#call("realm_abi_version");
  }

  // ---- Text and token ids ----

  /**
   * Give the guest its vocabulary, laid out as `realm_vocab`.
   *
   * Its copy of the bytes is overwritten with zeros and freed.
   */
  loadVocabulary(blob: Uint8Array): void {
    const status = this.#exchange(blob, (pointer) => {
      const result = this.#call("realm_vocab_load", pointer, blob.byteLength);
      this.#bytes(pointer, blob.byteLength).fill(0);
      return result;
    });
    this.#freeBuffer();
    if (status === Status.ERROR_VOCAB) {
      throw new ModelFormatError("the guest refused the model's vocabulary: it is malformed");
    }
    checked(status, "realm_vocab_load");
  }

  /** Its memory, from which instances can begin that know the same vocabulary. */
  snapshot(): Uint8Array {
    return new Uint8Array(this.#live().memory.buffer).slice();
  }

  /** Begin, or begin again, with the memory of another instance of the same guest. */
  adopt(memory: Uint8Array): void {
    const own = this.#live().memory;
    this.#bufferBytes = 0;
    this.#numLogits = 0;
    const missing = memory.byteLength - own.buffer.byteLength;
    if (missing > 0) {
      own.grow(Math.ceil(missing / PAGE_BYTES));
    }
    new Uint8Array(own.buffer).set(memory);
  }

  /** Have room for the logits of so many tokens before they come. */
  reserveLogits(numTokens: number): void {
    this.#logits(numTokens);
  }

  /**
   * Turn text into token ids.
   *
   * @param text - UTF-8; the byte 0xFF is dropped, and no control token is recognised across it.
   */
  tokenize(
    text: Uint8Array,
    { addSpecial, parseSpecial }: { addSpecial: boolean; parseSpecial: boolean },
  ): Int32Array {
    const flags = (addSpecial ? ADD_SPECIAL : 0) | (parseSpecial ? PARSE_SPECIAL : 0);
    const bytes = this.#exchange(text, (pointer) =>
      this.#span("realm_tokenize", this.#call("realm_tokenize", pointer, text.byteLength, flags)),
    );
    if (bytes.byteLength % 4 !== 0) {
      throw new GuestAbiError(`the guest's realm_tokenize returned ${bytes.byteLength} bytes`);
    }
    return new Int32Array(bytes.buffer);
  }

  /** Turn token ids into UTF-8, incomplete at the ends where the ids are. */
  detokenize(tokenIds: Int32Array, { stripSpace = false, renderSpecial = false } = {}): Uint8Array {
    const flags = (stripSpace ? STRIP_SPACE : 0) | (renderSpecial ? RENDER_SPECIAL : 0);
    const { buffer, byteOffset, byteLength, length } = tokenIds;
    return this.#exchange(new Uint8Array(buffer, byteOffset, byteLength), (pointer) =>
      this.#span("realm_detokenize", this.#call("realm_detokenize", pointer, length, flags)),
    );
  }

  // ---- Generations ----

  /** Start a generation with bytes of `encodeConfig` and give its handle. */
  generateBegin(config: Uint8Array): number {
    const result = this.#exchange(config, (pointer) =>
      this.#call("realm_generate_begin", pointer, config.byteLength),
    );
    return checked(result, "realm_generate_begin");
  }

  /** Sample a token from the logits of all tokens. */
  generateStep(handle: number, logits: Float32Array): GuestEvent {
    const numTokens = logits.length;
    const pointer = this.#logits(numTokens);
    this.#bytes(pointer, 4 * numTokens, "realm_logits").set(
      new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength),
    );
    const span = this.#call("realm_generate_step", handle, DENSE, numTokens);
    const event = parseEvent(this.#span("realm_generate_step", span));
    if (event.tokenId >= numTokens || event.nextIds.some((id) => id >= numTokens)) {
      throw new GuestAbiError(
        `the guest chose token ${event.tokenId} and next ${event.nextIds}, of a vocabulary of ${numTokens}`,
      );
    }
    return event;
  }

  /** End a generation, finished or not, and give the text that was still held back. */
  generateEnd(handle: number): string {
    const span = this.#call("realm_generate_end", handle);
    return strictText(this.#span("realm_generate_end", span), "guest's last text");
  }

  /** Give the memory back; harmless twice. */
  close(): void {
    this.#exports = null;
  }

  // ---- Calls ----

  #live(): GuestExports {
    if (this.isBroken) {
      throw new GuestError(`this guest instance is broken, make a new one: ${this.#fault}`);
    }
    if (this.#exports === null) {
      throw new GuestError("this guest instance was closed");
    }
    return this.#exports;
  }

  #call<Name extends FunctionName>(
    name: Name,
    ...args: Parameters<GuestExports[Name]>
  ): ReturnType<GuestExports[Name]> {
    const guestFunction = this.#live()[name] as (
      ...values: Parameters<GuestExports[Name]>
    ) => ReturnType<GuestExports[Name]>;
    return this.#guarded(name, () => guestFunction(...args));
  }

  #guarded<T>(name: string, call: () => T): T {
    const maxMemoryBytes = this.#limits.memoryBytes;
    let result: T;
    try {
      result = call();
    } catch (caught) {
      const fault =
        caught instanceof RealmError
          ? caught
          : callFault(caught, { name, memoryBytes: this.memoryBytes, maxMemoryBytes });
      throw this.#broken(fault);
    }
    // The engine lets a memory grow to 4 GiB; what goes beyond the limit is not used again.
    if (this.memoryBytes > maxMemoryBytes) {
      throw this.#broken(
        new GuestLimitError(
          `the guest's ${name} took ${this.memoryBytes} bytes of memory; it may have ${maxMemoryBytes}`,
          "memory",
        ),
      );
    }
    return result;
  }

  #broken(fault: RealmError): RealmError {
    this.#fault = fault.message;
    this.#exports = null;
    return fault;
  }

  /** Put bytes into the guest's buffer and use them there; what is read is a copy. */
  #exchange<T>(data: Uint8Array, use: (pointer: number) => T): T {
    const pointer = this.#buffer(data.byteLength);
    this.#bytes(pointer, data.byteLength, "realm_alloc").set(data);
    const result = use(pointer);
    // Freed only now, because a span is good until the next call.
    if (this.#bufferBytes > KEPT_BUFFER_BYTES) {
      this.#freeBuffer();
    }
    return result;
  }

  #buffer(size: number): number {
    if (this.#bufferBytes < Math.max(size, 1)) {
      this.#freeBuffer();
      const capacity = Math.max(size, MIN_BUFFER_BYTES);
      const limit = this.#limits.memoryBytes;
      if (capacity > limit) {
        throw new GuestLimitError(
          `${size} bytes do not fit in the guest's memory, which may have ${limit}`,
          "memory",
        );
      }
      const pointer = this.#call("realm_alloc", capacity);
      if (pointer === 0) {
        throw new GuestLimitError(
          `the guest has no room for ${size} bytes: its memory may have ${limit}`,
          "memory",
        );
      }
      this.#bufferPointer = pointer;
      this.#bufferBytes = capacity;
    }
    return this.#bufferPointer;
  }

  #freeBuffer(): void {
    if (this.#bufferBytes > 0) {
      this.#bufferBytes = 0;
      this.#call("realm_free", this.#bufferPointer);
    }
  }

  #logits(count: number): number {
    if (this.#numLogits < count) {
      const pointer = this.#call("realm_logits", count);
      if (pointer === 0) {
        throw new GuestLimitError(
          `the guest has no room for ${count} logits: its memory may have ${this.#limits.memoryBytes} bytes`,
          "memory",
        );
      }
      this.#logitsPointer = pointer;
      this.#numLogits = count;
    }
    return this.#logitsPointer;
  }

  /** A copy of the bytes that a `realm_span` names. */
  #span(name: string, span: bigint): Uint8Array<ArrayBuffer> {
    if (span < 0n) {
      throw statusError(Number(span), name);
    }
    const length = Number(span >> 32n);
    return this.#bytes(Number(span & 0xffffffffn), length, name).slice();
  }

  /** Bytes of the guest's memory, good until its next call. */
  #bytes(pointer: number, length: number, name = "memory"): Uint8Array<ArrayBuffer> {
    const { buffer } = this.#live().memory;
    // WebAssembly's i32 reaches JavaScript signed.
    const start = pointer >>> 0;
    if (start + length > buffer.byteLength) {
      const place = `0x${start.toString(16).padStart(8, "0")}`;
      throw new GuestAbiError(
        `the guest's ${name} returned pointer ${place} with ${length} bytes, in a memory of ${buffer.byteLength} bytes`,
      );
    }
    return new Uint8Array(buffer, start, length);
  }
}

function checked(result: number, name: string): number {
  if (result < 0) {
    throw statusError(result, name);
  }
  return result;
}
