/** A guest that was compiled once, and instances of it. */

import { GuestAbiError, GuestLimitError } from "../errors.js";
import { ABI_VERSION, FUNCTIONS, type GuestExports } from "./abi.js";
import { GuestInstance, type GuestLimits } from "./guest_instance.js";

const DEFAULT_LIMITS: GuestLimits = { memoryBytes: 2 ** 30 };

/** A resumable guest that imports nothing. */
export class GuestModule {
  readonly limits: GuestLimits;
  readonly #module: WebAssembly.Module;

  /**
   * @throws GuestAbiError if the module asks for host functions, or lacks exports.
   */
  constructor(module: WebAssembly.Module, limits: GuestLimits = DEFAULT_LIMITS) {
    const imports = WebAssembly.Module.imports(module);
    if (imports.length > 0) {
      const names = imports.map((item) => `${item.module}.${item.name}`).join(", ");
      throw new GuestAbiError(`the guest asks for ${names}, but may import nothing here`);
    }
    const kinds = new Map(WebAssembly.Module.exports(module).map((item) => [item.name, item.kind]));
    const missing = FUNCTIONS.filter((name) => kinds.get(name) !== "function");
    if (kinds.get("memory") !== "memory" || missing.length > 0) {
      throw new GuestAbiError(`the guest has no ${missing[0] ?? "memory"}`);
    }
    this.#module = module;
    this.limits = limits;
  }

  /** Make an instance that knows no vocabulary. */
  async instantiate(): Promise<GuestInstance> {
    const instance = await this.#start();
    instance.initialize();
    const version = instance.version();
    if (version !== ABI_VERSION) {
      throw new GuestAbiError(
        `the guest speaks version ${version} of the ABI; this host speaks ${ABI_VERSION}`,
      );
    }
    return instance;
  }

  /**
   * Make an instance whose memory begins as this one.
   *
   * It is the same guest, because between two calls its state is its memory: the only mutable
   * global of the shipped guest is the stack pointer, which every call leaves as it found it.
   */
  async instantiateFrom(memory: Uint8Array): Promise<GuestInstance> {
    const instance = await this.#start();
    instance.adopt(memory);
    return instance;
  }

  async #start(): Promise<GuestInstance> {
    const { exports } = await WebAssembly.instantiate(this.#module, {});
    const guest = exports as unknown as GuestExports;
    const size = guest.memory.buffer.byteLength;
    if (size > this.limits.memoryBytes) {
      throw new GuestLimitError(
        `the guest begins with ${size} bytes of memory; it may have ${this.limits.memoryBytes}`,
        "memory",
      );
    }
    return new GuestInstance(guest, this.limits);
  }
}
